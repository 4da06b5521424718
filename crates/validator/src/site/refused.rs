//! What a voter sees instead of what was asked for: each refusal and rejection as a page.

use std::time::Duration;

use listener::retry_after_seconds;
use pages::voter::{CredentialFault, End, TriesLeft};

use crate::http::problem::Problem;
use crate::http::rejection::Rejection;
use crate::vote::Refusal;

/// What a voter is told to wait where nothing better is known.
const RETRY: Duration = Duration::from_secs(5);

/// How the page of a vote goes on that is not recorded.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NotCast {
    /// The form again, with what the voter can correct.
    Again {
        fault: CredentialFault,
        /// Wrong codes that are left, where they are counted.
        tries_left: Option<TriesLeft>,
    },
    /// The ballot of the region that the roll names, in place of the one that was sent.
    OwnBallot { region: u16 },
    /// A page that says why not.
    End(End),
}

/// The page after a vote that was refused.
pub(crate) fn not_cast(refusal: &Refusal) -> NotCast {
    let retry_after_s = retry_after_seconds(refusal.wait().unwrap_or(RETRY));
    NotCast::End(match refusal {
        Refusal::NotOnRoll { tries_left } => {
            let tries_left = tries_left.map(|tries| TriesLeft {
                count: tries.count,
                pause_s: retry_after_seconds(tries.pause),
            });
            return NotCast::Again {
                fault: CredentialFault::NotRecognised,
                tries_left,
            };
        }
        Refusal::OtherRegion { own: Some(region) } => {
            return NotCast::OwnBallot { region: *region };
        }
        Refusal::OtherRegion { own: None } => End::NotInRegion,
        Refusal::Duplicate { attempt_count } => End::Duplicate {
            attempt_count: *attempt_count,
        },
        Refusal::NotOpen { opens_ms } => End::NotOpen {
            opens_ms: *opens_ms,
        },
        Refusal::Closed { closed_ms } => End::Closed {
            closed_ms: *closed_ms,
        },
        Refusal::RepeatsUsedUp { .. } => End::TooManyRepeats { retry_after_s },
        Refusal::TriesUsedUp { .. } => End::TooManyTries { retry_after_s },
        Refusal::Overloaded
        | Refusal::StorageFull
        | Refusal::ClockInDoubt
        | Refusal::RollUnreadable
        | Refusal::Unwitnessed => End::Busy { retry_after_s },
        Refusal::OutcomeUnknown | Refusal::LedgerDisagrees => End::Unsure { retry_after_s },
        // The form of a page offers none of these.
        Refusal::Malformed(_)
        | Refusal::InvalidFields(_)
        | Refusal::NoSuchBallot(_)
        | Refusal::CandidateNotStanding
        | Refusal::ChoiceNotTaken(_) => End::Broken,
    })
}

/// The page instead of one that was asked for.
pub(crate) fn end_of(problem: &Problem) -> End {
    match problem {
        Problem::Request(rejection) => end_of_request(rejection),
        Problem::Vote(refusal) => match not_cast(refusal) {
            NotCast::End(end) => end,
            NotCast::Again { .. } | NotCast::OwnBallot { .. } => End::Broken,
        },
    }
}

fn end_of_request(rejection: &Rejection) -> End {
    let retry_after_s = retry_after_seconds(rejection.wait().unwrap_or(RETRY));
    match rejection {
        Rejection::TooManyRequests { .. } => End::TooManyRequests { retry_after_s },
        Rejection::FromOtherSite => End::FromOtherSite,
        Rejection::Busy { .. } | Rejection::Stopping | Rejection::OutOfReach => {
            End::Busy { retry_after_s }
        }
        Rejection::Failed => End::Failed { retry_after_s },
        Rejection::NoHost
        | Rejection::NoSuchPath
        | Rejection::MethodNotAllowed { .. }
        | Rejection::UnsupportedMediaType
        | Rejection::BodyTooLarge
        | Rejection::BodyTimeout
        | Rejection::BrokenBody
        | Rejection::NotAForm
        | Rejection::InvalidQuery
        | Rejection::NoSuchElection
        | Rejection::NoSuchRegion
        | Rejection::NoSuchReceipt
        | Rejection::IdempotencyKey
        | Rejection::ResultsElsewhere => End::Broken,
    }
}
