//! A ranked contest: candidates, rules and the ballots added so far.

use super::ballots::{BallotError, Ballots, CANDIDATES_MAX, Rank};
use super::count::{Count, TieUndecided};
use super::rules::{Method, Percent, Rules, ThresholdKind};
use super::tabulation::Tabulation;
use super::tie::Lot;

/// A candidate of a ranked contest. The order of the list is the order of the ballot paper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Id in the contest.
    pub id: String,
    /// Name as printed.
    pub name: String,
    /// On the ballot, but not in the count.
    pub excluded: bool,
    /// Stands for all undeclared write-ins together: cannot be elected.
    pub undeclared_write_in: bool,
}

/// A contest being filled with ballots.
pub struct Contest {
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) rules: Rules,
    pub(crate) ballots: Ballots,
}

/// Why rules cannot be counted by.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContestError {
    /// Nobody takes part in the count.
    #[error("nobody stands: list at least one candidate who is neither excluded nor a write-in")]
    NoCandidates,
    /// The list is too long.
    #[error("{got} candidates, at most {max} can be counted")]
    TooManyCandidates {
        /// Candidates listed.
        got: usize,
        /// The limit.
        max: usize,
    },
    /// The number of seats does not suit the method.
    #[error("{seats} seats do not suit this method: expected {expected}")]
    Seats {
        /// Seats asked for.
        seats: u32,
        /// What suits.
        expected: &'static str,
    },
    /// Too many decimals.
    #[error("{got} decimals, at most {max} can be counted exactly")]
    Decimals {
        /// Decimals asked for.
        got: u8,
        /// The limit.
        max: u8,
    },
    /// A percentage above 100, or with too many digits.
    #[error("the percentage of the threshold must lie within 0 and 100, with at most 9 decimals")]
    Percent,
}

/// Decimals that 128 bits hold in every product of [`super::piles`], at 10^12 ballots.
const DECIMALS_MAX: u8 = 12;

impl Candidate {
    /// A candidate who simply stands.
    #[must_use]
    pub fn new(id: &str, name: &str) -> Candidate {
        Candidate {
            id: id.to_owned(),
            name: name.to_owned(),
            excluded: false,
            undeclared_write_in: false,
        }
    }
}

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

    /// Candidates in order.
    #[must_use]
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// The rules.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Counts. `lots` decide the ties they name, before any other rule.
    ///
    /// # Errors
    /// A tie that only a lot can decide, and for which none was drawn.
    pub fn tabulate(&self, lots: &[Lot]) -> Result<Tabulation, TieUndecided> {
        Count::new(self, lots).run()
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
        && u128::from(percent.digits) <= 100 * 10u128.pow(u32::from(percent.decimals))
}
