//! What a voter chose, and whether the ballot allows it.
//!
//! A choice is a secret of the voter: `Debug` tells its shape only, and errors name the rank at
//! fault, never the candidate, so that neither can carry a choice into a log.

use std::fmt;

use crate::ballot::{Ballot, BallotKind, CandidateStatus, Election, Law, Method};

/// One voter's choice on one ballot.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Choice {
    /// Yes to a law.
    Oui,
    /// No to a law.
    Non,
    /// A blank vote on a law.
    Blanc,
    /// One candidate, by number.
    Candidate(u32),
    /// Candidates by number, the most preferred first.
    Ranking(Vec<u32>),
}

impl fmt::Debug for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Choice({})", self.shape())
    }
}

impl Choice {
    fn shape(&self) -> &'static str {
        match self {
            Choice::Oui | Choice::Non | Choice::Blanc => "answer to a law",
            Choice::Candidate(_) => "one candidate",
            Choice::Ranking(_) => "ranking",
        }
    }
}

/// Why a ballot does not take a choice. `rank` counts from 1; a single choice is rank 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant names its fields")]
pub enum ChoiceError {
    /// An answer to a law was given to an election, or the other way round.
    #[error("this ballot takes {expected}, got {got}: use the form of this ballot")]
    WrongKind {
        /// What the ballot takes.
        expected: &'static str,
        got: &'static str,
    },
    /// A blank vote where the law takes none.
    #[error("this ballot takes no blank vote: answer oui or non")]
    BlankNotAllowed,
    /// The region has no candidates in this election.
    #[error("region {region} does not vote in this election")]
    RegionNotInElection {
        /// The voter's region; 0 where the roll names none.
        region: u16,
    },
    /// No such candidate in the election.
    #[error("rank {rank}: no such candidate in this election")]
    UnknownCandidate {
        /// Rank at fault, from 1.
        rank: usize,
    },
    /// The candidate stands elsewhere.
    #[error("rank {rank}: the candidate stands in another region, expected region {expected}")]
    OtherRegion {
        /// Rank at fault, from 1.
        rank: usize,
        expected: u16,
    },
    /// The candidate no longer stands.
    #[error("rank {rank}: the candidate has withdrawn, choose another")]
    Withdrawn {
        /// Rank at fault, from 1.
        rank: usize,
    },
    /// No candidate at all.
    #[error("the ranking is empty: rank at least one candidate")]
    EmptyRanking,
    /// More ranks than the ballot has.
    #[error("{got} ranks given, at most {max} are taken")]
    TooManyRanks {
        /// Most ranks of this ballot.
        max: u32,
        got: usize,
    },
    /// One candidate at two ranks.
    #[error("rank {rank}: the same candidate already stands at rank {first}")]
    Repeated {
        /// The later rank, from 1.
        rank: usize,
        /// The earlier rank, from 1.
        first: usize,
    },
}

impl Ballot {
    /// Whether a voter of `region` (0 = the roll names none) may choose `choice` on this ballot.
    ///
    /// # Errors
    /// The first reason why not. The window is not looked at: see [`Ballot::window`].
    pub fn check(&self, region: u16, choice: &Choice) -> Result<(), ChoiceError> {
        match &self.kind {
            BallotKind::Law(law) => check_law(law, choice),
            BallotKind::Election(election) => check_election(election, region, choice),
        }
    }
}

fn check_law(law: &Law, choice: &Choice) -> Result<(), ChoiceError> {
    match choice {
        Choice::Oui | Choice::Non => Ok(()),
        Choice::Blanc if law.allow_blank => Ok(()),
        Choice::Blanc => Err(ChoiceError::BlankNotAllowed),
        other => Err(ChoiceError::WrongKind {
            expected: Choice::Oui.shape(),
            got: other.shape(),
        }),
    }
}

fn check_election(election: &Election, region: u16, choice: &Choice) -> Result<(), ChoiceError> {
    if !election.regions().contains(&region) {
        return Err(ChoiceError::RegionNotInElection { region });
    }
    match (election.method, choice) {
        (Method::SingleChoice, Choice::Candidate(number)) => {
            check_candidate(election, region, 1, *number)
        }
        (Method::RankedChoice, Choice::Ranking(ranking)) => {
            check_ranking(election, region, ranking)
        }
        (Method::SingleChoice, other) => Err(ChoiceError::WrongKind {
            expected: "one candidate",
            got: other.shape(),
        }),
        (Method::RankedChoice, other) => Err(ChoiceError::WrongKind {
            expected: "ranking",
            got: other.shape(),
        }),
    }
}

fn check_ranking(election: &Election, region: u16, ranking: &[u32]) -> Result<(), ChoiceError> {
    if ranking.is_empty() {
        return Err(ChoiceError::EmptyRanking);
    }
    // Checked before any loop over the ranking: its length comes from outside.
    let max = election.max_ranks;
    if u32::try_from(ranking.len()).map_or(true, |len| len > max) {
        return Err(ChoiceError::TooManyRanks {
            max,
            got: ranking.len(),
        });
    }
    for (at, number) in ranking.iter().enumerate() {
        check_candidate(election, region, at + 1, *number)?;
        if let Some(first) = ranking
            .iter()
            .take(at)
            .position(|earlier| earlier == number)
        {
            return Err(ChoiceError::Repeated {
                rank: at + 1,
                first: first + 1,
            });
        }
    }
    Ok(())
}

fn check_candidate(
    election: &Election,
    region: u16,
    rank: usize,
    number: u32,
) -> Result<(), ChoiceError> {
    let candidate = election
        .candidate(number)
        .ok_or(ChoiceError::UnknownCandidate { rank })?;
    if candidate.region != region {
        return Err(ChoiceError::OtherRegion {
            rank,
            expected: region,
        });
    }
    match candidate.status {
        CandidateStatus::Active => Ok(()),
        CandidateStatus::Withdrawn => Err(ChoiceError::Withdrawn { rank }),
    }
}
