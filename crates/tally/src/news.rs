//! What a follower of the ledger tells: facts, that it has caught up, or why it cannot go on.

use crate::reading::Fact;

/// What a feed says.
pub(crate) enum News {
    /// What the ledger tells next.
    Fact(Fact),
    /// Nothing is new, and all that is known to be signed of this partition was handed over. Told again and again.
    CaughtUp {
        partition: u16,
        /// Sequence of the last frame that was read. Fewer may be covered.
        read: u64,
    },
    /// The ledger cannot be followed any further. Last message of a feed.
    Failed(anyhow::Error),
}
