//! The rules that the fields of a vote are held to.

use std::borrow::Cow;

/// A field at fault. Never carries its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InvalidField {
    /// Its name as it stands in the request, shortened where a stranger chose it.
    pub(crate) field: Cow<'static, str>,
    pub(crate) rule: Rule,
}

/// The rule that a field breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// The field must be there.
    Missing,
    /// The vote has no field of this name.
    Unknown,
    /// The field may stand there once only.
    Repeated,
    /// The value is a string.
    Text,
    /// The value is an integer from 1 that fits 32 bits.
    Integer,
    /// The value is a list of integers that fit 32 bits.
    Integers,
    /// A NAS as [`credentials::Nas`] reads it.
    Nas,
    /// A code as [`credentials::Code`] reads it.
    Code,
    /// A ballot id as [`credentials::BallotId`] reads it.
    BallotId,
    /// An answer to a law: oui, non or blanc.
    LawVote,
    /// This law takes no blank vote.
    NoBlank,
    /// The name of a voting method.
    VotingMethod,
    /// The voting method of this election, and no other.
    OtherMethod,
    /// A single choice comes without a ranking.
    NotRanked,
    /// Beside a ranking, the candidate named is its first choice.
    FirstChoice,
    /// A candidate is ranked once only.
    RankTwice,
    /// A ranking holds at least one candidate.
    NoRank,
    /// A ranking holds no more candidates than the ballot has ranks.
    TooManyRanks,
}
