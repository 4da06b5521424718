//! Who may vote and how many do: the invented roll of the evening.

use std::collections::BTreeMap;

use credentials::Digest;
use election::Event;
use shards::Rot;

use super::deal::{Chance, divide};
use crate::roll::Roll;

/// Voters on the roll, each with all three ballots.
const REGISTERED: u64 = 4_200_000;
/// Votes on the law, on the general election and on the ranked one; [`VOTES`] together.
const VOTES_OF: [u64; 3] = [2_700_000, 2_900_000, 2_400_000];
/// Votes of the whole evening.
#[cfg(test)]
pub(super) const VOTES: u64 = 8_000_000;

/// The roll without a credential: each region is one shard of every ballot, and has a size.
pub(super) struct Crowd {
    /// Voters of each region, in the order of the event.
    registered: Vec<u32>,
    /// Votes by ballot, then by region in the order of the event.
    votes: Vec<Vec<u64>>,
}

impl Crowd {
    /// Regions of different sizes, and their votes.
    pub(super) fn new(event: &Event, chance: &mut Chance) -> Crowd {
        let regions = event.regions.len();
        let sizes: Vec<u64> = (0..regions).map(|_| chance.between(17, 60)).collect();
        let registered = divide(REGISTERED, &sizes);
        let votes = VOTES_OF.iter().map(|votes| {
            let zeal = registered.iter().map(|n| n * chance.between(900, 1_100));
            divide(*votes, &zeal.collect::<Vec<_>>())
        });
        let votes = votes.collect();
        let registered = registered.into_iter().map(|voters| {
            u32::try_from(voters).expect("a region has a small part of the country's voters")
        });
        Crowd {
            registered: registered.collect(),
            votes,
        }
    }

    /// Votes on a ballot by region, in the order of the event.
    pub(super) fn votes(&self, ballot: u16) -> &[u64] {
        &self.votes[usize::from(ballot)]
    }

    /// Voters by ballot and region.
    pub(super) fn registered(&self) -> Vec<BTreeMap<u16, u64>> {
        let regions = (1u16..).zip(self.registered.iter().map(|voters| u64::from(*voters)));
        let regions: BTreeMap<u16, u64> = regions.collect();
        vec![regions; self.votes.len()]
    }

    /// Regions by size: how many have fewer voters.
    pub(super) fn ranks(&self) -> Vec<u64> {
        let mut order: Vec<usize> = (0..self.registered.len()).collect();
        order.sort_by_key(|at| self.registered[*at]);
        let mut ranks = vec![0; order.len()];
        for (rank, at) in (0u64..).zip(order) {
            ranks[at] = rank;
        }
        ranks
    }
}

impl Roll for Crowd {
    fn shard_sizes(&self, ballot: u16) -> Vec<u32> {
        match self.votes.get(usize::from(ballot)) {
            Some(_) => self.registered.clone(),
            None => Vec::new(),
        }
    }

    fn partition_of(&self, ballot: u16, shard: u32) -> Option<u16> {
        let shard = usize::try_from(shard).ok()?;
        let is_there = usize::from(ballot) < self.votes.len() && shard < self.registered.len();
        is_there.then_some(0)
    }

    /// Regions are numbered from 1, shards from 0.
    fn region(&self, ballot: u16, shard: u32, ordinal: u32) -> Result<Option<u16>, Rot> {
        let sizes = self
            .votes
            .get(usize::from(ballot))
            .map(|_| &self.registered);
        let region = u16::try_from(shard).ok();
        let size = sizes
            .zip(region)
            .and_then(|(sizes, at)| sizes.get(usize::from(at)));
        let is_there = size.is_some_and(|size| ordinal < *size);
        Ok(region.filter(|_| is_there).map(|at| at + 1))
    }

    fn digest(&self, _: u16, _: u32, _: u32) -> Result<Option<Digest>, Rot> {
        Ok(None)
    }
}
