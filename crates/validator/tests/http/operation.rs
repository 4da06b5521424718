//! What operators see and do: metrics, the ledger stream, stopping, secrets that stay out of logs.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::fixture::{Fixture, Voter};
use crate::server::{Connection, Server, law_vote, post_text};

const LAW: &str = "L2025-001";

fn metric(text: &str, name: &str) -> Option<f64> {
    let line = text
        .lines()
        .find(|line| line.strip_prefix(name).is_some_and(|r| r.starts_with(' ')))?;
    line.rsplit(' ').next()?.parse().ok()
}

#[test]
fn metrics_count_what_happened() {
    let fixture = Fixture::new();
    let server = Server::start(&fixture, &[]);
    server.vote(Voter(60), LAW, "oui");
    server.vote(Voter(60), LAW, "oui");
    server.vote(Voter(5_000), LAW, "oui");
    server.post("/api/v1/vote", "{}");
    let answer = server.get_internal("/metrics");
    let text = String::from_utf8(answer.body).expect("text");
    for (name, expected) in [
        ("votes_submitted_total", 2.0),
        ("votes_validated_total{status=\"accepted\"}", 1.0),
        ("votes_validated_total{status=\"duplicate\"}", 1.0),
        ("votes_validated_total{status=\"invalid\"}", 1.0),
        ("duplicate_attempts_total", 1.0),
        ("requests_refused_total{reason=\"invalid-fields\"}", 1.0),
        ("requests_refused_total{reason=\"not-eligible\"}", 1.0),
        ("validation_latency_seconds_count", 2.0),
        ("api_request_duration_seconds_count", 4.0),
        ("ledger_queue_depth", 0.0),
        ("ledger_votes_total", 1.0),
        ("ledger_frame_submissions_sum", 2.0),
        ("ledger_disk_full", 0.0),
        ("ballot_voted{ballot=\"L2025-001\"}", 1.0),
        ("connections_accepted_total", 4.0),
        ("ballot_open{ballot=\"L2025-001\"}", 1.0),
        ("ready_obstacle{obstacle=\"storage-full\"}", 0.0),
    ] {
        assert_eq!(metric(&text, name), Some(expected), "{name} in\n{text}");
    }
    for name in [
        "ledger_frames_total",
        "ledger_fsync_seconds_count",
        // A last bucket of any other name gives no quantile: the alert of slow disks never fired by it.
        "ledger_fsync_seconds_bucket{le=\"+Inf\"}",
        "ledger_disk_free_bytes",
        "ballot_registered{ballot=\"L2025-001\"}",
    ] {
        assert!(
            metric(&text, name).is_some_and(|value| value >= 1.0),
            "{name} in\n{text}"
        );
    }
    assert!(text.contains("build_info{version="), "{text}");
    specimen::promtool_accepts(&text);
    specimen::metrics_are_documented("validator", &[], &text);
    assert_eq!(server.get("/metrics").status, 404, "voters see no metrics");
}

#[test]
fn the_ledger_streams_and_follows() {
    let fixture = Fixture::new();
    let server = Server::start(&fixture, &[]);
    assert_eq!(server.vote(Voter(61), LAW, "oui").status, 202);
    let mut stream = Connection::to(server.internal);
    stream.write("GET /ledger/0?after=0 HTTP/1.1\r\nHost: x\r\n\r\n");
    let first = stream.read_some().expect("the first frame");
    assert!(first.starts_with(b"HTTP/1.1 200"));
    let told = String::from_utf8_lossy(&first).contains("ledger-head: 1\r\n");
    assert!(told, "the stream tells where the ledger ends");
    assert_eq!(server.vote(Voter(62), LAW, "oui").status, 202);
    assert!(stream.read_some().is_some(), "the stream follows");
    for (path, status) in [
        ("/ledger/1", 404),
        ("/ledger/0?after=x", 400),
        ("/ledger/", 404),
        ("/elsewhere", 404),
    ] {
        assert_eq!(server.get_internal(path).status, status, "{path}");
    }
    assert_eq!(server.get_internal("/livez").status, 200);
    assert_eq!(server.get_internal("/readyz").status, 200);
}

