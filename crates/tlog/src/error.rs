//! Why a frame cannot be added to a log, or nothing can be read from it.

use std::io;

use ledger::BodyError;
use transparency::CheckpointError;

/// What goes wrong with a log of frames.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlogError {
    /// The system cannot keep or give back what is derived from the ledger.
    #[error("cannot {doing} the log's temporary file: make room in its directory, or name another")]
    Io {
        /// What was tried: make, write or read.
        doing: &'static str,
        /// The reason that the system gives.
        source: io::Error,
    },
    /// The frame's body does not decode.
    #[error("frame {sequence}: {source}")]
    Body {
        /// Sequence of the frame.
        sequence: u64,
        /// Why its body does not decode.
        source: BodyError,
    },
    /// A frame was left out, or comes again.
    #[error(
        "the log goes on with frame {expected}, and was given frame {got}: give it every frame, in order"
    )]
    Sequence {
        /// The frame that would be next.
        expected: u64,
        /// The frame that was given.
        got: u64,
    },
    /// The frame is of another partition.
    #[error("the log is of partition {expected}, and was given a frame of partition {got}")]
    Partition {
        /// Partition of the log.
        expected: u16,
        /// Partition that the leaf names.
        got: u16,
    },
    /// There are two frames of one number.
    #[error(
        "frame {sequence} is another one than was read before: the ledger was changed meanwhile; keep it, and show it to the election's officers"
    )]
    OtherFrame {
        /// Sequence of the frame.
        sequence: u64,
    },
    /// The note is no checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The checkpoint is of another tree.
    #[error("the checkpoint of size {size} is not of this log: its root is another one")]
    OtherTree {
        /// Leaves of the tree, as the checkpoint says.
        size: u64,
    },
}
