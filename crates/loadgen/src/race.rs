//! Judges everything that was answered to one request. A vote may have been sent several times at the same moment:
//! then one attempt at most is accepted, and a duplicate is told only beside one that is, or may be, recorded.

use tokio::time::Instant;

use crate::judge::{Settled, Verdict, judge, left_open, turned_away};
use crate::plan::Slot;

/// What the answers to one request come to.
#[derive(Debug)]
pub(crate) struct Judged {
    /// The verdict on the request: of the attempt that says most.
    pub(crate) verdict: Verdict,
    /// What the answers to its other attempts contradict, in words without credentials.
    pub(crate) contradictions: Vec<String>,
    /// Whether it is a first vote that may be recorded although no answer says so.
    pub(crate) open: bool,
    /// When the answer came that the verdict is of.
    pub(crate) decided: Instant,
}

/// Judges a request of kind `slot` that was sent once in each of `lanes`, at the same moment; one lane at least.
pub(crate) fn judge_all(slot: Slot, lanes: &[Settled]) -> Judged {
    let may_be_recorded = lanes.iter().any(may_have_recorded);
    let judged = |lane: &Settled| judge(slot, lane.answer.as_ref(), may_be_recorded);
    let mut verdicts: Vec<(Verdict, &Settled)> =
        lanes.iter().map(|lane| (judged(lane), lane)).collect();
    verdicts.sort_by_key(|(verdict, lane)| (rank(verdict), lane.ended));
    let left_open = verdicts
        .iter()
        .any(|(verdict, lane)| left_open(slot, verdict, lane.answer.as_ref(), may_be_recorded));
    let mut verdicts = verdicts.into_iter();
    let (verdict, lane) = verdicts.next().expect("a request is sent once at least");
    let contradictions = contradictions(&verdict, verdicts.map(|(other, _)| other), lanes.len());
    let is_recorded = matches!(verdict, Verdict::Accepted(_) | Verdict::Recovered);
    Judged {
        verdict,
        contradictions,
        open: left_open && !is_recorded,
        decided: lane.ended,
    }
}

/// Whether a vote may be recorded by what was sent in this lane, as far as its answers tell; another lane may
/// then be told of a duplicate.
fn may_have_recorded(lane: &Settled) -> bool {
    let answered = lane
        .answer
        .as_ref()
        .is_some_and(|answer| match answer.status {
            202 => true,
            500.. => !turned_away(answer),
            _ => false,
        });
    answered || lane.may_be_recorded
}

/// How little a verdict says about the vote beside others on the same vote; 0 says most.
fn rank(verdict: &Verdict) -> u8 {
    match verdict {
        Verdict::Accepted(_) => 0,
        Verdict::Recovered => 1,
        Verdict::Wrong(_) => 2,
        Verdict::UnexpectedDuplicate => 3,
        Verdict::Unanswered => 4,
        _ => 5,
    }
}

