//! Who is elected in one region: the event's rules handed to `counting`, its answer handed back.

use counting::plurality;
use counting::ranked::{
    Candidate, Contest, ContestError, DuplicateRanking, Method, Overvote, Rules, Tabulation,
    Threshold, ThresholdKind, TieBreak, TieFallback,
};
use election::{CandidateStatus, Election, System};
use serde::Serialize;

use crate::counts::Counts;

/// Who is elected, and how the count went.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Candidates elected, in the order of the ballot paper.
    pub(crate) elected: Vec<u32>,
    /// Candidates tied for seats that the count alone cannot give; empty where there is no such tie.
    pub(crate) tied: Vec<u32>,
    /// Whether the margin calls for an automatic recount (plurality only).
    pub(crate) recount: bool,
    /// Rounds of a ranked count.
    pub(crate) rounds: Option<Vec<Round>>,
    /// Ties of a ranked count that a rule decided.
    pub(crate) ties: Vec<DecidedTie>,
}

/// One round of a ranked count. Votes are exact decimals, as text: transferred votes have fractions.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Round {
    pub(crate) round: u32,
    pub(crate) counts: Vec<RoundCount>,
    /// Votes that elect.
    pub(crate) threshold: Option<String>,
    pub(crate) elected: Vec<u32>,
    pub(crate) eliminated: Vec<u32>,
    /// Votes that count for nobody any more.
    pub(crate) exhausted: String,
}

/// Votes of one candidate in one round.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct RoundCount {
    pub(crate) candidate_id: u32,
    pub(crate) votes: String,
}

/// A tie within a ranked count, and who was picked of it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct DecidedTie {
    pub(crate) round: u32,
    pub(crate) tied: Vec<u32>,
    pub(crate) picked: u32,
    /// `winner` or `loser`: what the one picked became.
    pub(crate) picked_as: &'static str,
}

/// Fills the seats of one region. Nobody is elected where nobody voted.
pub(crate) fn seats_of(election: &Election, region: u16, counts: &Counts) -> Outcome {
    if counts.is_empty() {
        return Outcome::default();
    }
    match election.counting.system {
        System::Plurality => by_plurality(election, region, counts),
        // The definition was checked for rules that can be counted by; a contest that is refused
        // all the same has no outcome, and its counts still stand.
        _ => by_ranking(election, region, counts).unwrap_or_else(|error| {
            tracing::error!(election = election.number, region, %error, "no ranked count");
            Outcome::default()
        }),
    }
}

fn by_plurality(election: &Election, region: u16, counts: &Counts) -> Outcome {
    let firsts = counts.first_preferences();
    let entries: Vec<plurality::Entry> = election
        .candidates_of(region)
        .map(|candidate| plurality::Entry {
            candidate: candidate.number,
            votes: firsts.get(&candidate.number).copied().unwrap_or(0),
        })
        .collect();
    let outcome = plurality::count(&entries, election.seats);
    Outcome {
        elected: outcome.elected,
        tied: outcome.tie.map_or_else(Vec::new, |tie| tie.candidates),
        recount: outcome.recount,
        ..Outcome::default()
    }
}

fn by_ranking(election: &Election, region: u16, counts: &Counts) -> Result<Outcome, ContestError> {
    let listed: Vec<&election::Candidate> = election.candidates_of(region).collect();
    let numbers: Vec<u32> = listed.iter().map(|candidate| candidate.number).collect();
    let candidates = listed.iter().map(|candidate| Candidate {
        excluded: candidate.status == CandidateStatus::Withdrawn,
        ..Candidate::new(
            &candidate.number.to_string(),
            &format!("{} {}", candidate.first_name, candidate.last_name),
        )
    });
    let mut contest = Contest::new(candidates.collect(), rules(election))?;
    for (ranking, votes) in counts.rankings() {
        let position = |number: &u32| {
            let at = numbers.iter().position(|listed| listed == number)?;
            u16::try_from(at).ok()
        };
        // The validator refuses candidates of other regions, so every rank has its position.
        let ranking: Vec<u16> = ranking.iter().filter_map(position).collect();
        if let Err(error) = contest.add_ranking(&ranking, votes) {
            tracing::error!(election = election.number, region, %error, "a ranking is not counted");
        }
    }
    Ok(match contest.tabulate(&[]) {
        Ok(tabulation) => outcome_of(&tabulation, &numbers),
        Err(undecided) => Outcome {
            tied: undecided
                .tied
                .iter()
                .filter_map(|id| id.parse().ok())
                .collect(),
            ..Outcome::default()
        },
    })
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

fn outcome_of(tabulation: &Tabulation, numbers: &[u32]) -> Outcome {
    let name = |at: &u16| numbers.get(usize::from(*at)).copied();
    let names = |positions: &[u16]| -> Vec<u32> { positions.iter().filter_map(name).collect() };
    let text = |units: u128| tabulation.amount(units).to_string();
    let rounds = tabulation.rounds.iter().map(|round| Round {
        round: round.number,
        counts: round
            .counts
            .iter()
            .filter_map(|(at, votes)| {
                Some(RoundCount {
                    candidate_id: name(at)?,
                    votes: text(*votes),
                })
            })
            .collect(),
        threshold: round.threshold.map(text),
        elected: names(&round.elected),
        eliminated: names(&round.eliminated),
        exhausted: text(round.inactive.total()),
    });
    let ties = tabulation.ties.iter().filter_map(|tie| {
        let picked_as = match tie.side {
            counting::ranked::Side::Winner => "winner",
            counting::ranked::Side::Loser => "loser",
        };
        Some(DecidedTie {
            round: tie.round,
            tied: names(&tie.tied),
            picked: name(&tie.picked)?,
            picked_as,
        })
    });
    Outcome {
        elected: names(&tabulation.winners),
        tied: Vec::new(),
        recount: false,
        rounds: Some(rounds.collect()),
        ties: ties.collect(),
    }
}
