//! The types of problem that a caller may be told (RFC 9457, section 4): each with its name for
//! programs, its HTTP status and its words in both languages.

use super::problem_definition::{self, ProblemDefinition};
use super::rejection::Rejection;
use crate::vote::{Refusal, VoteKind};

/// A type of problem: what programs that call tell problems apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProblemType {
    Malformed,
    NoHost,
    BrokenBody,
    InvalidFields,
    InvalidQuery,
    NoSuchLaw,
    NoSuchElection,
    NoSuchRegion,
    NoSuchReceipt,
    NotFound,
    ResultsElsewhere,
    InvalidIdempotencyKey,
    FromOtherSite,
    MethodNotAllowed,
    BodyTimeout,
    BodyTooLarge,
    UnsupportedMediaType,
    TooManyRequests,
    TooManyFailedAttempts,
    TooManyRepeats,
    Busy,
    Overloaded,
    StorageFull,
    ClockInDoubt,
    RollUnreadable,
    LogUnwitnessed,
    OutcomeUnknown,
    NotReady,
    Internal,
    NotEligible,
    OtherRegion,
    CandidateRefused,
    ChoiceRefused,
    NotOpen,
    Closed,
    Duplicate,
}

impl From<&Refusal> for ProblemType {
    fn from(refusal: &Refusal) -> ProblemType {
        match refusal {
            Refusal::Malformed(_) => ProblemType::Malformed,
            Refusal::InvalidFields(_) => ProblemType::InvalidFields,
            Refusal::NoSuchBallot(VoteKind::Law) => ProblemType::NoSuchLaw,
            Refusal::NoSuchBallot(VoteKind::Election) => ProblemType::NoSuchElection,
            Refusal::NotOnRoll { .. } => ProblemType::NotEligible,
            Refusal::OtherRegion { .. } => ProblemType::OtherRegion,
            Refusal::CandidateNotStanding => ProblemType::CandidateRefused,
            Refusal::ChoiceNotTaken(_) => ProblemType::ChoiceRefused,
            Refusal::NotOpen { .. } => ProblemType::NotOpen,
            Refusal::Closed { .. } => ProblemType::Closed,
            Refusal::Duplicate { .. } => ProblemType::Duplicate,
            Refusal::RepeatsUsedUp { .. } => ProblemType::TooManyRepeats,
            Refusal::TriesUsedUp { .. } => ProblemType::TooManyFailedAttempts,
            Refusal::Overloaded => ProblemType::Overloaded,
            Refusal::StorageFull => ProblemType::StorageFull,
            Refusal::ClockInDoubt => ProblemType::ClockInDoubt,
            Refusal::RollUnreadable => ProblemType::RollUnreadable,
            Refusal::Unwitnessed => ProblemType::LogUnwitnessed,
            Refusal::OutcomeUnknown => ProblemType::OutcomeUnknown,
            Refusal::LedgerDisagrees => ProblemType::Internal,
        }
    }
}

impl From<&Rejection> for ProblemType {
    fn from(rejection: &Rejection) -> ProblemType {
        match rejection {
            Rejection::NoHost => ProblemType::NoHost,
            Rejection::NoSuchPath => ProblemType::NotFound,
            Rejection::MethodNotAllowed { .. } => ProblemType::MethodNotAllowed,
            Rejection::TooManyRequests { .. } => ProblemType::TooManyRequests,
            Rejection::UnsupportedMediaType => ProblemType::UnsupportedMediaType,
            Rejection::BodyTooLarge => ProblemType::BodyTooLarge,
            Rejection::BodyTimeout => ProblemType::BodyTimeout,
            Rejection::BrokenBody => ProblemType::BrokenBody,
            Rejection::NotAForm => ProblemType::Malformed,
            Rejection::InvalidQuery => ProblemType::InvalidQuery,
            Rejection::NoSuchElection => ProblemType::NoSuchElection,
            Rejection::NoSuchRegion => ProblemType::NoSuchRegion,
            Rejection::NoSuchReceipt => ProblemType::NoSuchReceipt,
            Rejection::IdempotencyKey => ProblemType::InvalidIdempotencyKey,
            Rejection::FromOtherSite => ProblemType::FromOtherSite,
            Rejection::ResultsElsewhere => ProblemType::ResultsElsewhere,
            Rejection::Busy { .. } => ProblemType::Busy,
            Rejection::Stopping | Rejection::OutOfReach => ProblemType::NotReady,
            Rejection::Failed => ProblemType::Internal,
        }
    }
}

impl ProblemType {
    /// How many there are.
    pub(crate) const COUNT: usize = ProblemType::Duplicate as usize + 1;

