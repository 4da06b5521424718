//! Proofs that a leaf is in a log, as files that hold everything but the policy
//! (c2sp.org/tlog-proof@v1).
//!
//! ```text
//! c2sp.org/tlog-proof@v1
//! extra base64(bytes)   optional, means what the application says, and is not signed
//! index 73894
//! base64(hash)          inclusion proof, from the leaf's sibling upwards
//!
//! checkpoint            a note of the log, with cosignatures
//! ```

use std::fmt;

use data_encoding::BASE64;

use crate::hash::Hash;
use crate::lines::{self, HashLineError};
use crate::note::{NOTE_BYTES_MAX, Note, NoteError};
use crate::policy::check::{Attested, NotAttested};
use crate::policy::rules::Policy;
use crate::text;
use crate::tree::proof::{ProofError, verify_inclusion};
use crate::tree::size::SIZE_MAX;

/// Most bytes of extra data.
pub const EXTRA_BYTES_MAX: usize = 4 << 10;
/// Longest proof that is read, in bytes.
pub const PROOF_BYTES_MAX: usize = NOTE_BYTES_MAX + (12 << 10);

const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";

/// Everything but the policy that it takes to see that a leaf is in a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogProof {
    /// Bytes that belong to the application. Nothing vouches for them but what the application checks.
    pub extra: Option<Vec<u8>>,
    /// Index of the leaf, from 0.
    pub index: u64,
    /// The inclusion proof, from the leaf's sibling upwards.
    pub path: Vec<Hash>,
    /// The checkpoint in whose tree the leaf is.
    pub checkpoint: Note,
}

/// Why bytes are no proof.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogProofError {
    /// No proof is that long.
    #[error("the proof has more than {PROOF_BYTES_MAX} bytes: it is another file")]
    TooLong,
    /// The first line is another, or the blank line is missing.
    #[error(
        "not a proof of a log: expected a text that begins with {FIRST_LINE} and has a blank line before its checkpoint"
    )]
    Form,
    /// The extra data cannot be read.
    #[error("the proof's extra data is not base 64 of at most {EXTRA_BYTES_MAX} bytes: {quoted}")]
    Extra {
        /// The beginning of the line.
        quoted: String,
    },
    /// The index cannot be read.
    #[error("the proof's index line must be index and a number without leading zeros: {quoted}")]
    Index {
        /// The beginning of the line.
        quoted: String,
    },
    /// A hash cannot be read.
    #[error(transparent)]
    Path(#[from] HashLineError),
    /// The checkpoint cannot be read.
    #[error(transparent)]
    Checkpoint(#[from] NoteError),
}

/// Why a proof proves nothing under a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unproven {
    /// The policy does not accept the checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] NotAttested),
    /// The leaf is not where the proof says.
    #[error(transparent)]
    Path(#[from] ProofError),
}

impl LogProof {
    /// Reads a proof. Nothing of it is checked yet: see [`LogProof::verify`].
    ///
    /// # Errors
    /// See [`LogProofError`].
    pub fn parse(bytes: &[u8]) -> Result<LogProof, LogProofError> {
        if bytes.len() > PROOF_BYTES_MAX {
            return Err(LogProofError::TooLong);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| LogProofError::Form)?;
        let (head, note) = text.split_once("\n\n").ok_or(LogProofError::Form)?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(FIRST_LINE) {
            return Err(LogProofError::Form);
        }
        let extra = lines
            .next_if(|line| line.starts_with("extra "))
            .map(parse_extra)
            .transpose()?;
        let index = parse_index(lines.next().unwrap_or_default())?;
        Ok(LogProof {
            extra,
            index,
            path: lines::hashes(lines)?,
            checkpoint: Note::parse(note.as_bytes())?,
        })
    }

    /// Checks that the leaf with this hash is in a log that the policy accepts, and tells who saw it.
    ///
    /// # Errors
    /// See [`Unproven`].
    pub fn verify(&self, leaf: Hash, policy: &Policy) -> Result<Attested, Unproven> {
        let attested = policy.check(&self.checkpoint)?;
        let checkpoint = &attested.checkpoint;
        verify_inclusion(
            leaf,
            self.index,
            checkpoint.size,
            &self.path,
            checkpoint.root,
        )?;
        Ok(attested)
    }
}

fn parse_extra(line: &str) -> Result<Vec<u8>, LogProofError> {
    let bytes = line.strip_prefix("extra ").and_then(text::base64);
    let bytes = bytes.filter(|bytes| bytes.len() <= EXTRA_BYTES_MAX);
    bytes.ok_or_else(|| LogProofError::Extra {
        quoted: text::quoted(line),
    })
}

fn parse_index(line: &str) -> Result<u64, LogProofError> {
    let index = line.strip_prefix("index ").and_then(text::decimal);
    let index = index.filter(|index| *index < SIZE_MAX);
    index.ok_or_else(|| LogProofError::Index {
        quoted: text::quoted(line),
    })
}

impl fmt::Display for LogProof {
    /// The file's bytes; its name ends in `.tlog-proof`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST_LINE}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", BASE64.encode(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        for hash in &self.path {
            writeln!(f, "{hash}")?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}
