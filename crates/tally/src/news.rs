//! What a follower of the ledger tells: facts, that it has caught up, or why it cannot go on.

use crate::reading::Fact;

/// What a feed says.
pub(crate) enum News {
    /// What the ledger tells next.
    Fact(Fact),
    /// All that is acknowledged of this partition has been handed over.
    CaughtUp(u16),
    /// The ledger cannot be followed any further. Last message of a feed.
    Failed(anyhow::Error),
}
