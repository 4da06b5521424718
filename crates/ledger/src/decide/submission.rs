//! What goes into the ledger and what comes back.

use crate::format::body::Tracker;
use crate::format::contents::Enclosed;
use crate::format::receipt::RequestId;

/// A vote whose credential is on the roll and whose choice the ballot allows: whoever submits it
/// has checked both. The ledger decides the window and whether the credential voted before.
pub struct Submission<R> {
    /// Index of the ballot.
    pub ballot: u16,
    /// Shard of the credential.
    pub shard: u32,
    /// Ordinal of the credential in the shard.
    pub ordinal: u32,
    /// The voter's region; 0 = none.
    pub region: u16,
    /// The voter's choice, as [`Enclosing`](crate::Enclosing) encloses it for this ballot and region.
    pub vote: Enclosed,
    /// Names the vote on its receipt, where the submitter derives it from something that the sender
    /// sends again; none has one drawn. Whoever submits under the tracker of a vote of the last
    /// quarter of an hour gets the receipt of that vote. So it must depend on the credential and the
    /// ballot, and must not be one that others can guess.
    pub tracker: Option<Tracker>,
    /// Whether the attempt is recorded where the credential has voted before. Each takes room in the
    /// log, so a submitter may have had enough of them.
    pub records_repeat: bool,
    /// To whom the decision is told, exactly once, unless the process dies before.
    pub reply: R,
}

/// Receives the decision on one submission, on the commit thread: hand it over and return, never
/// block.
pub trait Reply: Send + 'static {
    /// Tells the decision, once.
    fn reply(self, decision: Decision);
}

/// What became of a submission. `Accepted`, `Replayed` and `Duplicate` are on stable storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The vote is recorded.
    Accepted {
        /// Finds the vote's frame again, for the voter.
        receipt: RequestId,
        /// Commit time, ms since 1970 UTC.
        time_ms: i64,
    },
    /// An earlier submission under the same tracker was accepted: this is its receipt. Nothing is
    /// recorded of this one, and its choice was not looked at.
    Replayed {
        /// The receipt of the earlier submission.
        receipt: RequestId,
        /// Commit time of the earlier submission, ms since 1970 UTC.
        time_ms: i64,
    },
    /// The credential has voted on this ballot before; the attempt is recorded.
    Duplicate {
        /// All submissions of this credential so far, the accepted one and this one included.
        attempt_count: u32,
    },
    /// The credential has voted on this ballot before; the attempt is not recorded, as the submitter
    /// asked.
    RepeatRefused,
    /// The ballot is not open yet.
    NotOpen,
    /// The ballot is closed.
    Closed,
    /// No room on the disk: nothing is recorded, try again later.
    Full,
    /// The system's clock and the ledger's time are so far apart that nobody knows whether the ballot
    /// is open: nothing is recorded, try again later.
    ClockInDoubt,
    /// Ballot, shard or ordinal is not in the ledger's shape, or the vote was enclosed for another ballot
    /// paper: a mistake of the submitter, who should have checked.
    Malformed,
}
