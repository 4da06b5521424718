//! Errors of the ledger: which file, which byte, what was expected, what to do.

use std::io;
use std::path::{Path, PathBuf};

use election::instant_text;

use crate::format::defect::Defect;
use crate::format::shape::ShapeError;

/// Why a ledger could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant names its fields")]
#[non_exhaustive]
pub enum LedgerError {
    /// The operating system refused.
    #[error("cannot {action} {path}: {source}", path = path.display())]
    Io {
        /// What was tried, as a verb that fits before a path, such as `create`.
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    /// A sync failed: what was written since the last one may be lost, and the kernel may not say
    /// so twice. Fatal, never retried.
    #[error("sync of {path} failed: {source}; nothing written since the last sync can be trusted", path = path.display())]
    Sync {
        /// The file or directory.
        path: PathBuf,
        source: io::Error,
    },
    /// Another process owns the data directory.
    #[error("{path} is locked: another validator runs on this data directory, stop it first", path = path.display())]
    Locked { path: PathBuf },
    /// There is no ledger where one is to be opened. Nothing was made.
    #[error(
        "{log} holds no ledger: mount the disk that it lies on, or restore it from a copy; only for an event that has not begun, `validator init` makes a new one"
    )]
    Missing {
        /// Where it was looked for.
        log: String,
    },
    /// Something is left of a ledger where one is to be begun. Nothing was changed.
    #[error(
        "{found} is there already: a ledger was begun here before; start the validator on it, or name an empty data directory"
    )]
    Begun {
        /// What was found in its place.
        found: String,
    },
    /// A file that is being written was removed, replaced or mounted over. Fatal.
    #[error("{path} is not the file any more that this process writes: somebody removed or replaced it, or mounted something over it; mount the ledger's disk or restore the ledger from a copy, then start again", path = path.display())]
    Gone { path: PathBuf },
    /// A voted bitset that is whole names a frame which the ledger does not have.
    #[error("{path} holds votes up to frame {frame}, which the ledger does not have: it ends with frame {last}, so this is an older copy or another history; restore the newest copy of the ledger; only where there is none, --accept-rollback {last} gives up what came after", path = path.display())]
    RolledBack {
        /// The snapshot of the bitset.
        path: PathBuf,
        /// The frame that it names.
        frame: u64,
        /// The last frame of the ledger.
        last: u64,
    },
    /// The shape given is out of bounds.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// Bytes that this ledger never wrote. Nothing was changed.
    #[error("{path}, byte {offset}: {defect}; the ledger is damaged, restore this file from a copy", path = path.display())]
    Damaged {
        path: PathBuf,
        /// The byte at which the damaged item starts.
        offset: u64,
        defect: Defect,
    },
    /// The ledger of another event, package or partition, one sealed to other keys, or one in the format of another
    /// release. Nothing was changed.
    #[error("{path}: {defect}", path = path.display())]
    AnotherLedger { path: PathBuf, defect: Defect },
    /// What follows in a stream does not fit what was read before.
    #[error("{log}, behind frame {sequence}: {defect}")]
    Followed {
        /// The log, or the partition's directory.
        log: String,
        /// The last frame that was read.
        sequence: u64,
        defect: Defect,
    },
    /// A frame that voters were answered for is missing or damaged at the end of the ledger.
    #[error("{path}, byte {offset}: frame {acknowledged} was acknowledged, but the ledger ends with frame {last}; this is damage, not a torn write: restore this file from a copy; only where there is none, repair the tail (tally verify --repair-tail), which gives those frames up", path = path.display())]
    AcknowledgedLost {
        /// The last segment of the partition.
        path: PathBuf,
        /// Where the valid frames end.
        offset: u64,
        /// What the sidecar says.
        acknowledged: u64,
        /// The last valid frame.
        last: u64,
    },
    /// The frame that the sidecar names has another hash.
    #[error("{path}: acknowledged frame {sequence} has another hash than the ledger's: this is another history, restore both from one copy", path = path.display())]
    AnotherHistory {
        /// The sidecar, which names the last acknowledged frame.
        path: PathBuf,
        sequence: u64,
    },
    /// The tail is torn and the sidecar, which tells a tear from damage, is damaged too.
    #[error("{path} is damaged and {segment} has a torn tail at byte {offset}: whether votes are lost cannot be told; restore both from a copy; only where there is none, repair the tail (tally verify --repair-tail)", path = path.display(), segment = segment.display())]
    Unclear {
        /// The sidecar, which names the last acknowledged frame.
        path: PathBuf,
        /// The last segment of the partition.
        segment: PathBuf,
        /// Where the valid frames end.
        offset: u64,
    },
    /// A name that does not belong in a ledger.
    #[error("{path} does not belong in a ledger: move it elsewhere", path = path.display())]
    Stray { path: PathBuf },
    /// The system has no randomness, or one of the keys cannot be sealed to.
    #[error("cannot make content keys: {source}")]
    Keys { source: io::Error },
    /// The ledger was opened for reading.
    #[error("{path} was opened for reading only: name the data directory around it to write to it", path = path.display())]
    ReadOnly { path: PathBuf },
    /// The last frame lies in the future: the clock is wrong now, or was wrong then.
    #[error(
        "frame {frame}, the last of the ledger, was recorded at {last}, and this machine's clock says {now}: set the clock right and start again; if it is right now and was wrong then, --accept-clock-behind {frame} goes on, and time stands still until the clock has passed that frame",
        last = instant_text(*last_ms), now = instant_text(*now_ms)
    )]
    ClockBehind {
        /// Sequence of the last frame.
        frame: u64,
        /// Its commit time, ms since 1970 UTC.
        last_ms: i64,
        /// What the system's clock says, ms since 1970 UTC.
        now_ms: i64,
    },
    /// Another owner took the partition over. Fatal: this one must stop at once.
    #[error(
        "partition {partition} of {log} has another owner: epoch {epoch} was fenced, nothing more is written here"
    )]
    Fenced {
        log: String,
        partition: u16,
        /// The epoch under which this owner wrote.
        epoch: u32,
    },
    /// The chain stands elsewhere than this owner knows. Fatal: it must stop at once.
    #[error(
        "{log} refused link {number} of partition {partition}: its chain ends elsewhere than this process knows; start again to recover"
    )]
    Conflict {
        log: String,
        partition: u16,
        /// The link that was refused.
        number: u64,
    },
    /// Another owner has the partition, and renews its lease.
    #[error(
        "partition {partition} of {log} belongs to {owner}, which is alive: one validator writes a partition at a time, and this one may stand by"
    )]
    Held {
        log: String,
        partition: u16,
        /// Name of the validator that owns it.
        owner: String,
    },
    /// A database that keeps the log cannot be asked, or is not safe to write to.
    #[error("{log}: {why}")]
    Database {
        log: String,
        /// What is wrong with it, and what to do.
        why: String,
    },
    /// A database no longer has what it acknowledged. Asking again does not help, and nothing may be appended.
    #[error(
        "{log}: link {link} of partition {partition}, which was acknowledged, is not there any more, and the chain ends with link {ends}: the database was set back to an earlier state, or rows were deleted; stop every validator, and see which copy it was restored from (docs/backup.md)"
    )]
    SetBack {
        log: String,
        partition: u16,
        /// The last link that is known to have been acknowledged.
        link: u64,
        /// The last link that is there. Where it is not before `link`, another history has gone on.
        ends: u64,
    },
    /// The process stops while it is not known whether a link was appended.
    #[error(
        "whether {log} holds the last votes is not known: {why}; nobody was answered for them, the next start finds out"
    )]
    Unsettled {
        log: String,
        /// Why the log could not tell.
        why: String,
    },
    /// Epochs and segments are numbered with 32 bits.
    #[error("this ledger was started 4,294,967,295 times, which is all that its format can number")]
    EpochsUsedUp,
    /// A frame's body outgrew the bound of a frame; the batch bound makes this impossible.
    #[error("frame {sequence} would hold {got} bytes, a frame takes at most {max}")]
    FrameTooLong {
        sequence: u64,
        max: u32,
        /// Bytes of its body.
        got: usize,
    },
    /// The commit thread could not be started.
    #[error("cannot start the commit thread: {source}")]
    Thread { source: io::Error },
}

impl LedgerError {
    /// Names the place of a defect. The format of another release is no damage: nothing is to be restored.
    pub(crate) fn damaged(path: &Path, offset: u64, defect: Defect) -> LedgerError {
        let path = path.to_path_buf();
        match defect {
            Defect::Version { .. } => LedgerError::AnotherLedger { path, defect },
            defect => LedgerError::Damaged {
                path,
                offset,
                defect,
            },
        }
    }

    /// Names action and file of a system error.
    pub(crate) fn io(
        action: &'static str,
        path: &Path,
    ) -> impl FnOnce(io::Error) -> LedgerError + use<> {
        let path = path.to_path_buf();
        move |source| LedgerError::Io {
            action,
            path,
            source,
        }
    }

    /// Names the file of a failed sync.
    pub(crate) fn sync(path: &Path) -> impl FnOnce(io::Error) -> LedgerError + use<> {
        let path = path.to_path_buf();
        move |source| LedgerError::Sync { path, source }
    }

    /// Whether the disk was full: the one failure of a write after which the ledger goes on.
    /// A sync that failed for lack of room is not among them.
    pub(crate) fn is_full(&self) -> bool {
        matches!(self, LedgerError::Io { source, .. }
            if matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded))
    }
}
