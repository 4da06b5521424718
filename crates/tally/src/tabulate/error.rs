//! Why a ballot cannot be tabulated. Messages never name a choice.

use counting::ranked::{BallotError, ContestError, TieUndecided};

/// A ballot that cannot be tabulated: ledger and package contradict each other, or the event's rules
/// cannot be counted by. There is then no result, not even a partial one.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "ballot {ballot}, region {region}: {cause}; there is no result: keep ledger and package as evidence and check that they belong together"
)]
pub(crate) struct TabulationError {
    /// Id of the ballot.
    pub(crate) ballot: String,
    /// Region whose votes are at fault; 0 where the roll names none.
    pub(crate) region: u16,
    pub(crate) cause: Cause,
}

/// What is wrong with the votes or the rules of one region.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Cause {
    #[error("votes for a choice that the ballot paper of this region does not offer")]
    NotOffered,
    #[error("the contest is refused: {0}")]
    Contest(#[from] ContestError),
    #[error("a ranking cannot be added: {0}")]
    Ranking(#[from] BallotError),
    #[error("{0}")]
    Tie(#[from] TieUndecided),
}

impl Cause {
    pub(crate) fn at(self, ballot: &election::Ballot, region: u16) -> TabulationError {
        TabulationError {
            ballot: ballot.id.clone(),
            region,
            cause: self,
        }
    }
}