/// What the verdicts on the `others` of `times` attempts contradict, beside the one that counts.
fn contradictions(
    counted: &Verdict,
    others: impl Iterator<Item = Verdict>,
    times: usize,
) -> Vec<String> {
    let mut accepted = usize::from(matches!(counted, Verdict::Accepted(_)));
    let mut found = Vec::new();
    for other in others {
        match other {
            Verdict::Accepted(_) => accepted += 1,
            Verdict::Wrong(note) => found.push(note),
            _ => {}
        }
    }
    if accepted > 1 {
        found.push(format!(
            "a vote that was sent {times} times at the same moment was accepted {accepted} times"
        ));
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::connection::Answer;

    const TWO: &str = r#"{"status":"duplicate","attempt_count":2}"#;
    const ONE: &str = r#"{"status":"duplicate","attempt_count":1}"#;
    const RECEIPT: &str = r#"{"request_id":"0-1-X","status":"accepted"}"#;

    /// The end of one lane: status (0 = no answer), body, and whether an attempt of it was unknown.
    type Lane = (u16, &'static str, bool);
    const ACCEPTED: Lane = (202, RECEIPT, false);
    const DUPLICATE: Lane = (409, TWO, false);
    const SHED: Lane = (503, "{}", false);
    const NOT_KNOWN: Lane = (504, "{}", true);
    const SILENT: Lane = (0, "", true);

    fn judged(lanes: &[Lane]) -> Judged {
        let lane = |(status, body, may_be_recorded): &Lane| Settled {
            answer: (*status > 0).then(|| Answer {
                status: *status,
                retry_after: None,
                body: (*body).into(),
            }),
            may_be_recorded: *may_be_recorded,
            retries: 0,
            ended: Instant::now(),
        };
        let lanes: Vec<Settled> = lanes.iter().map(lane).collect();
        judge_all(Slot::Vote(0), &lanes)
    }

    /// One word for a verdict, in any order of the lanes, with the number of contradictions beside it.
    fn check(lanes: &[Lane], verdict: &str, contradictions: usize, open: bool) {
        let backwards: Vec<Lane> = lanes.iter().rev().copied().collect();
        for lanes in [lanes, &backwards] {
            let got = judged(lanes);
            let word = format!("{:?}", got.verdict);
            assert!(word.starts_with(verdict), "{lanes:?}: {got:?}");
            assert_eq!(got.contradictions.len(), contradictions, "{lanes:?}");
            assert_eq!(got.open, open, "{lanes:?}");
        }
    }

    #[test]
    fn answers_that_fit_each_other_count_once() {
        check(&[ACCEPTED, DUPLICATE, DUPLICATE], "Accepted", 0, false);
        check(&[ACCEPTED, SHED], "Accepted", 0, false);
        check(&[ACCEPTED, NOT_KNOWN, SILENT], "Accepted", 0, false);
        check(&[SILENT, DUPLICATE], "Recovered", 0, false);
        check(&[NOT_KNOWN, DUPLICATE, SHED], "Recovered", 0, false);
        // One lane alone: its first attempt was unknown.
        check(&[(409, TWO, true), DUPLICATE], "Recovered", 0, false);
        check(&[SHED, SHED], "Shed", 0, false);
        check(&[SHED, SILENT], "Unanswered", 0, true);
    }

    #[test]
    fn answers_that_contradict_each_other_are_wrong() {
        check(&[ACCEPTED, ACCEPTED], "Accepted", 1, false);
        check(&[ACCEPTED, ACCEPTED, DUPLICATE], "Accepted", 1, false);
        check(&[DUPLICATE, DUPLICATE], "UnexpectedDuplicate", 0, false);
        check(&[DUPLICATE, SHED], "UnexpectedDuplicate", 0, false);
        check(&[ACCEPTED, (409, ONE, false)], "Accepted", 1, false);
        check(&[ACCEPTED, (403, "{}", false)], "Accepted", 1, false);
        // Recorded by an answer that is wrong itself.
        check(&[(500, "{}", false), DUPLICATE], "Recovered", 1, false);
        check(&[(202, "{}", false), DUPLICATE], "Recovered", 1, false);
        check(&[(500, "{}", false), SHED], "Wrong", 0, true);
        check(&[(403, "{}", false), SILENT], "Wrong", 0, true);
        check(&[(403, "{}", false), SHED], "Wrong", 0, false);
    }

    #[test]
    fn the_latency_is_that_of_the_first_answer_that_counts() {
        let (early, late) = (
            Instant::now(),
            Instant::now() + std::time::Duration::from_secs(9),
        );
        let lane = |status, body: &'static str, ended| Settled {
            answer: Some(Answer {
                status,
                retry_after: None,
                body: body.into(),
            }),
            may_be_recorded: true,
            retries: 0,
            ended,
        };
        for (first, second, expected) in [
            ((202, late), (409, early), late),
            ((409, late), (409, early), early),
        ] {
            let of = |(status, ended)| {
                let body = if status == 202 { RECEIPT } else { TWO };
                lane(status, body, ended)
            };
            let got = judge_all(Slot::Vote(0), &[of(first), of(second)]);
            assert_eq!(got.decided, expected, "{got:?}");
        }
    }

    proptest! {
        /// Whatever order a true register takes the attempts in, and whichever answers are lost, nothing is wrong.
        #[test]
        fn a_true_register_is_never_contradicted(lanes in prop::collection::vec(0u8..4, 1..5)) {
            let mut is_written = false;
            let told: Vec<Lane> = lanes
                .into_iter()
                .map(|how| match how {
                    0 => SHED,
                    1 => SILENT, // lost on the way there
                    2 => {
                        is_written = true;
                        NOT_KNOWN
                    }
                    _ if std::mem::replace(&mut is_written, true) => DUPLICATE,
                    _ => ACCEPTED,
                })
                .collect();
            let got = judged(&told);
            let is_wrong = matches!(got.verdict, Verdict::Wrong(_) | Verdict::UnexpectedDuplicate);
            prop_assert!(!is_wrong && got.contradictions.is_empty(), "{:?}: {:?}", told, got);
            let is_told = told.iter().any(|(status, ..)| matches!(status, 202 | 409));
            let is_recorded = matches!(got.verdict, Verdict::Accepted(_) | Verdict::Recovered);
            prop_assert_eq!(is_told, is_recorded);
            prop_assert!(is_recorded || got.open || !is_written);
        }
    }
}
