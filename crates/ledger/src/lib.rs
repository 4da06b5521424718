//! The ledger: hash-chained frames of marks and sealed choices, group commit and recovery.
//!
//! The ledger is the ballot box, and the only truth: voted bitsets, counts and every row of a
//! database are derived from its frames. A vote enters through [`Partition::submit`]; one commit
//! thread decides it, appends it to the [log](log::Log) with everything else that waits as one
//! frame, and answers when the log has it. Whoever counts reads the frames back through
//! [`Decoder`], from a log ([`Follower`]), from files whose validator has stopped
//! ([`log::files::FilesLog::read_all`]) or from a stream, and opens the choices with the key of
//! one hand ([`CountOpener`], [`MaskOpener`]).
//!
//! The rooms: `format` has the bytes, `decide` the rules, `commit` the thread that applies them,
//! [`log`] keeps the links, `replay` reads them back. [`log`] says where another log plugs in.
//! `docs/ledger.md` gives the bytes, the rules of recovery and what is assumed of disks. This crate
//! knows no HTTP, no database and no command line; all input and output of files goes through
//! [`durable::Storage`].

mod commit;
mod decide;
mod error;
mod format;
pub mod log;
mod replay;
#[cfg(test)]
mod sabotage;

// Crate `simulation` is written against the public interface, as `ledger::...`. Compiled in here too,
// it runs on a ledger in which tests break rules on purpose.
#[cfg(test)]
extern crate self as ledger;
#[cfg(test)]
#[path = "../../simulation/src/lib.rs"]
#[allow(dead_code, unreachable_pub, unused_imports)] // tests of other logs use the rest of it
mod simulation;

pub use commit::begin::begin;
pub use commit::clock_state::ClockState;
pub use commit::committer::Committer;
pub use commit::options::{OnClock, OnFatal, OnFull, Options};
pub use commit::partition::Partition;
pub use commit::recovery_report::RecoveryReport;
pub use commit::state::{Distribution, FRAME_BOUNDS, PartitionState, SYNC_BOUNDS_US};
pub use decide::submission::{Decision, Reply, Submission};
pub use decide::voted::{ShardVotes, Voted};
pub use error::LedgerError;
pub use format::ballot_paper::{Paper, Papers};
pub use format::body::{
    Attempts, BallotMarks, Body, BodyError, DuplicateAttempts, InvalidAttempts, InvalidReason,
    SealedChoices, ShardMarks, TRACKER_BYTES, Tracker,
};
pub use format::cbor::CborError;
pub use format::chain::{Cursor, LinkHash};
pub use format::contents::{Enclosed, RegionChoices, SealedRankings, choices_bytes};
pub use format::decoder::{DecodeError, Decoder, Item};
pub use format::defect::{Defect, MarkError};
pub use format::enclose::{EncloseError, Enclosing};
pub use format::entropy::{Entropy, SystemEntropy};
pub use format::frame::{Frame, FrameHeader};
pub use format::hand::{Hand, HandPublicKey, HandPublicKeys, HandSecretKey, KeyError};
pub use format::header::{
    SealedKey, SegmentBallot, SegmentHeader, VERSION as FORMAT_VERSION, check_version,
};
pub use format::limits::{
    BALLOTS_MAX, BATCH_SUBMISSIONS_MAX, FRAME_BYTES_MAX, ID_BYTES_MAX, RANKED_CANDIDATES_MAX,
    RANKS_MAX, SHARD_CREDENTIALS_MAX, SHARDS_MAX,
};
pub use format::link::{EncodedLink, LinkKind};
pub use format::opener::{CountOpener, MaskOpener, OpenError};
pub use format::receipt::{RequestId, RequestIdError};
pub use format::shape::{BallotShape, Shape, ShapeError};
pub use log::files::{ReadEnd, layout, repair_tail};
pub use replay::fold::Fold;
pub use replay::follower::Follower;
pub use replay::lookup::find_vote;
pub use replay::restore::{SnapshotCheck, check_snapshots};
pub use replay::snapshot::Snapshots;
pub use replay::standby::StandBy;
