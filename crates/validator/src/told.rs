//! Every refusal and rejection as it is told: by the interface, on a page, in the metrics. In tests
//! only: the tables stand beside those who tell.

use std::fmt::Write;

use election::Language;
use http_body_util::BodyExt;
use pages::voter::{CredentialFault, End, TriesLeft};

use crate::fuzzing::Validator;
use crate::fuzzing::fixture::Fixture;
use crate::http::problem::Problem;
use crate::http::problem_type::ProblemType;
use crate::http::{rejection, reply::Reply};
use crate::metrics::Metrics;
use crate::site::{NotCast, end_of, not_cast};
use crate::vote;

/// What a voter sees on a page, and what the metrics count the vote as.
type Told = (NotCast, Option<&'static str>);

/// In the order of [`vote::one_of_each`].
fn told() -> Vec<Told> {
    let retry_after_s = 7;
    let end = |end, counted| (NotCast::End(end), counted);
    let unknown = NotCast::Again {
        fault: CredentialFault::NotRecognised,
        tries_left: Some(TriesLeft {
            count: 3,
            pause_s: 7,
        }),
    };
    let (duplicate, invalid) = (Some("duplicate"), Some("invalid"));
    vec![
        end(End::Broken, None),
        end(End::Broken, None),
        end(End::Broken, None),
        end(End::Broken, None),
        end(End::Broken, None),
        end(End::Broken, None),
        (unknown, invalid),
        (NotCast::OwnBallot { region: 4 }, invalid),
        end(End::Broken, invalid),
        end(End::Broken, invalid),
        end(End::NotOpen { opens_ms: 1_000 }, invalid),
        end(End::Closed { closed_ms: 2_000 }, invalid),
        end(End::Duplicate { attempt_count: 2 }, duplicate),
        end(End::TooManyRepeats { retry_after_s }, duplicate),
        end(End::TooManyTries { retry_after_s }, None),
        end(End::Busy { retry_after_s: 1 }, None),
        end(End::Busy { retry_after_s: 10 }, None),
        end(End::Busy { retry_after_s: 10 }, None),
        end(End::Busy { retry_after_s: 10 }, None),
        end(End::Busy { retry_after_s: 2 }, None),
        end(End::Unsure { retry_after_s: 1 }, None),
        end(End::Unsure { retry_after_s: 5 }, None),
    ]
}

/// What a voter sees on a page, in the order of [`rejection::one_of_each`].
fn told_of_requests() -> Vec<End> {
    let mut ends = vec![End::Broken; rejection::one_of_each().len()];
    let busy_s = |retry_after_s| End::Busy { retry_after_s };
    ends[3] = End::TooManyRequests { retry_after_s: 7 };
    ends[14] = End::FromOtherSite;
    ends[16] = busy_s(7);
    ends[17] = busy_s(5);
    ends[18] = busy_s(5);
    ends[19] = End::Failed { retry_after_s: 5 };
    ends
}

/// Status, headers of its own and body of an answer.
fn text(reply: Reply) -> String {
    let (head, body) = reply.into_parts();
    let mut text = format!("HTTP {}\n", head.status.as_u16());
    for name in ["content-language", "retry-after", "allow"] {
        if let Some(value) = head.headers.get(name) {
            writeln!(text, "{name}: {}", value.to_str().expect("ASCII")).expect("a string");
        }
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let body = runtime.expect("a runtime").block_on(body.collect());
    let body = body.expect("a body in memory").to_bytes();
    text + std::str::from_utf8(&body).expect("UTF-8") + "\n"
}

/// `tests/problems.txt` holds every problem in both languages, byte for byte: what is in it is the
/// contract with whoever calls.
#[test]
fn every_problem_is_told_by_the_interface_as_it_always_was() {
    let refusals = vote::one_of_each().into_iter().map(Problem::from);
    let rejections = rejection::one_of_each().into_iter().map(Problem::from);
    let problems: Vec<Problem> = refusals.chain(rejections).collect();
    let languages = [Language::French, Language::English];
    let told: Vec<String> = problems
        .iter()
        .flat_map(|problem| languages.map(|language| text(problem.reply(language))))
        .collect();
    assert_eq!(told.join("\n"), include_str!("../tests/problems.txt"));
    for problem_type in ProblemType::ALL {
        assert!(
            problems
                .iter()
                .any(|problem| problem.problem_type() == problem_type),
            "nothing is told as {problem_type:?}"
        );
    }
}

/// The value of a counter, 0 where it is not there.
fn count(metrics: &Metrics, name: &str) -> u64 {
    let text = metrics.text(None);
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.map_or(0, |value| value.trim().parse().expect("a count"))
}

#[test]
fn every_refusal_has_its_page_and_its_counters() {
    let fixture = Fixture::new();
    let validator = Validator::start(&fixture.arguments("data")).expect("a sound fixture");
    let metrics = &validator.app.metrics;
    let refusals = vote::one_of_each();
    let told = told();
    assert_eq!(refusals.len(), told.len(), "a row for each refusal");
    let nowhere = vote::Refusal::OtherRegion { own: None };
    assert_eq!(not_cast(&nowhere), NotCast::End(End::NotInRegion));
    for (refusal, (page, counted)) in refusals.into_iter().zip(told) {
        assert_eq!(not_cast(&refusal), page, "{refusal:?}");
        let problem = Problem::from(refusal);
        let reason = problem.problem_type().definition().slug;
        let reason = format!("requests_refused_total{{reason=\"{reason}\"}}");
        let statuses = ["accepted", "duplicate", "invalid"];
        let validated = || {
            statuses.map(|status| {
                count(
                    metrics,
                    &format!("votes_validated_total{{status=\"{status}\"}}"),
                )
            })
        };
        let before = (
            count(metrics, &reason),
            validated(),
            count(metrics, "duplicate_attempts_total"),
        );
        metrics.note_problem(&problem);
        let mut expected = before;
        expected.0 += 1;
        for (at, status) in statuses.into_iter().enumerate() {
            expected.1[at] += u64::from(counted == Some(status));
        }
        expected.2 += u64::from(counted == Some("duplicate"));
        let after = (
            count(metrics, &reason),
            validated(),
            count(metrics, "duplicate_attempts_total"),
        );
        assert_eq!(after, expected, "{problem:?}");
    }
}

#[test]
fn every_rejection_has_its_page() {
    let rejections = rejection::one_of_each();
    for (rejection, end) in rejections.into_iter().zip(told_of_requests()) {
        assert_eq!(
            end_of(&Problem::from(rejection.clone())),
            end,
            "{rejection:?}"
        );
    }
}
