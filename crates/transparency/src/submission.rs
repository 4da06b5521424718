//! What a log sends to a witness (c2sp.org/tlog-witness, add-checkpoint).
//!
//! ```text
//! old 20852014
//! base64(hash)      consistency proof from the old size, 63 hashes at most
//!
//! checkpoint        a note that the log has signed
//! ```

use std::fmt;

use crate::hash::Hash;
use crate::lines::{self, HashLineError};
use crate::note::{NOTE_BYTES_MAX, Note, NoteError};
use crate::text;
use crate::tree::size::SIZE_MAX;

/// Longest submission that is read, in bytes.
pub const SUBMISSION_BYTES_MAX: usize = NOTE_BYTES_MAX + (4 << 10);

/// A checkpoint with the proof that it continues an older one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// Size of the tree that the witness cosigned last; 0 where it never did.
    pub old_size: u64,
    /// Consistency proof from the old size; none where that is 0.
    pub proof: Vec<Hash>,
    /// The checkpoint, signed by the log.
    pub checkpoint: Note,
}

/// Why bytes are not a submission.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubmissionError {
    /// No submission is that long.
    #[error("the submission has more than {SUBMISSION_BYTES_MAX} bytes")]
    TooLong,
    /// It is not text, or the blank line before the checkpoint is missing.
    #[error("the submission is no text with a blank line before the checkpoint")]
    Form,
    /// The first line is not the old size.
    #[error(
        "the first line must be old and the size that this witness cosigned last, without leading zeros: {quoted}"
    )]
    OldSize {
        /// The beginning of the line.
        quoted: String,
    },
    /// A line of the proof cannot be read.
    #[error(transparent)]
    Proof(#[from] HashLineError),
    /// The checkpoint cannot be read.
    #[error(transparent)]
    Checkpoint(#[from] NoteError),
}

impl Submission {
    /// Reads the body of a request.
    ///
    /// # Errors
    /// See [`SubmissionError`].
    pub fn parse(bytes: &[u8]) -> Result<Submission, SubmissionError> {
        if bytes.len() > SUBMISSION_BYTES_MAX {
            return Err(SubmissionError::TooLong);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| SubmissionError::Form)?;
        let (head, note) = text.split_once("\n\n").ok_or(SubmissionError::Form)?;
        let mut lines = head.split('\n');
        let first = lines.next().unwrap_or_default();
        let old_size = first
            .strip_prefix("old ")
            .and_then(text::decimal)
            .filter(|size| *size <= SIZE_MAX)
            .ok_or_else(|| SubmissionError::OldSize {
                quoted: text::quoted(first),
            })?;
        Ok(Submission {
            old_size,
            proof: lines::hashes(lines)?,
            checkpoint: Note::parse(note.as_bytes())?,
        })
    }
}

impl fmt::Display for Submission {
    /// The body of the request.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old_size)?;
        for hash in &self.proof {
            writeln!(f, "{hash}")?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}
