//! The ledger: hash-chained frames of marks and sealed choices, group commit and recovery.
//!
//! The ledger is the ballot box, and the only truth: voted bitsets, counts and every row of a
//! database are derived from its frames. A vote enters through [`Partition::submit`]; one commit
//! thread decides it, writes it with everything else that waits as one frame, and answers after
//! the frame's fdatasync. Whoever counts reads the frames back through [`Decoder`], from files
//! ([`Follower`], [`read_all`]) or from a stream, and opens the choices with the box key
//! ([`Opener`]).
//!
//! `docs/ledger.md` gives the bytes, the rules of recovery and what is assumed of disks. This crate
//! knows no HTTP, no database and no command line; all input and output goes through
//! [`durable::Storage`].

mod arbiter;
mod body;
mod cbor;
mod choice_code;
mod committer;
mod decoder;
mod entropy;
mod error;
mod fault;
mod fold;
mod follower;
mod frame;
mod hex;
mod index;
mod invalid;
mod keys;
pub mod layout;
mod limits;
mod lookup;
mod partition;
mod receipt;
mod recovery;
mod repair;
mod restore;
#[cfg(test)]
mod sabotage;
mod scan;
mod seal;
mod segment;
mod shape;
mod sidecar;
mod snapshot;
mod state;
mod stream;
mod submission;
mod voted;
mod window;
mod witness;
mod writer;

// The simulator is written against the public interface, as `ledger::...`. Compiled in here too, it
// runs on a ledger in which tests break rules on purpose.
#[cfg(test)]
extern crate self as ledger;
#[cfg(test)]
#[path = "../tests/sim/mod.rs"]
mod sim;

pub use body::{
    Attempts, BallotMarks, Body, BodyError, DuplicateAttempts, InvalidAttempts, InvalidReason,
    SealedChoices, ShardMarks, TRACKER_BYTES,
};
pub use cbor::CborError;
pub use committer::Committer;
pub use decoder::{DecodeError, Decoder, Item};
pub use entropy::{Entropy, SystemEntropy};
pub use error::{LedgerError, OpenError};
pub use fault::Fault;
pub use fold::Fold;
pub use follower::{Follower, ReadEnd, read_all};
pub use frame::{Cursor, Frame, FrameHeader, Link};
pub use keys::{BoxPublicKey, BoxSecretKey, KeyError};
pub use limits::{
    BALLOTS_MAX, BATCH_SUBMISSIONS_MAX, FRAME_BYTES_MAX, ID_BYTES_MAX, RANKS_MAX,
    SHARD_CREDENTIALS_MAX, SHARDS_MAX,
};
pub use lookup::find_receipt;
pub use partition::{OnFatal, OnFull, Options, Partition};
pub use receipt::{Receipt, RequestId, RequestIdError};
pub use recovery::{RecoveryReport, TornTail};
pub use repair::{Repair, repair_tail};
pub use restore::{SnapshotCheck, check_snapshots};
pub use seal::{BallotChoices, Opener};
pub use segment::{SealedKey, SegmentBallot, SegmentHeader};
pub use shape::{BallotShape, Shape, ShapeError};
pub use state::{Distribution, FRAME_BOUNDS, PartitionState, SYNC_BOUNDS_US};
pub use stream::SegmentStream;
pub use submission::{Outcome, Reply, Submission};
pub use voted::{MarkError, ShardVotes, Voted};
