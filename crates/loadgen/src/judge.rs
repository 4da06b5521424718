//! Compares each answer with its request: the one place that decides what is right and what is wrong.

use serde::Deserialize;
use tokio::time::Instant;

use crate::connection::Answer;
use crate::plan::Slot;

/// How the attempts of one request ended.
#[derive(Debug)]
pub(crate) struct Settled {
    /// The answer; none where no attempt was answered.
    pub(crate) answer: Option<Answer>,
    /// Whether the vote may be recorded although no answer says so: an attempt was sent and not
    /// answered, or answered that the outcome is unknown. For a slow request: the server was not
    /// reached.
    pub(crate) may_be_recorded: bool,
    /// Attempts after the first.
    pub(crate) retries: u64,
    /// When it was answered, or given up.
    pub(crate) ended: Instant,
}

/// The verdict on one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// A first vote, recorded, with its receipt.
    Accepted(String),
    /// A first vote that was recorded by an attempt whose answer was lost; the retry was answered 409.
    Recovered,
    /// A repeated vote that was refused as repeated.
    Duplicate,
    /// An unknown credential that was refused as unknown.
    Invalid,
    /// A malformed request that was refused as malformed.
    Malformed,
    /// A slow body that was cut off or refused.
    Slow,
    /// Turned away (408, 429, 503) at every attempt until the retries were over; not recorded.
    Shed,
    /// The retries ended without an answer that says whether the vote is recorded.
    Unanswered,
    /// A first vote that the server says was cast before.
    UnexpectedDuplicate,
    /// An answer that contradicts what was sent.
    Wrong(String),
}

/// Whether the server turned the request away and it may be sent again.
pub(crate) fn turned_away(answer: &Answer) -> bool {
    matches!(answer.status, 408 | 429 | 503) || outcome_unknown(answer)
}

/// Whether the answer leaves open if the vote is recorded: the ledger did not answer in time, or no answer came
/// to a proxy. 503 says that nothing is recorded.
pub(crate) fn outcome_unknown(answer: &Answer) -> bool {
    matches!(answer.status, 502 | 504)
}

/// Judges the answer to a request of kind `slot`; `may_be_recorded` as in [`Settled`].
pub(crate) fn judge(slot: Slot, answer: Option<&Answer>, may_be_recorded: bool) -> Verdict {
    let Some(answer) = answer else {
        return match slot {
            Slot::Slow(_) if !may_be_recorded => Verdict::Slow,
            _ => Verdict::Unanswered,
        };
    };
    let wrong = |what: &str| Verdict::Wrong(format!("{what} answered {}", answer.status));
    match (slot, answer.status) {
        (Slot::Vote(_), 202) => accepted(answer),
        (Slot::Vote(_), 409) if may_be_recorded => counted(answer, Verdict::Recovered),
        (Slot::Vote(_), 409) => Verdict::UnexpectedDuplicate,
        (Slot::Duplicate(_), 409) => counted(answer, Verdict::Duplicate),
        (Slot::Invalid(_), 403) if has_status(answer, "invalid") => Verdict::Invalid,
        (Slot::Malformed(_), 400) => Verdict::Malformed,
        (Slot::Slow(_), 400 | 403 | 408) => Verdict::Slow,
        // An attempt before may have been recorded, or this one.
        _ if outcome_unknown(answer) => Verdict::Unanswered,
        _ if turned_away(answer) && may_be_recorded => Verdict::Unanswered,
        _ if turned_away(answer) => Verdict::Shed,
        (Slot::Vote(_), _) => wrong("a first vote was"),
        (Slot::Duplicate(_), _) => wrong("a repeated vote was"),
        (Slot::Invalid(_), _) => wrong("an unknown credential was"),
        (Slot::Malformed(_), _) => wrong("a malformed request was"),
        (Slot::Slow(_), _) => wrong("a slow request of an unknown credential was"),
    }
}

/// Whether a first vote may be recorded although its verdict does not say so.
pub(crate) fn left_open(
    slot: Slot,
    verdict: &Verdict,
    answer: Option<&Answer>,
    may_be_recorded: bool,
) -> bool {
    let status = answer.map_or(0, |answer| answer.status);
    match (slot, verdict) {
        (Slot::Vote(_), Verdict::Unanswered) => may_be_recorded,
        // An answer that cannot be read, a fault of the server or of a proxy, or a refusal of a retry
        // whose first attempt was taken.
        (Slot::Vote(_), Verdict::Wrong(_)) => {
            may_be_recorded || matches!(status, 202 | 409 | 500..)
        }
        _ => false,
    }
}

/// The members of an answer that are checked; `status` is a word in an answer to a vote and a number in
/// an error.
#[derive(Deserialize)]
struct Said {
    request_id: Option<String>,
    status: Option<serde_json::Value>,
    attempt_count: Option<u64>,
}

fn said(answer: &Answer) -> Option<Said> {
    serde_json::from_slice(&answer.body).ok()
}

fn has_status(answer: &Answer, word: &str) -> bool {
    said(answer)
        .and_then(|said| said.status)
        .is_some_and(|status| status == word)
}

fn accepted(answer: &Answer) -> Verdict {
    match said(answer) {
        Some(Said {
            request_id: Some(receipt),
            status: Some(status),
            ..
        }) if status == "accepted" && !receipt.is_empty() => Verdict::Accepted(receipt),
        _ => Verdict::Wrong("202 came without request_id and status accepted".into()),
    }
}

