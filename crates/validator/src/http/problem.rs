//! Refusals as `application/problem+json` (RFC 9457).
//!
//! A refusal that answers a vote carries in `status` the word of the voting contract (`duplicate`,
//! `invalid`, ...) where RFC 9457 suggests the number; a reader of problems ignores a member of
//! another type (section 3.1), and the number stands in the status line.

use super::face::{self, Face};
use super::language::Language;
use super::reply::{self, Reply};
use crate::time::rfc3339;
use crate::vote::{Fault, Malformed, Name, Refusal, Rule};
use hyper::StatusCode;
use hyper::header::{ALLOW, CONNECTION, HeaderValue, RETRY_AFTER};
use serde::Serialize;
use std::time::Duration;

/// Content type of refusals.
const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// A refusal and what the client is told besides.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) face: &'static Face,
    pub(crate) extra: Extra,
}

/// What a refusal carries beyond its kind.
#[derive(Debug)]
pub(crate) enum Extra {
    None,
    /// Line and column, from 1, where JSON ends to be JSON.
    Position {
        line: usize,
        column: usize,
    },
    Fields(Vec<Fault>),
    /// Methods that the path takes.
    Allow(&'static str),
    RetryAfter(Duration),
    /// Milliseconds since 1970 UTC.
    Opens(i64),
    Closes(i64),
    Attempts(u32),
}

impl Problem {
    pub(crate) fn retry_after(face: &'static Face, wait: Duration) -> Problem {
        Problem {
            face,
            extra: Extra::RetryAfter(wait),
        }
    }

    pub(crate) fn allow(methods: &'static str) -> Problem {
        Problem {
            face: &face::METHOD_NOT_ALLOWED,
            extra: Extra::Allow(methods),
        }
    }

    /// One field at fault in a request that is malformed by itself, whatever the ballot.
    pub(crate) fn field(field: Name, rule: Rule) -> Problem {
        Problem::with_fault(&face::INVALID_FIELDS, field, rule)
    }

    /// One field that this ballot does not take as it is.
    pub(crate) fn choice(field: Name, rule: Rule) -> Problem {
        Problem::with_fault(&face::CHOICE_REFUSED, field, rule)
    }

    fn with_fault(face: &'static Face, field: Name, rule: Rule) -> Problem {
        let fault = Fault {
            field: field.as_str().into(),
            rule,
        };
        Problem {
            face,
            extra: Extra::Fields(vec![fault]),
        }
    }

    /// The answer, in the language asked for.
    pub(crate) fn reply(&self, language: Language) -> Reply {
        let mut reply = reply::json(
            self.face.status,
            &self.body(language),
            PROBLEM_JSON,
            Some(language),
        );
        let headers = reply.headers_mut();
        match &self.extra {
            Extra::Allow(methods) => {
                headers.insert(ALLOW, HeaderValue::from_static(methods));
            }
            Extra::RetryAfter(wait) => {
                headers.insert(RETRY_AFTER, HeaderValue::from(seconds_up(*wait)));
            }
            _ => {}
        }
        // The rest of a body that is not read would stand where the next request begins.
        if matches!(
            self.face.status,
            StatusCode::REQUEST_TIMEOUT | StatusCode::PAYLOAD_TOO_LARGE
        ) {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        reply
    }

    fn body(&self, language: Language) -> Body<'_> {
        let face = self.face;
        let mut body = Body {
            r#type: Type(face.slug),
            title: face.title.in_language(language),
            detail: face.detail.in_language(language),
            status: face
                .vote_status
                .map_or(Status::Number(face.status.as_u16()), Status::Word),
            ..Body::default()
        };
        match &self.extra {
            Extra::None | Extra::Allow(_) | Extra::RetryAfter(_) => {}
            Extra::Position { line, column } => {
                body.line = Some(*line);
                body.column = Some(*column);
            }
            Extra::Fields(faults) => {
                body.errors = faults
                    .iter()
                    .map(|fault| FieldError::new(fault, language))
                    .collect();
            }
            Extra::Opens(at_ms) => body.opens = Some(rfc3339(*at_ms)),
            Extra::Closes(at_ms) => body.closes = Some(rfc3339(*at_ms)),
            Extra::Attempts(count) => body.attempt_count = Some(*count),
        }
        body
    }
}

impl From<&'static Face> for Problem {
    fn from(face: &'static Face) -> Problem {
        Problem {
            face,
            extra: Extra::None,
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Problem {
        match refusal {
            Refusal::Fields(faults) => Problem {
                face: &face::INVALID_FIELDS,
                extra: Extra::Fields(faults),
            },
            Refusal::Malformed(Malformed::Syntax { line, column }) => Problem {
                face: &face::MALFORMED,
                extra: Extra::Position { line, column },
            },
            Refusal::Malformed(Malformed::NotUtf8 | Malformed::Escape) => {
                Problem::from(&face::MALFORMED)
            }
        }
    }
}

/// Whole seconds, rounded up, at least 1.
fn seconds_up(wait: Duration) -> u64 {
    wait.as_secs()
        .saturating_add(u64::from(wait.subsec_nanos() > 0))
        .max(1)
}

#[derive(Default, Serialize)]
struct Body<'a> {
    r#type: Type,
    title: &'a str,
    detail: &'a str,
    status: Status,
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

#[derive(Default)]
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

impl Default for Status {
    fn default() -> Status {
        Status::Number(0)
    }
}

#[derive(Serialize)]
struct FieldError<'a> {
    field: &'a str,
    code: &'static str,
    detail: &'static str,
}

impl<'a> FieldError<'a> {
    fn new(fault: &'a Fault, language: Language) -> FieldError<'a> {
        FieldError {
            field: &fault.field,
            code: fault.rule.code(),
            detail: fault.rule.words().in_language(language),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(problem: &Problem, language: Language) -> serde_json::Value {
        serde_json::to_value(problem.body(language)).expect("plain data")
    }

    #[test]
    fn a_vote_carries_its_status_word() {
        let problem = Problem {
            face: &face::DUPLICATE,
            extra: Extra::Attempts(2),
        };
        let body = json(&problem, Language::English);
        assert_eq!(body["status"], "duplicate");
        assert_eq!(body["attempt_count"], 2);
        assert_eq!(body["type"], "urn:scrutin:problem:duplicate");
        assert_eq!(body["title"], "Already voted");
        assert_eq!(json(&problem, Language::French)["title"], "Déjà voté");
    }

    #[test]
    fn other_problems_carry_the_number() {
        let body = json(&Problem::field(Name::Nas, Rule::Nas), Language::English);
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

    #[test]
    fn types_are_unique() {
        let mut slugs: Vec<_> = face::ALL.iter().map(|face| face.slug).collect();
        slugs.sort_unstable();
        slugs.dedup();
        assert_eq!(slugs.len(), face::ALL.len());
    }
}