    /// All of them, in the order of the enumeration.
    pub(crate) const ALL: [ProblemType; ProblemType::COUNT] = [
        ProblemType::Malformed,
        ProblemType::NoHost,
        ProblemType::BrokenBody,
        ProblemType::InvalidFields,
        ProblemType::InvalidQuery,
        ProblemType::NoSuchLaw,
        ProblemType::NoSuchElection,
        ProblemType::NoSuchRegion,
        ProblemType::NoSuchReceipt,
        ProblemType::NotFound,
        ProblemType::ResultsElsewhere,
        ProblemType::InvalidIdempotencyKey,
        ProblemType::FromOtherSite,
        ProblemType::MethodNotAllowed,
        ProblemType::BodyTimeout,
        ProblemType::BodyTooLarge,
        ProblemType::UnsupportedMediaType,
        ProblemType::TooManyRequests,
        ProblemType::TooManyFailedAttempts,
        ProblemType::TooManyRepeats,
        ProblemType::Busy,
        ProblemType::Overloaded,
        ProblemType::StorageFull,
        ProblemType::ClockInDoubt,
        ProblemType::RollUnreadable,
        ProblemType::LogUnwitnessed,
        ProblemType::OutcomeUnknown,
        ProblemType::NotReady,
        ProblemType::Internal,
        ProblemType::NotEligible,
        ProblemType::OtherRegion,
        ProblemType::CandidateRefused,
        ProblemType::ChoiceRefused,
        ProblemType::NotOpen,
        ProblemType::Closed,
        ProblemType::Duplicate,
    ];

    pub(crate) fn definition(self) -> &'static ProblemDefinition {
        match self {
            ProblemType::Malformed => &problem_definition::MALFORMED,
            ProblemType::NoHost => &problem_definition::NO_HOST,
            ProblemType::BrokenBody => &problem_definition::BROKEN_BODY,
            ProblemType::InvalidFields => &problem_definition::INVALID_FIELDS,
            ProblemType::InvalidQuery => &problem_definition::INVALID_QUERY,
            ProblemType::NoSuchLaw => &problem_definition::NO_SUCH_LAW,
            ProblemType::NoSuchElection => &problem_definition::NO_SUCH_ELECTION,
            ProblemType::NoSuchRegion => &problem_definition::NO_SUCH_REGION,
            ProblemType::NoSuchReceipt => &problem_definition::NO_SUCH_RECEIPT,
            ProblemType::NotFound => &problem_definition::NOT_FOUND,
            ProblemType::ResultsElsewhere => &problem_definition::RESULTS_ELSEWHERE,
            ProblemType::InvalidIdempotencyKey => &problem_definition::INVALID_IDEMPOTENCY_KEY,
            ProblemType::FromOtherSite => &problem_definition::FROM_OTHER_SITE,
            ProblemType::MethodNotAllowed => &problem_definition::METHOD_NOT_ALLOWED,
            ProblemType::BodyTimeout => &problem_definition::BODY_TIMEOUT,
            ProblemType::BodyTooLarge => &problem_definition::BODY_TOO_LARGE,
            ProblemType::UnsupportedMediaType => &problem_definition::UNSUPPORTED_MEDIA_TYPE,
            ProblemType::TooManyRequests => &problem_definition::TOO_MANY_REQUESTS,
            ProblemType::TooManyFailedAttempts => &problem_definition::TOO_MANY_FAILED_ATTEMPTS,
            ProblemType::TooManyRepeats => &problem_definition::TOO_MANY_REPEATS,
            ProblemType::Busy => &problem_definition::BUSY,
            ProblemType::Overloaded => &problem_definition::OVERLOADED,
            ProblemType::StorageFull => &problem_definition::STORAGE_FULL,
            ProblemType::ClockInDoubt => &problem_definition::CLOCK_IN_DOUBT,
            ProblemType::RollUnreadable => &problem_definition::ROLL_UNREADABLE,
            ProblemType::LogUnwitnessed => &problem_definition::LOG_UNWITNESSED,
            ProblemType::OutcomeUnknown => &problem_definition::OUTCOME_UNKNOWN,
            ProblemType::NotReady => &problem_definition::NOT_READY,
            ProblemType::Internal => &problem_definition::INTERNAL,
            ProblemType::NotEligible => &problem_definition::NOT_ELIGIBLE,
            ProblemType::OtherRegion => &problem_definition::OTHER_REGION,
            ProblemType::CandidateRefused => &problem_definition::CANDIDATE_REFUSED,
            ProblemType::ChoiceRefused => &problem_definition::CHOICE_REFUSED,
            ProblemType::NotOpen => &problem_definition::NOT_OPEN,
            ProblemType::Closed => &problem_definition::CLOSED,
            ProblemType::Duplicate => &problem_definition::DUPLICATE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn all_are_listed_in_order_under_names_of_their_own() {
        for (at, problem_type) in ProblemType::ALL.into_iter().enumerate() {
            assert_eq!(problem_type as usize, at, "{problem_type:?}");
        }
        let slugs = ProblemType::ALL.map(|problem_type| problem_type.definition().slug);
        assert_eq!(BTreeSet::from(slugs).len(), ProblemType::COUNT);
    }
}