/// A 409 must count at least two submissions: the recorded one and this one.
fn counted(answer: &Answer, verdict: Verdict) -> Verdict {
    match said(answer).and_then(|said| said.attempt_count) {
        Some(2..) => verdict,
        Some(count) => Verdict::Wrong(format!("409 counted {count} attempts, expected 2 or more")),
        None => Verdict::Wrong("409 came without attempt_count".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(slot: Slot, status: u16, body: &'static str, may_be_recorded: bool) -> Verdict {
        let answer = Answer {
            status,
            retry_after: None,
            body: body.into(),
        };
        judge(slot, Some(&answer), may_be_recorded)
    }

    const TWO: &str = r#"{"status":"duplicate","attempt_count":2}"#;
    const RECEIPT: &str = r#"{"request_id":"0-1-X","status":"accepted","message":"m"}"#;

    #[test]
    fn right_answers_are_told_apart() {
        let accepted = Verdict::Accepted("0-1-X".into());
        assert_eq!(check(Slot::Vote(0), 202, RECEIPT, false), accepted);
        assert_eq!(check(Slot::Vote(0), 409, TWO, true), Verdict::Recovered);
        assert_eq!(
            check(Slot::Duplicate(0), 409, TWO, false),
            Verdict::Duplicate
        );
        assert_eq!(
            check(Slot::Invalid(0), 403, r#"{"status":"invalid"}"#, false),
            Verdict::Invalid
        );
        assert_eq!(
            check(Slot::Malformed(0), 400, "{}", false),
            Verdict::Malformed
        );
        assert_eq!(check(Slot::Slow(0), 408, "{}", false), Verdict::Slow);
        assert_eq!(check(Slot::Vote(0), 503, "{}", false), Verdict::Shed);
    }

    #[test]
    fn contradictions_are_wrong() {
        assert_eq!(
            check(Slot::Vote(0), 409, TWO, false),
            Verdict::UnexpectedDuplicate
        );
        for (slot, status, body) in [
            (Slot::Vote(0), 403, "{}"),
            (Slot::Vote(0), 500, "{}"),
            (Slot::Vote(0), 202, "{}"),
            (
                Slot::Vote(0),
                202,
                r#"{"request_id":"","status":"accepted"}"#,
            ),
            (
                Slot::Vote(0),
                202,
                r#"{"request_id":"0-1-X","status":"duplicate"}"#,
            ),
            (Slot::Duplicate(0), 202, RECEIPT),
            (Slot::Duplicate(0), 409, r#"{"attempt_count":1}"#),
            (Slot::Duplicate(0), 409, "not json"),
            (Slot::Invalid(0), 202, RECEIPT),
            (Slot::Invalid(0), 409, TWO),
            (Slot::Invalid(0), 403, r#"{"status":"closed"}"#),
            (Slot::Malformed(0), 202, RECEIPT),
            (Slot::Malformed(0), 500, "{}"),
            (Slot::Slow(0), 202, RECEIPT),
        ] {
            let verdict = check(slot, status, body, false);
            assert!(
                matches!(verdict, Verdict::Wrong(_)),
                "{slot:?} {status} {body}: {verdict:?}"
            );
        }
    }

    #[test]
    fn a_server_that_does_not_know_leaves_a_vote_open() {
        for status in [502, 504] {
            let verdict = check(Slot::Vote(0), status, "{}", false);
            assert_eq!(verdict, Verdict::Unanswered, "{status}");
        }
    }

    /// Of a first vote, answered so after silence or not.
    fn open(status: Option<u16>, body: &'static str, may_be_recorded: bool) -> bool {
        let answer = status.map(|status| Answer {
            status,
            retry_after: None,
            body: body.into(),
        });
        let slot = Slot::Vote(0);
        let verdict = judge(slot, answer.as_ref(), may_be_recorded);
        left_open(slot, &verdict, answer.as_ref(), may_be_recorded)
    }

    #[test]
    fn a_vote_is_open_where_it_may_be_recorded_and_no_answer_tells() {
        let closed = r#"{"status":"closed"}"#;
        for (status, body, silence, expected) in [
            (None, "", true, true),
            (None, "", false, false), // never sent
            (Some(403), closed, true, true),
            (Some(403), closed, false, false),
            (Some(503), "{}", true, true),
            (Some(503), "{}", false, false), // nothing recorded, it says
            (Some(500), "a fault", false, true),
            (Some(202), "{}", false, true), // without its receipt
            (Some(409), r#"{"attempt_count":1}"#, true, true),
            (Some(202), RECEIPT, true, false),
            (Some(409), TWO, true, false),
        ] {
            let got = open(status, body, silence);
            assert_eq!(got, expected, "{status:?} {body} {silence}");
        }
    }

    #[test]
    fn a_vote_turned_away_after_silence_stays_open() {
        for status in [408, 429, 503] {
            let verdict = check(Slot::Vote(0), status, "{}", true);
            assert_eq!(verdict, Verdict::Unanswered, "{status}");
        }
    }

    #[test]
    fn silence_leaves_a_vote_open() {
        assert_eq!(judge(Slot::Vote(0), None, true), Verdict::Unanswered);
        // A slow request that never reached the server was not cut off by it.
        assert_eq!(judge(Slot::Slow(0), None, true), Verdict::Unanswered);
        assert_eq!(judge(Slot::Slow(0), None, false), Verdict::Slow);
    }
}
