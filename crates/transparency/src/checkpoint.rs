//! Checkpoints (c2sp.org/tlog-checkpoint): what a log signs of itself.
//!
//! ```text
//! origin
//! size
//! base64(root)
//! ```
//! Further lines, which the text allows and advises against, are refused: no witness and no auditor would
//! check them.

use std::fmt;

use crate::hash::Hash;
use crate::key::{KeyName, KeyUse, PrivateKey};
use crate::note::Note;
use crate::text;
use crate::tree::size::SIZE_MAX;

/// A log at one size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log it is: the name of its key.
    pub origin: KeyName,
    /// Number of leaves in its tree.
    pub size: u64,
    /// Root of the tree over them.
    pub root: Hash,
}

/// Why a text is not a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// There are fewer or more lines than three.
    #[error(
        "a checkpoint has three lines (origin, size, root), and this text has {got}: it is of another kind, or has extension lines, which are not taken here"
    )]
    Lines {
        /// Number of lines that there are.
        got: usize,
    },
    /// The first line cannot be a log's name.
    #[error("the checkpoint's first line is no name of a log: {quoted}")]
    Origin {
        /// The beginning of the line.
        quoted: String,
    },
    /// The second line is no number of leaves.
    #[error(
        "the checkpoint's size is not a number of at most {SIZE_MAX} without leading zeros: {quoted}"
    )]
    Size {
        /// The beginning of the line.
        quoted: String,
    },
    /// The third line is no root.
    #[error("the checkpoint's root is not the base 64 of 32 bytes: {quoted}")]
    Root {
        /// The beginning of the line.
        quoted: String,
    },
    /// An empty log has one root.
    #[error("the checkpoint says that the log is empty, and its root is not that of an empty log")]
    EmptyRoot,
}

impl Checkpoint {
    /// Reads the text of a note.
    ///
    /// # Errors
    /// See [`CheckpointError`].
    pub fn parse(text: &str) -> Result<Checkpoint, CheckpointError> {
        let lines: Vec<&str> = text.split_terminator('\n').collect();
        let (&[origin, size, root], true) = (lines.as_slice(), text.ends_with('\n')) else {
            return Err(CheckpointError::Lines { got: lines.len() });
        };
        let quoted = text::quoted;
        let origin = KeyName::new(origin).map_err(|_| CheckpointError::Origin {
            quoted: quoted(origin),
        })?;
        let size = text::decimal(size)
            .filter(|size| *size <= SIZE_MAX)
            .ok_or_else(|| CheckpointError::Size {
                quoted: quoted(size),
            })?;
        let root = Hash::parse(root).ok_or_else(|| CheckpointError::Root {
            quoted: quoted(root),
        })?;
        if size == 0 && root != Hash::of_empty_tree() {
            return Err(CheckpointError::EmptyRoot);
        }
        Ok(Checkpoint { origin, size, root })
    }

    /// The checkpoint as a note that the log has signed. None where the key is not the log's: that of a
    /// witness, or of another name.
    #[must_use]
    pub fn sign(&self, key: &PrivateKey) -> Option<Note> {
        let public = key.public();
        if public.key_use() != KeyUse::Log || *public.name() != self.origin {
            return None;
        }
        let mut note = Note::unsigned(self.to_string());
        note.add(key.sign_text(note.text())?);
        Some(note)
    }
}

impl fmt::Display for Checkpoint {
    /// The text that is signed, with its last newline.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Checkpoint { origin, size, root } = self;
        write!(f, "{origin}\n{size}\n{root}\n")
    }
}
