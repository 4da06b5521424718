//! Problems as `application/problem+json` (RFC 9457): the one writer of both servers.

use std::time::Duration;

use election::Language;
use hyper::header::{
    CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_TYPE, HeaderValue, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Response, StatusCode};
use serde::Serialize;

/// What a request is told that is not answered as it asks.
#[derive(Debug, Clone, Copy)]
pub struct ProblemDocument<'a> {
    /// The status of the answer (RFC 9110, section 15).
    pub status: StatusCode,
    /// The last part of the problem's type, `urn:scrutin:problem:<name>`. It never changes.
    pub name: &'a str,
    /// The word that stands in the member `status` instead of the number. A vote's contract has such
    /// words (`duplicate`, ...); a reader of problems ignores a member of another type (section 3.1).
    pub status_word: Option<&'a str>,
    /// What happened, in a few words.
    pub title: &'a str,
    /// What to do about it, in a sentence or two.
    pub detail: &'a str,
    /// The language of title and detail.
    pub language: Language,
}

impl ProblemDocument<'_> {
    /// The answer, which caches must not keep. `members` are further members of the JSON object: a
    /// structure or a map, `()` where there are none.
    pub fn response<B: From<Vec<u8>>>(&self, members: impl Serialize) -> Response<B> {
        let number = self.status.as_u16();
        let body = Body {
            r#type: Type(self.name),
            title: self.title,
            detail: self.detail,
            status: self
                .status_word
                .map_or(Status::Number(number), Status::Word),
            members,
        };
        let body = serde_json::to_vec(&body)
            .expect("problems are plain values with text as keys, and are written to memory");
        let mut response = Response::new(B::from(body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.reserve(5);
        let text = HeaderValue::from_static;
        headers.insert(CONTENT_TYPE, text("application/problem+json"));
        headers.insert(CONTENT_LANGUAGE, text(self.language.tag()));
        headers.insert(CACHE_CONTROL, text("no-store"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, text("nosniff"));
        response
    }
}

/// Whole seconds for `Retry-After`, rounded up and at least 1: who comes too early is turned away again.
///
/// # Panics
///
/// Where the wait is longer than 136 years: no quota takes that long to earn one use back.
#[must_use]
pub fn retry_after_seconds(wait: Duration) -> u32 {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    u32::try_from(seconds)
        .expect("no wait is longer than what a quota takes to earn one use back, an hour at most")
        .max(1)
}

#[derive(Serialize)]
struct Body<'a, M> {
    r#type: Type<'a>,
    title: &'a str,
    detail: &'a str,
    status: Status<'a>,
    #[serde(flatten)]
    members: M,
}

struct Type<'a>(&'a str);

impl Serialize for Type<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("urn:scrutin:problem:{}", self.0))
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum Status<'a> {
    Number(u16),
    Word(&'a str),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Members {
        attempt_count: u32,
    }

    fn document(status_word: Option<&'static str>) -> ProblemDocument<'static> {
        ProblemDocument {
            status: StatusCode::CONFLICT,
            name: "duplicate",
            status_word,
            title: "Déjà voté",
            detail: "Votre vote compte.",
            language: Language::French,
        }
    }

    #[test]
    fn members_stand_beside_the_four_of_the_standard() {
        let members = Members { attempt_count: 2 };
        let cases = [
            (document(None).response::<Vec<u8>>(()), "409}"),
            (
                document(Some("duplicate")).response(&members),
                "\"duplicate\",\"attempt_count\":2}",
            ),
        ];
        for (response, end) in cases {
            assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
            assert_eq!(response.headers()[CONTENT_LANGUAGE], "fr");
            assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
            let body = String::from_utf8(response.into_body()).expect("JSON is text");
            let expected = format!(
                "{{\"type\":\"urn:scrutin:problem:duplicate\",\"title\":\"Déjà voté\",\
                 \"detail\":\"Votre vote compte.\",\"status\":{end}"
            );
            assert_eq!(body, expected);
        }
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
            assert_eq!(
                retry_after_seconds(Duration::from_millis(wait_ms)),
                expected
            );
        }
    }
}
