//! What proves that a log has two histories: two trees of one size, both signed by its key, in files that stay.
//!
//! ```text
//! evidence-<SHA-256 of the origin, 16 digits>-<size>-<root of the other tree>
//!
//! scrutin-witness-evidence 1
//! cosigned 1763800000
//!
//! <the checkpoint that was cosigned, with the log's signature>
//!
//! submitted
//!
//! <the other checkpoint, with the log's signature>
//! ```
//! Only the log's own key can make such a file. Whoever has the log's public key needs nothing else to check it.

use std::collections::BTreeSet;
use std::io;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use transparency::{Checkpoint, KeyName, Note};

use crate::memory::Memory;
use crate::remembered::Remembered;

/// Files of one log, at most: one is enough to prove it, and a log must not fill the disk.
pub(crate) const FILES_MAX: usize = 100;

/// First letters of a file's name; other files of the directory have none of them.
pub(crate) const FILE_PREFIX: &str = "evidence-";

/// The files of one log.
pub(crate) struct Evidence {
    /// What the names of this log's files begin with.
    prefix: String,
    kept: BTreeSet<String>,
}

/// What became of two trees of one size.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// They are in the file of this name, on stable storage.
    Now(String),
    /// They were in a file already.
    Before,
    /// There are [`FILES_MAX`] files of this log.
    TooMany,
}

impl Evidence {
    /// `files` are those that the directory has, of any log.
    pub(crate) fn of(origin: &KeyName, files: &[String]) -> Evidence {
        let origin = HEXLOWER.encode(&Sha256::digest(origin.as_str())[..8]);
        let prefix = format!("{FILE_PREFIX}{origin}-");
        // What a crash left unfinished is written again.
        let is_kept = |name: &&String| name.starts_with(&prefix) && !name.ends_with(".new");
        Evidence {
            kept: files.iter().filter(is_kept).cloned().collect(),
            prefix,
        }
    }

    /// Keeps what was cosigned beside what was submitted, once for each tree.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn keep(
        &mut self,
        memory: &Memory,
        remembered: &Remembered,
        (submitted, checkpoint): (&Note, &Checkpoint),
    ) -> io::Result<Kept> {
        let root = HEXLOWER.encode(&checkpoint.root.0);
        let name = format!("{}{}-{root}", self.prefix, checkpoint.size);
        if self.kept.contains(&name) {
            return Ok(Kept::Before);
        }
        if self.kept.len() >= FILES_MAX {
            return Ok(Kept::TooMany);
        }
        let cosigned = match &remembered.last {
            None => "cosigned never\n".to_owned(),
            Some(last) => format!("cosigned {}\n\n{}", last.time_s, last.note),
        };
        let text = format!("scrutin-witness-evidence 1\n{cosigned}\nsubmitted\n\n{submitted}");
        memory.keep_evidence(&name, &text)?;
        self.kept.insert(name.clone());
        Ok(Kept::Now(name))
    }
}
