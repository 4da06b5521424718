//! An election: the seats of every region, and what parties have over all of them.

use std::collections::BTreeMap;

use election::{Ballot, Choice, Election, Event, Method, System};

use super::error::{Cause, TabulationError};
use super::{plurality, ranked};
use crate::counts::Counts;
use crate::results::{CandidateResults, ElectionResults, PartyResults, RegionResults};

pub(super) fn tabulate(
    event: &Event,
    ballot: &Ballot,
    election: &Election,
    votes: &BTreeMap<u16, Counts>,
) -> Result<ElectionResults, TabulationError> {
    if let Some(elsewhere) = votes.keys().find(|r| !election.regions().contains(r)) {
        return Err(Cause::NotOffered.at(ballot, *elsewhere));
    }
    let no_votes = Counts::default();
    let mut regions = BTreeMap::new();
    for region in election.regions() {
        let counts = votes.get(region).unwrap_or(&no_votes);
        let results = of_region(election, *region, counts);
        let results = results.map_err(|cause| cause.at(ballot, *region))?;
        regions.insert(*region, results);
    }
    Ok(ElectionResults {
        total_votes: regions.values().map(|region| region.total_votes).sum(),
        parties: parties(event, election, &regions),
        regions,
    })
}

/// Nobody is elected where nobody voted.
fn of_region(election: &Election, region: u16, counts: &Counts) -> Result<RegionResults, Cause> {
    let first_preferences = first_preferences(election, counts)?;
    let listed: Vec<&election::Candidate> = election.candidates_of(region).collect();
    let candidates = listed.iter().map(|candidate| CandidateResults {
        number: candidate.number,
        votes: first_preferences
            .get(&candidate.number)
            .copied()
            .unwrap_or(0),
        wins: false,
    });
    let mut results = RegionResults {
        candidates: candidates.collect(),
        total_votes: counts.total(),
        ..RegionResults::default()
    };
    // Votes for a candidate who is not listed here are in the total alone.
    let listed_votes: u64 = results.candidates.iter().map(|c| c.votes).sum();
    if listed_votes != results.total_votes {
        return Err(Cause::NotOffered);
    }
    if counts.is_empty() {
        return Ok(results);
    }
    let winners = match election.counting.system {
        System::Plurality => plurality::fill_seats(election, &mut results),
        System::Irv | System::Stv | System::BottomsUp => {
            ranked::fill_seats(election, &listed, counts, &mut results)?
        }
    };
    for candidate in &mut results.candidates {
        candidate.wins = winners.contains(&candidate.number);
    }
    Ok(results)
}

/// Votes by candidate: those of a single choice, or first preferences.
fn first_preferences(election: &Election, counts: &Counts) -> Result<BTreeMap<u32, u64>, Cause> {
    let mut sums = BTreeMap::new();
    for (choice, votes) in counts.iter() {
        let first = match (election.method, choice) {
            (Method::SingleChoice, Choice::Candidate(number)) => Some(number),
            (Method::RankedChoice, Choice::Ranking(ranking)) => ranking.first(),
            _ => None,
        };
        *sums.entry(*first.ok_or(Cause::NotOffered)?).or_default() += votes;
    }
    Ok(sums)
}

fn parties(
    event: &Event,
    election: &Election,
    regions: &BTreeMap<u16, RegionResults>,
) -> Vec<PartyResults> {
    let party_of: BTreeMap<u32, Option<&str>> = election
        .candidates()
        .iter()
        .map(|candidate| (candidate.number, candidate.party.as_deref()))
        .collect();
    let mut sums: BTreeMap<Option<&str>, (u64, u64)> = BTreeMap::new();
    for candidate in regions.values().flat_map(|region| &region.candidates) {
        let sum = sums.entry(party_of[&candidate.number]).or_default();
        sum.0 += candidate.votes;
        sum.1 += u64::from(candidate.wins);
    }
    let order = event.parties.iter().map(|party| Some(party.code.as_str()));
    let with_candidates = order
        .chain([None])
        .filter_map(|party| Some((party, *sums.get(&party)?)));
    with_candidates
        .map(|(party, (votes, seats))| PartyResults {
            party: party.map(str::to_owned),
            votes,
            seats,
        })
        .collect()
}
