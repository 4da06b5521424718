//! The seats of one region by a ranked count: the event's rules handed to `counting`, its rounds
//! handed back with candidates named by number.

use std::collections::HashMap;

use counting::ranked::{
    Candidate, Contest, DuplicateRanking, Method, Overvote, Rules, Tabulation, Threshold,
    ThresholdKind, TieBreak, TieFallback,
};
use election::{CandidateStatus, Election, System};

use super::error::Cause;
use crate::counts::Counts;
use crate::results::{DecidedTie, RegionResults, Round};

/// Notes rounds and ties in `results`, and returns who is elected.
pub(super) fn fill_seats(
    election: &Election,
    listed: &[&election::Candidate],
    counts: &Counts,
    results: &mut RegionResults,
) -> Result<Vec<u32>, Cause> {
    let candidates = listed.iter().map(|candidate| Candidate {
        excluded: candidate.status == CandidateStatus::Withdrawn,
        ..Candidate::new(
            &candidate.number.to_string(),
            &format!("{} {}", candidate.first_name, candidate.last_name),
        )
    });
    // Refuses more candidates than positions have room for.
    let mut contest = Contest::new(candidates.collect(), rules(election))?;
    let positions: HashMap<u32, u16> = listed.iter().map(|c| c.number).zip(0u16..).collect();
    for (ranking, votes) in counts.rankings() {
        let positions: Option<Vec<u16>> = ranking
            .iter()
            .map(|number| positions.get(number).copied())
            .collect();
        contest.add_ranking(&positions.ok_or(Cause::NotOffered)?, votes)?;
    }
    let tabulation = contest.tabulate(&[])?;
    let named = Named {
        listed,
        tabulation: &tabulation,
    };
    results.rounds = Some(named.rounds());
    results.ties = named.ties();
    Ok(named.numbers(&tabulation.winners))
}

/// The event's rules as the counting crate takes them. Ballots of this system hold one candidate a
/// rank, none twice and no gap, so the rules about marks on paper never apply.
fn rules(election: &Election) -> Rules {
    let counting = &election.counting;
    let is_stv = counting.system == System::Stv;
    Rules {
        method: match counting.system {
            System::Plurality => Method::Plurality,
            System::Irv => Method::Irv,
            System::Stv => Method::Stv,
            System::BottomsUp => Method::BottomsUp,
        },
        seats: election.seats,
        overvote: Overvote::Exhaust,
        max_skipped_ranks: None,
        duplicate_ranking: DuplicateRanking::Skip,
        batch_elimination: counting.batch_elimination,
        // Events know no count down to a percentage.
        cutoff_elimination: false,
        continue_until_two: counting.continue_until_two,
        stop_after_round: None,
        threshold: Threshold {
            kind: ThresholdKind::Droop,
            fractional: false,
            fixed_in_round_1: is_stv,
            first_round_rule: false,
        },
        decimals: if is_stv { counting.decimals } else { 0 },
        tie_break: match counting.tie_break {
            election::TieBreak::CandidateOrder => TieBreak::CandidateOrder,
            election::TieBreak::PreviousRounds => {
                TieBreak::PreviousRounds(TieFallback::CandidateOrder)
            }
            election::TieBreak::Seed(seed) => TieBreak::JavaRandom(seed.cast_signed()),
        },
        one_winner_per_round: false,
    }
}

/// A tabulation whose positions are named by the candidates' numbers.
struct Named<'a> {
    listed: &'a [&'a election::Candidate],
    tabulation: &'a Tabulation,
}

impl Named<'_> {
    fn number(&self, position: u16) -> u32 {
        // The tabulation's positions are those of the list that the contest was made of.
        self.listed[usize::from(position)].number
    }

    fn numbers(&self, positions: &[u16]) -> Vec<u32> {
        positions.iter().map(|at| self.number(*at)).collect()
    }

    fn rounds(&self) -> Vec<Round> {
        let amount = |units: u128| self.tabulation.amount(units);
        let rounds = self.tabulation.rounds.iter().map(|round| Round {
            number: round.number,
            counts: round
                .counts
                .iter()
                .map(|(at, votes)| (self.number(*at), amount(*votes)))
                .collect(),
            threshold: round.threshold.map(amount),
            winners: self.numbers(&round.elected),
            eliminated: self.numbers(&round.eliminated),
            exhausted: amount(round.inactive.total()),
        });
        rounds.collect()
    }

    fn ties(&self) -> Vec<DecidedTie> {
        let ties = self.tabulation.ties.iter().map(|tie| DecidedTie {
            round: tie.round,
            tied: self.numbers(&tie.tied),
            picked: self.number(tie.picked),
            side: tie.side,
        });
        ties.collect()
    }
}
