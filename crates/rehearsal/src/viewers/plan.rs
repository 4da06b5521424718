//! How much of everything a rehearsal with viewers has.

use crate::voters::Order;

/// How much of everything.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Pages that follow the stream.
    pub viewers: u32,
    /// Page loads a second beside.
    pub loads_per_s: u32,
    /// Votes that fall due in each second.
    pub votes_per_s: u64,
    /// Seconds of voting without viewers, and again with them.
    pub seconds: u64,
}

impl Plan {
    pub(super) fn order(&self) -> Order {
        Order {
            rate: self.votes_per_s,
            votes: self.votes_per_s * self.seconds,
            connections: 64,
            sources: "127.1.0.0/26",
        }
    }
}
