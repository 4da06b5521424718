//! A ranked contest: candidates, rules and the ballots added so far.

use super::ballots::{BallotError, Ballots, Rank};
use super::candidate::{CANDIDATES_MAX, Candidate};
use super::count::tabulate;
use super::rules::{Method, Percent, Rules, ThresholdKind};
use super::tabulation::Tabulation;
use super::tie::{Lot, TieUndecided};

/// A contest that takes ballots until it is counted.
pub struct Contest {
    candidates: Vec<Candidate>,
    rules: Rules,
    ballots: Ballots,
}

/// Why rules cannot be counted by.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant names its fields")]
pub enum ContestError {
    /// Nobody takes part in the count.
    #[error("nobody stands: list at least one candidate who is neither excluded nor a write-in")]
    NoCandidates,
    /// The list is too long.
    #[error("{got} candidates, at most {max} can be counted")]
    TooManyCandidates { got: usize, max: usize },
    /// The number of seats does not suit the method.
    #[error("{seats} seats do not suit this method: expected {expected}")]
    Seats { seats: u32, expected: &'static str },
    /// More decimals than 128 bits can hold exactly.
    #[error("{got} decimals, at most {max} can be counted exactly")]
    Decimals { got: u8, max: u8 },
    /// A percentage that everybody or nobody is above, or one with too many digits.
    #[error(
        "the percentage of the threshold must lie above 0 and below 100, with at most 9 decimals"
    )]
    Percent,
    /// There is no percentage below which candidates could leave.
    #[error(
        "cutoff_elimination needs the method irv_multi and a threshold of kind percent: below what else should candidates leave?"
    )]
    Cutoff,
}

/// Decimals that 128 bits hold in every product of [`super::piles`], at 10^12 ballots.
const DECIMALS_MAX: u8 = 12;

impl Contest {
    /// A contest without ballots.
    ///
    /// # Errors
    /// Rules that contradict themselves or do not fit the arithmetic.
    pub fn new(candidates: Vec<Candidate>, rules: Rules) -> Result<Contest, ContestError> {
        check(&candidates, &rules)?;
        let ballots = Ballots::new(candidates.len());
        Ok(Contest {
            candidates,
            rules,
            ballots,
        })
    }

    /// Adds `count` ballots with the same marks.
    ///
    /// # Errors
    /// A mark for nobody, or more ballots than can be counted. The contest stays as it was.
    pub fn add(&mut self, ranks: &[Rank<'_>], count: u64) -> Result<(), BallotError> {
        self.ballots
            .add(&self.candidates, &self.rules, ranks.iter().copied(), count)
    }

    /// Adds `count` ballots that rank one candidate a rank, by position in the list.
    ///
    /// # Errors
    /// As [`Contest::add`].
    pub fn add_ranking(&mut self, ranking: &[u16], count: u64) -> Result<(), BallotError> {
        let ranks = ranking
            .iter()
            .map(|mark| Rank::Marks(std::slice::from_ref(mark)));
        self.ballots
            .add(&self.candidates, &self.rules, ranks, count)
    }

    /// Different ballots so far: what the count works on.
    #[must_use]
    pub fn groups(&self) -> usize {
        self.ballots.len()
    }

    /// Candidates in the order of the list.
    #[must_use]
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// The candidate at a position in the list.
    ///
    /// # Panics
    /// The number is of no candidate of this contest: it comes from the count of another one.
    #[must_use]
    pub fn candidate(&self, position: u16) -> &Candidate {
        &self.candidates[usize::from(position)]
    }

    /// The rules that the ballots were settled by and will be counted by.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Counts. `lots` decide the ties they name, before any other rule.
    ///
    /// # Errors
    /// A tie that only a lot can decide, and for which none was drawn.
    pub fn tabulate(&self, lots: &[Lot]) -> Result<Tabulation, TieUndecided> {
        tabulate(&self.candidates, &self.rules, &self.ballots, lots)
    }
}

fn check(candidates: &[Candidate], rules: &Rules) -> Result<(), ContestError> {
    if candidates.len() > CANDIDATES_MAX {
        return Err(ContestError::TooManyCandidates {
            got: candidates.len(),
            max: CANDIDATES_MAX,
        });
    }
    if candidates
        .iter()
        .all(|c| c.excluded || c.undeclared_write_in)
    {
        return Err(ContestError::NoCandidates);
    }
    let seats = rules.seats;
    match rules.method {
        Method::Irv if seats != 1 => {
            return Err(ContestError::Seats {
                seats,
                expected: "1",
            });
        }
        Method::Stv | Method::Plurality if seats == 0 => {
            return Err(ContestError::Seats {
                seats,
                expected: "1 or more",
            });
        }
        Method::BottomsUp if seats == 0 && !rules.down_to_percentage() => {
            return Err(ContestError::Seats {
                seats,
                expected: "1 or more, or a percentage",
            });
        }
        _ => {}
    }
    if rules.cutoff_elimination && !rules.down_to_percentage() {
        return Err(ContestError::Cutoff);
    }
    if rules.decimals > DECIMALS_MAX {
        return Err(ContestError::Decimals {
            got: rules.decimals,
            max: DECIMALS_MAX,
        });
    }
    match rules.threshold.kind {
        ThresholdKind::Percent(percent) if !sound(percent) => Err(ContestError::Percent),
        _ => Ok(()),
    }
}

fn sound(percent: Percent) -> bool {
    percent.decimals <= 9
        && percent.digits > 0
        && u128::from(percent.digits) < 100 * 10u128.pow(u32::from(percent.decimals))
}