#[test]
fn invariant_2_a_terminated_validator_finishes_what_it_took() {
    let fixture = Fixture::new();
    let mut server = Server::start(&fixture, &[]);
    let mut open = server.connect();
    let request = post_text("en", "/api/v1/vote", &law_vote(Voter(63), LAW, "oui"));
    let (head, tail) = request.split_at(request.len() - 10);
    open.write(head);
    std::thread::sleep(Duration::from_millis(200));
    server.terminate();
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(
        server.get_internal("/livez").status,
        200,
        "alive while it drains"
    );
    assert_eq!(
        server.get_internal("/readyz").status,
        503,
        "not ready while it drains"
    );
    server.wait_for_metric("ready_obstacle{obstacle=\"stopping\"} 1");
    open.write(tail);
    assert_eq!(open.read().expect("an answer").status, 202);
    assert_eq!(server.wait().code(), Some(0), "{}", server.log());
    let server = Server::start(&fixture, &[]);
    assert_eq!(server.vote(Voter(63), LAW, "oui").status, 409);
}

#[test]
fn a_full_queue_is_told_at_once() {
    let fixture = Fixture::new();
    let settings = [("VALIDATOR_LEDGER_QUEUE_MAX", "1")];
    let server = Server::start_with(&fixture.arguments("data"), &[], &settings);
    let server = &server;
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let voters: Vec<_> = (100..164)
            .map(|n| scope.spawn(move || server.vote(Voter(n), LAW, "oui")))
            .collect();
        let answers = voters
            .into_iter()
            .map(|voter| voter.join().expect("an answer"));
        answers
            .map(|answer| {
                if answer.status == 503 {
                    assert_eq!(answer.problem(), "overloaded");
                    assert!(answer.header("retry-after").is_some());
                }
                answer.status
            })
            .collect()
    });
    assert!(
        statuses.contains(&202) && statuses.iter().all(|s| [202, 503].contains(s)),
        "{statuses:?}"
    );
    for n in 100..164 {
        let status = server.vote(Voter(n), LAW, "oui").status;
        let expected = if statuses[n as usize - 100] == 202 {
            409
        } else {
            202
        };
        assert_eq!(
            status, expected,
            "a refused vote is not recorded, an accepted one is"
        );
    }
}

#[test]
fn invariant_4_no_secret_in_log_or_data() {
    let fixture = Fixture::new();
    let server = Server::start_with(
        &fixture.arguments("data"),
        &[],
        &[("VALIDATOR_PROCESS_LOG", "trace")],
    );
    for voter in (70..80).map(Voter) {
        assert_eq!(server.vote(voter, LAW, "oui").status, 202);
        assert_eq!(server.vote(voter, LAW, "non").status, 409);
        let wrong = law_vote(voter, "L2025-002", "oui").replace("QZK", "QZX");
        assert_eq!(server.post("/api/v1/vote", &wrong).status, 403);
        assert_eq!(
            server.post("/api/v1/vote", &wrong.replace('{', "[")).status,
            400
        );
    }
    let log = server.log();
    let metrics = String::from_utf8(server.get_internal("/metrics").body).expect("text");
    server.kill();
    let mut files = Vec::new();
    collect(&fixture.path("data"), &mut files);
    assert!(!files.is_empty());
    for voter in (70..80).map(Voter) {
        for secret in [voter.nas(), voter.code()] {
            let held = |bytes: &[u8]| bytes.windows(secret.len()).any(|w| w == secret.as_bytes());
            assert!(!held(log.as_bytes()) && !held(metrics.as_bytes()));
            assert!(!files.iter().any(|file| held(file)));
        }
    }
}

fn collect(dir: &Path, files: &mut Vec<Vec<u8>>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(fs::read(&path).unwrap());
        }
    }
}
