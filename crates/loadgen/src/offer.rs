//! The ballots that are open, their candidates by region, and the choices that a voter of a region
//! makes on them.

pub(crate) mod api;
pub(crate) mod definition;

use std::collections::{BTreeMap, HashMap};

use anyhow::{Result, bail};
use election::Choice;

use crate::choice::{self, Field};
use crate::random::Random;

#[derive(Clone, Debug)]
pub(crate) struct Ballot {
    /// Law id or election code.
    pub(crate) id: String,
    pub(crate) kind: Kind,
}

/// What a ballot asks.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// Answered by `oui`, `non` or, where allowed, `blanc`.
    Law { allow_blanc: bool },
    Election {
        /// `election_id` of the HTTP interface.
        number: u32,
        method: Method,
        /// The candidates of each region; regions without candidates do not vote.
        fields: BTreeMap<u16, Field>,
    },
}

/// How an election is voted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Single,
    /// A ranking of at most `max_ranks` candidates.
    Ranked {
        /// Ranks on the ballot.
        max_ranks: u32,
    },
}

/// The open ballots, and which of them each region votes on.
#[derive(Debug)]
pub(crate) struct Offer {
    ballots: Vec<Ballot>,
    by_region: HashMap<u16, Vec<usize>>,
    /// Ballots for voters of regions that no election knows, or of none.
    everywhere: Vec<usize>,
}

impl Offer {
    /// Takes all of `ballots`, or those named in `wanted`. The error names a ballot that is not open.
    pub(crate) fn new(mut ballots: Vec<Ballot>, wanted: &[String]) -> Result<Offer> {
        let known: Vec<String> = ballots.iter().map(|ballot| ballot.id.clone()).collect();
        if let Some(missing) = wanted.iter().find(|id| !known.contains(id)) {
            bail!(
                "ballot {missing} is not open; open now: {}",
                known.join(", ")
            );
        }
        if known.is_empty() {
            bail!("no ballot is open now: look at the windows of the definition");
        }
        if !wanted.is_empty() {
            ballots.retain(|ballot| wanted.contains(&ballot.id));
        }
        let everywhere = positions(&ballots, |kind| matches!(kind, Kind::Law { .. }));
        let by_region = regions(&ballots)
            .map(|region| (region, positions(&ballots, |kind| kind.votes_in(region))))
            .collect();
        Ok(Offer {
            ballots,
            by_region,
            everywhere,
        })
    }

    pub(crate) fn ballots(&self) -> &[Ballot] {
        &self.ballots
    }

    /// Positions of the ballots that a voter of `region` votes on.
    pub(crate) fn ballots_of(&self, region: u16) -> &[usize] {
        self.by_region.get(&region).unwrap_or(&self.everywhere)
    }
}

/// Fields of one election from its active candidates by region.
fn popularity(active: BTreeMap<u16, Vec<u32>>, election: u32, seed: u64) -> BTreeMap<u16, Field> {
    let place = |region: u16| u64::from(election) << 16 | u64::from(region);
    let fields = active.into_iter();
    fields
        .map(|(region, numbers)| (region, Field::new(numbers, seed, place(region))))
        .collect()
}

fn positions(ballots: &[Ballot], wanted: impl Fn(&Kind) -> bool) -> Vec<usize> {
    let numbered = ballots.iter().enumerate();
    numbered
        .filter(|(_, ballot)| wanted(&ballot.kind))
        .map(|(at, _)| at)
        .collect()
}

fn regions(ballots: &[Ballot]) -> impl Iterator<Item = u16> {
    ballots.iter().flat_map(|ballot| match &ballot.kind {
        Kind::Law { .. } => Vec::new(),
        Kind::Election { fields, .. } => fields.keys().copied().collect(),
    })
}

impl Kind {
    fn votes_in(&self, region: u16) -> bool {
        match self {
            Kind::Law { .. } => true,
            Kind::Election { fields, .. } => {
                fields.get(&region).is_some_and(|field| !field.is_empty())
            }
        }
    }

    /// What a voter of `region` chooses. The region must be one that votes on this ballot.
    pub(crate) fn choose(&self, region: u16, random: &mut Random) -> Choice {
        match self {
            Kind::Law { allow_blanc } => choice::answer(*allow_blanc, random),
            Kind::Election { method, fields, .. } => {
                let field = fields.get(&region);
                let field = field.expect("ballots_of gives a region the ballots it votes on");
                match method {
                    Method::Single => Choice::Candidate(field.one(random)),
                    Method::Ranked { max_ranks } => {
                        Choice::Ranking(field.ranking(*max_ranks, random))
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(wanted: &[&str]) -> Result<Offer> {
        let fields = BTreeMap::from([
            (1, Field::new(vec![1, 2], 0, 1)),
            (2, Field::new(Vec::new(), 0, 2)),
        ]);
        let ballots = vec![
            Ballot {
                id: "L1".into(),
                kind: Kind::Law { allow_blanc: false },
            },
            Ballot {
                id: "E1".into(),
                kind: Kind::Election {
                    number: 1,
                    method: Method::Single,
                    fields,
                },
            },
        ];
        let wanted: Vec<String> = wanted.iter().map(ToString::to_string).collect();
        Offer::new(ballots, &wanted)
    }

    #[test]
    fn regions_vote_where_somebody_stands() {
        let all = offer(&[]).unwrap();
        assert_eq!(all.ballots_of(1), [0, 1]);
        assert_eq!(all.ballots_of(2), [0], "nobody stands in region 2");
        assert_eq!(all.ballots_of(0), [0], "no region");
        assert_eq!(offer(&["E1"]).unwrap().ballots_of(1), [0]);
    }

    #[test]
    fn a_ballot_that_is_not_open_is_named() {
        let error = offer(&["L1", "L9"]).unwrap_err().to_string();
        assert!(error.contains("L9") && error.contains("L1, E1"), "{error}");
    }
}
