//! The seats of one region by plurality.

use counting::plurality;
use election::Election;

use crate::results::RegionResults;

/// Notes a tie and a recount in `results`, and returns who is elected.
pub(super) fn fill_seats(election: &Election, results: &mut RegionResults) -> Vec<u32> {
    let votes: Vec<plurality::CandidateVotes> = results
        .candidates
        .iter()
        .map(|candidate| plurality::CandidateVotes {
            candidate: candidate.number,
            votes: candidate.votes,
        })
        .collect();
    let counted = plurality::count(&votes, election.seats);
    results.tied = counted.tie.map_or_else(Vec::new, |tie| tie.candidates);
    results.recount = counted.recount;
    counted.elected
}
