//! Rejections and refusals as `application/problem+json` (RFC 9457).
//!
//! A refusal that answers a vote carries in `status` the word of the voting contract (`duplicate`,
//! `invalid`, ...) where RFC 9457 suggests the number; a reader of problems ignores a member of
//! another type (section 3.1), and the number stands in the status line.

use super::problem_type::ProblemType;
use super::rejection::Rejection;
use super::reply::{self, Reply};
use super::rule_text;
use crate::time::rfc3339;
use crate::vote::{InvalidField, Malformed, Refusal};
use election::Language;
use hyper::header::{ALLOW, CONNECTION, HeaderValue, RETRY_AFTER};
use serde::Serialize;
use std::time::Duration;

/// Content type of problems.
const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

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

    fn wait(&self) -> Option<Duration> {
        match self {
            Problem::Request(rejection) => rejection.wait(),
            Problem::Vote(refusal) => refusal.wait(),
        }
    }

    /// The answer, in the language asked for.
    pub(crate) fn reply(&self, language: Language) -> Reply {
        let status = self.problem_type().definition().status;
        let mut reply = reply::json(status, &self.body(language), PROBLEM_JSON, Some(language));
        let headers = reply.headers_mut();
        if let Some(wait) = self.wait() {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds_up(wait)));
        }
        if let Problem::Request(rejection) = self {
            if let Rejection::MethodNotAllowed { allow } = rejection {
                headers.insert(ALLOW, HeaderValue::from_static(allow));
            }
            if rejection.leaves_body_unread() {
                headers.insert(CONNECTION, HeaderValue::from_static("close"));
            }
        }
        reply
    }

    fn body(&self, language: Language) -> Body<'_> {
        let definition = self.problem_type().definition();
        let number = definition.status.as_u16();
        Body {
            r#type: Type(definition.slug),
            title: definition.title.in_language(language),
            detail: definition.detail.in_language(language),
            status: definition
                .vote_status
                .map_or(Status::Number(number), Status::Word),
            facts: match self {
                Problem::Request(_) => Facts::default(),
                Problem::Vote(refusal) => Facts::of(refusal, language),
            },
        }
    }
}

/// Whole seconds, rounded up, at least 1.
pub(crate) fn seconds_up(wait: Duration) -> u32 {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let seconds = u32::try_from(seconds)
        .expect("no wait is longer than what a quota takes to earn one use back, an hour at most");
    seconds.max(1)
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: Type,
    title: &'a str,
    detail: &'a str,
    status: Status,
    #[serde(flatten)]
    facts: Facts<'a>,
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
            Refusal::NotOpen { opens_ms } => facts.opens = Some(rfc3339(*opens_ms)),
            Refusal::Closed { closed_ms } => facts.closes = Some(rfc3339(*closed_ms)),
            Refusal::Duplicate { attempt_count } => facts.attempt_count = Some(*attempt_count),
            // The type says it all; waits stand in a header.
            Refusal::Malformed(Malformed::NotUtf8 | Malformed::Escape)
            | Refusal::NoSuchBallot(_)
            | Refusal::NotOnRoll
            | Refusal::OtherRegion
            | Refusal::CandidateNotStanding
            | Refusal::ClientOverQuota { .. }
            | Refusal::NasOverQuota { .. }
            | Refusal::Overloaded
            | Refusal::StorageFull
            | Refusal::OutcomeUnknown
            | Refusal::LedgerDisagrees => {}
        }
        facts
    }
}

struct Type(&'static str);

impl Serialize for Type {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("urn:scrutin:problem:{}", self.0))
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum Status {
    Number(u16),
    Word(&'static str),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vote::Rule;

    fn json(refusal: Refusal, language: Language) -> serde_json::Value {
        serde_json::to_value(Problem::from(refusal).body(language)).expect("plain data")
    }

    #[test]
    fn a_vote_carries_its_status_word() {
        let refusal = Refusal::Duplicate { attempt_count: 2 };
        let body = json(refusal.clone(), Language::English);
        assert_eq!(body["status"], "duplicate");
        assert_eq!(body["attempt_count"], 2);
        assert_eq!(body["type"], "urn:scrutin:problem:duplicate");
        assert_eq!(body["title"], "Already voted");
        assert_eq!(json(refusal, Language::French)["title"], "Déjà voté");
    }

    #[test]
    fn other_problems_carry_the_number() {
        let field = InvalidField {
            field: "nas".into(),
            rule: Rule::Nas,
        };
        let body = json(Refusal::InvalidFields(vec![field]), Language::English);
        assert_eq!(body["status"], 400);
        assert_eq!(body["errors"][0]["field"], "nas");
        assert_eq!(body["errors"][0]["code"], "nas-format");
        assert!(body.get("attempt_count").is_none());
    }

    #[test]
    fn retry_after_is_never_zero() {
        let cases = [
            (0, 1),
            (1, 1),
            (999, 1),
            (1_000, 1),
            (1_001, 2),
            (60_000, 60),
        ];
        for (wait_ms, expected) in cases {
            assert_eq!(seconds_up(Duration::from_millis(wait_ms)), expected);
        }
    }
}
