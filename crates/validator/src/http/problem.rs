//! Rejections and refusals as `application/problem+json` (RFC 9457).
//!
//! A refusal that answers a vote carries in `status` the word of the voting contract (`duplicate`,
//! `invalid`, ...) where RFC 9457 suggests the number; the number stands in the status line.

use std::time::Duration;

use election::Language;
use election::instant_text;
use hyper::header::{ALLOW, HeaderValue, RETRY_AFTER};
use listener::{ProblemDocument, retry_after_seconds};
use serde::Serialize;

use super::problem_type::ProblemType;
use super::rejection::Rejection;
use super::reply::Reply;
use super::rule_text;
use crate::vote::{InvalidField, Malformed, Refusal};

/// Why a request is not answered as it asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Problem {
    /// It is turned away as a request.
    Request(Rejection),
    /// It is a vote, and the vote is not recorded.
    Vote(Refusal),
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Problem {
        Problem::Request(rejection)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Problem {
        Problem::Vote(refusal)
    }
}

impl Problem {
    pub(crate) fn problem_type(&self) -> ProblemType {
        match self {
            Problem::Request(rejection) => ProblemType::from(rejection),
            Problem::Vote(refusal) => ProblemType::from(refusal),
        }
    }

    /// Whether the rest of a body is left unread.
    pub(crate) fn leaves_body_unread(&self) -> bool {
        matches!(self, Problem::Request(rejection) if rejection.leaves_body_unread())
    }

    fn wait(&self) -> Option<Duration> {
        match self {
            Problem::Request(rejection) => rejection.wait(),
            Problem::Vote(refusal) => refusal.wait(),
        }
    }

    /// The answer, in the language asked for.
    pub(crate) fn reply(&self, language: Language) -> Reply {
        let definition = self.problem_type().definition();
        let document = ProblemDocument {
            status: definition.status,
            name: definition.slug,
            status_word: definition.vote_status,
            title: definition.title.in_language(language),
            detail: definition.detail.in_language(language),
            language,
        };
        let mut reply = document.response(match self {
            Problem::Request(_) => Facts::default(),
            Problem::Vote(refusal) => Facts::of(refusal, language),
        });
        let headers = reply.headers_mut();
        if let Some(wait) = self.wait() {
            headers.insert(RETRY_AFTER, HeaderValue::from(retry_after_seconds(wait)));
        }
        if let Problem::Request(Rejection::MethodNotAllowed { allow }) = self {
            headers.insert(ALLOW, HeaderValue::from_static(allow));
        }
        reply
    }
}

/// The facts of a refusal, as members of its problem. Those that it has none of are left out.
#[derive(Default, Serialize)]
struct Facts<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    opens: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    closes: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt_count: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tries_left: Option<u32>,
}

impl<'a> Facts<'a> {
    fn of(refusal: &'a Refusal, language: Language) -> Facts<'a> {
        let mut facts = Facts::default();
        match refusal {
            Refusal::Malformed(Malformed::Syntax { line, column }) => {
                facts.line = Some(*line);
                facts.column = Some(*column);
            }
            Refusal::InvalidFields(invalid) => {
                let errors = invalid.iter().map(|field| FieldError::new(field, language));
                facts.errors = errors.collect();
            }
            Refusal::ChoiceNotTaken(field) => facts.errors = vec![FieldError::new(field, language)],
            Refusal::NotOpen { opens_ms } => facts.opens = Some(instant_text(*opens_ms)),
            Refusal::Closed { closed_ms } => facts.closes = Some(instant_text(*closed_ms)),
            Refusal::Duplicate { attempt_count } => facts.attempt_count = Some(*attempt_count),
            Refusal::NotOnRoll { tries_left } => {
                facts.tries_left = tries_left.map(|tries| tries.count);
            }
            // The type says it all; waits stand in a header.
            Refusal::Malformed(Malformed::NotUtf8 | Malformed::Escape)
            | Refusal::NoSuchBallot(_)
            | Refusal::OtherRegion { .. }
            | Refusal::CandidateNotStanding
            | Refusal::RepeatsUsedUp { .. }
            | Refusal::TriesUsedUp { .. }
            | Refusal::Overloaded
            | Refusal::StorageFull
            | Refusal::ClockInDoubt
            | Refusal::RollUnreadable
            | Refusal::Unwitnessed
            | Refusal::OutcomeUnknown
            | Refusal::LedgerDisagrees => {}
        }
        facts
    }
}

#[derive(Serialize)]
struct FieldError<'a> {
    field: &'a str,
    code: &'static str,
    detail: &'static str,
}

impl<'a> FieldError<'a> {
    fn new(invalid: &'a InvalidField, language: Language) -> FieldError<'a> {
        FieldError {
            field: &invalid.field,
            code: rule_text::code(invalid.rule),
            detail: rule_text::words(invalid.rule).in_language(language),
        }
    }
}
