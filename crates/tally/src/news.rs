//! What a follower of the ledger tells: frames, that it has caught up, or why it cannot go on.

use crate::opened::OpenedFrame;

/// What a feed says.
pub(crate) enum News {
    /// The next frame of its partition.
    Frame(OpenedFrame),
    /// All that is acknowledged of this partition has been handed over.
    CaughtUp(u16),
    /// The ledger cannot be followed any further. Last message of a feed.
    Failed(anyhow::Error),
}
