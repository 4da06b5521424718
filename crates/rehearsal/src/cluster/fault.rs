//! What can go wrong in a cluster, and in which order a rehearsal plays it.

use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{Rng as _, SeedableRng as _};
use serde::Serialize;

use super::network::Lost;
use super::node::Blow;
use super::patroni::{PRIMARY, STANDBY};

/// What happens to which part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// SIGTERM to a validator, each in turn.
    Handover,
    /// SIGKILL to a validator, each in turn.
    ValidatorKilled,
    /// The standby takes the primary's place, as an operator plans it.
    Switchover,
    /// SIGKILL to the primary's PostgreSQL.
    PrimaryKilled,
    /// SIGKILL to everything on the primary's node.
    PrimaryNodeKilled,
    /// Everything on the primary's node stands still, and goes on later.
    PrimaryNodeFrozen,
    /// Packets from and to the primary's node are lost.
    PrimaryNodeCut,
    /// Packets to the primary's node are lost.
    PrimaryNodeDeaf,
    /// Packets from the primary's node are lost.
    PrimaryNodeMute,
    /// SIGKILL to the PostgreSQL of the synchronous standby.
    StandbyKilled,
    /// SIGKILL to everything on the standby's node.
    StandbyNodeKilled,
    /// Everything on the standby's node stands still, and goes on later.
    StandbyNodeFrozen,
    /// Packets from and to the standby's node are lost.
    StandbyNodeCut,
    /// Packets to the standby's node are lost.
    StandbyNodeDeaf,
    /// Packets from the standby's node are lost.
    StandbyNodeMute,
}

/// Every kind of fault.
pub const FAULTS: [Fault; 15] = [
    Fault::Handover,
    Fault::ValidatorKilled,
    Fault::Switchover,
    Fault::PrimaryKilled,
    Fault::PrimaryNodeKilled,
    Fault::PrimaryNodeFrozen,
    Fault::PrimaryNodeCut,
    Fault::PrimaryNodeDeaf,
    Fault::PrimaryNodeMute,
    Fault::StandbyKilled,
    Fault::StandbyNodeKilled,
    Fault::StandbyNodeFrozen,
    Fault::StandbyNodeCut,
    Fault::StandbyNodeDeaf,
    Fault::StandbyNodeMute,
];

impl Fault {
    /// The blow to a node, and what Patroni calls the node's part; none where no node is struck.
    #[must_use]
    pub fn blow(self) -> Option<(&'static str, Blow)> {
        let (primary, standby) = (PRIMARY, STANDBY);
        Some(match self {
            Fault::Handover | Fault::ValidatorKilled | Fault::Switchover => return None,
            Fault::PrimaryKilled => (primary, Blow::ServerKilled),
            Fault::PrimaryNodeKilled => (primary, Blow::Killed),
            Fault::PrimaryNodeFrozen => (primary, Blow::Frozen),
            Fault::PrimaryNodeCut => (primary, Blow::Cut(Lost::Both)),
            Fault::PrimaryNodeDeaf => (primary, Blow::Cut(Lost::In)),
            Fault::PrimaryNodeMute => (primary, Blow::Cut(Lost::Out)),
            Fault::StandbyKilled => (standby, Blow::ServerKilled),
            Fault::StandbyNodeKilled => (standby, Blow::Killed),
            Fault::StandbyNodeFrozen => (standby, Blow::Frozen),
            Fault::StandbyNodeCut => (standby, Blow::Cut(Lost::Both)),
            Fault::StandbyNodeDeaf => (standby, Blow::Cut(Lost::In)),
            Fault::StandbyNodeMute => (standby, Blow::Cut(Lost::Out)),
        })
    }

    /// Whether a node must be cut off from the network for it.
    #[must_use]
    pub fn is_cut(self) -> bool {
        matches!(self.blow(), Some((_, Blow::Cut(_))))
    }

    /// Its name in the report.
    #[must_use]
    pub fn name(self) -> String {
        let name = serde_json::to_value(self).expect("a name is no map");
        name.as_str().unwrap_or_default().to_owned()
    }
}

/// `count` faults: each kind once before one comes a second time, in an order that `seed` decides.
#[must_use]
pub fn drawn(count: u32, seed: u64) -> Vec<Fault> {
    let mut random = SplitMix64::seed_from_u64(seed);
    let mut drawn = Vec::new();
    while drawn.len() < count as usize {
        let mut round = FAULTS.to_vec();
        while !round.is_empty() && drawn.len() < count as usize {
            let at = random.next_u64() % round.len() as u64;
            let at = usize::try_from(at).expect("below the length of a list");
            drawn.push(round.swap_remove(at));
        }
    }
    drawn
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_seed_draws_each_kind_before_one_comes_again() {
        let first = drawn(20, 7);
        assert_eq!(first.len(), 20);
        let kinds: BTreeSet<Fault> = first[..FAULTS.len()].iter().copied().collect();
        assert_eq!(kinds.len(), FAULTS.len());
        assert_eq!(first, drawn(20, 7));
        assert_ne!(first, drawn(20, 8));
    }

    #[test]
    fn a_fault_has_one_name() {
        assert_eq!(Fault::PrimaryNodeMute.name(), "primary_node_mute");
    }
}
