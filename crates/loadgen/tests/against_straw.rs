//! The real program against validators that keep or break one promise each: it must tell.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use support::{Manner, Record, start};

const VOTERS: u64 = 200;
const BALLOTS: u64 = 3;

/// A roll of distinct voters in two regions.
fn roll() -> String {
    let row = |n: u64| format!("{},CODE{n:04},{}\n", 100_000_000 + n, 1 + n % 2);
    (0..VOTERS)
        .map(row)
        .fold("NAS,Code,Region\n".to_owned(), |roll, row| roll + &row)
}

struct Ended {
    code: i32,
    summary: Value,
    truth: Option<Value>,
    /// Number of the vote, and outcome, of each attempt at one.
    history: Vec<(u64, String)>,
    stderr: String,
    record: Arc<Mutex<Record>>,
}

/// Runs loadgen with further arguments against a validator of that manner.
fn run(manner: Manner, args: &[&str]) -> Ended {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (address, record) = runtime.block_on(start(manner, &roll()));
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name);
    let (roll_path, truth, history) = (file("roll.csv"), file("truth.json"), file("history.csv"));
    std::fs::write(&roll_path, roll()).unwrap();
    // An argument of the test replaces the default of the same name.
    let defaults = [["--seed", "7"], ["--retry-for", "5s"]].into_iter();
    let defaults = defaults.filter(|[name, _]| !args.contains(name)).flatten();
    let output = Command::new(env!("CARGO_BIN_EXE_loadgen"))
        .args([
            "--url",
            &format!("http://{address}"),
            "--json",
            "--connections",
            "8",
        ])
        .args(defaults)
        .arg("--roll")
        .arg(&roll_path)
        .arg("--truth")
        .arg(&truth)
        .arg("--history")
        .arg(&history)
        .args(args)
        .output()
        .unwrap();
    let truth = std::fs::read(&truth).ok();
    let history = std::fs::read_to_string(&history).unwrap_or_default();
    Ended {
        code: output.status.code().unwrap(),
        summary: serde_json::from_slice(&output.stdout).unwrap_or(Value::Null),
        truth: truth.map(|bytes| serde_json::from_slice(&bytes).unwrap()),
        history: history.lines().skip(1).map(attempt).collect(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        record,
    }
}

/// A line of the history.
fn attempt(line: &str) -> (u64, String) {
    let fields: Vec<&str> = line.split(',').collect();
    let [vote, begun, ended, outcome] = fields[..] else {
        panic!("{line}")
    };
    let us = |text: &str| text.parse::<u64>().unwrap();
    assert!(us(begun) <= us(ended), "{line}");
    (us(vote), outcome.to_owned())
}

const MIX: [&str; 8] = [
    "--duplicates",
    "10%",
    "--invalid",
    "5%",
    "--malformed",
    "5%",
    "--slow",
    "2%",
];

/// Every vote is recorded once by the validator and in the truth file, whatever happened between.
fn check_sound(manner: Manner, args: &[&str]) -> Value {
    let ended = run(manner, &[&MIX, args].concat());
    let votes = VOTERS * BALLOTS;
    let (s, truth) = (&ended.summary, ended.truth.unwrap());
    assert_eq!(ended.code, 0, "{manner:?}: {s} {}", ended.stderr);
    let count = |name: &str| s[name].as_u64().unwrap();
    assert_eq!(
        count("accepted") + count("recovered"),
        votes,
        "{manner:?}: {s}"
    );
    assert_eq!(count("duplicates"), votes / 10, "{manner:?}: {s}");
    assert_eq!(
        (count("invalid"), count("malformed")),
        (votes / 20, votes / 20),
        "{manner:?}: {s}"
    );
    assert_eq!(
        truth["receipts"].as_array().unwrap().len() as u64,
        count("accepted")
    );
    for ballot in ["L1", "E1", "E2"] {
        let recorded = &truth["ballots"][ballot];
        assert_eq!(recorded["votes"], VOTERS, "{manner:?}, {ballot}");
        let counts = recorded["counts"].as_array().unwrap();
        assert_eq!(
            counts
                .iter()
                .map(|c| c["votes"].as_u64().unwrap())
                .sum::<u64>(),
            VOTERS
        );
    }
    assert_eq!(
        ended.record.lock().unwrap().votes.len() as u64,
        votes,
        "{manner:?}"
    );
    ended.summary
}

#[test]
fn an_honest_validator_is_believed() {
    let summary = check_sound(Manner::Honest, &[]);
    assert_eq!(
        (&summary["recovered"], &summary["retries"]),
        (&0.into(), &0.into()),
        "{summary}"
    );
}

#[test]
fn a_lost_answer_is_settled_by_the_retry() {
    let summary = check_sound(Manner::LosesAnswers, &[]);
    assert!(summary["recovered"].as_u64().unwrap() > 20, "{summary}");
}

#[test]
fn a_request_turned_away_is_sent_again() {
    let summary = check_sound(Manner::TurnsAway, &[]);
    assert!(summary["retries"].as_u64().unwrap() > 20, "{summary}");
    assert_eq!(summary["recovered"], 0, "503 records nothing: {summary}");
}

#[test]
fn an_unknown_outcome_is_settled_by_the_retry() {
    let summary = check_sound(Manner::DoesNotKnow, &[]);
    assert!(summary["recovered"].as_u64().unwrap() > 20, "{summary}");
}

/// Each vote counts once, however often it was sent at the same moment and whatever became of the answers.
#[test]
fn a_vote_that_raced_with_itself_is_recorded_once() {
    for (manner, recovered) in [
        (Manner::Honest, false),
        (Manner::TurnsAway, false),
        (Manner::LosesAnswers, true),
        (Manner::DoesNotKnow, true),
    ] {
        let summary = check_sound(manner, &["--races", "40%"]);
        let count = |name: &str| summary[name].as_u64().unwrap();
        let raced = count("raced");
        assert!((180..300).contains(&raced), "{manner:?}: {summary}"); // of 600
        assert_eq!(count("recovered") > 0, recovered, "{manner:?}: {summary}");
    }
}

/// The attempts at one vote overlap: who looks and records in two steps refuses a repeated vote, but not one of two
/// at the same moment.
#[test]
fn a_validator_that_looks_before_it_records_is_caught_by_a_race_alone() {
    let votes = |args: &[&str]| {
        let args = [&["--votes", "60", "--duplicates", "20%"][..], args].concat();
        run(Manner::LooksThenRecords, &args)
    };
    let alone = votes(&[]);
    assert_eq!(alone.code, 0, "{} {}", alone.summary, alone.stderr);
    let raced = votes(&["--races", "100%"]);
    let summary = &raced.summary;
    assert_eq!(raced.code, 1, "{summary}");
    assert_eq!(
        (&summary["raced"], &summary["wrong"]),
        (&60.into(), &60.into())
    );
    let notes = summary["notes"].to_string();
    assert!(notes.contains("times at the same moment was accepted"));
    // The vote counts once, with one receipt.
    assert_eq!(summary["accepted"], 60, "{summary}");
    let truth = raced.truth.unwrap();
    assert_eq!(truth["receipts"].as_array().unwrap().len(), 60);
    for vote in 0..60 {
        let accepted = (vote, "accepted".to_owned());
        let times = raced.history.iter().filter(|told| **told == accepted);
        assert!((2..=3).contains(&times.count()), "{:?}", raced.history);
    }
}

/// Two validators that share no ledger accept each vote that is sent to both.
#[test]
fn attempts_at_the_same_moment_go_to_different_validators() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (other, record) = runtime.block_on(start(Manner::Honest, &roll()));
    let url = format!("http://{other}");
    let ended = run(Manner::Honest, &["--url", &url, "--races", "100%"]);
    let votes = VOTERS * BALLOTS;
    assert_eq!(ended.summary["wrong"], votes, "{}", ended.summary);
    assert_eq!(record.lock().unwrap().votes.len() as u64, votes);
    assert_eq!(ended.record.lock().unwrap().votes.len() as u64, votes);
    let (two, three) = (2 * votes, 3 * votes);
    let sent = ended.history.len() as u64;
    assert!(two < sent && sent < three, "{sent} attempts");
}

/// Without a retry nobody knows whether such a vote is recorded; the truth file says which they are.
#[test]
fn votes_whose_answer_was_lost_for_good_are_left_open() {
    let ended = run(Manner::LosesAnswers, &["--retry-for", "0s"]);
    assert_eq!(ended.code, 1, "{}", ended.summary);
    let truth = ended.truth.unwrap();
    let sum = |rows: &Value| {
        let rows = rows.as_array().unwrap();
        rows.iter().map(|row| row["votes"].as_u64().unwrap()).sum()
    };
    let (mut told, mut open) = (0, 0);
    for ballot in ["L1", "E1", "E2"] {
        let ballot = &truth["ballots"][ballot];
        told += sum(&ballot["counts"]);
        let open_here: u64 = sum(&ballot["open"]);
        open += open_here;
    }
    assert!(open > 20, "{open}");
    let attempts = |outcome| {
        ended
            .history
            .iter()
            .filter(move |(_, told)| told == outcome)
    };
    let votes = |outcome| {
        attempts(outcome)
            .map(|(vote, _)| vote)
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(
        (
            votes("accepted").len() as u64,
            votes("unknown").len() as u64
        ),
        (told, open)
    );
    assert_eq!(attempts("accepted").count() as u64, told);
    assert_eq!(ended.summary["unanswered"], open);
    assert_eq!(told + open, VOTERS * BALLOTS);
    // This one records before it hangs up: what was told and what is open is the whole ledger.
    let recorded = ended.record.lock().unwrap().votes.len() as u64;
    assert_eq!(recorded, told + open);
}

#[test]
fn every_broken_promise_is_wrong() {
    for manner in [
        Manner::AcceptsDuplicates,
        Manner::AcceptsStrangers,
        Manner::AcceptsRubbish,
        Manner::RefusesVoters,
        Manner::ForgetsReceipts,
    ] {
        let ended = run(manner, &[&MIX[..], &["--retry-for", "0s"]].concat());
        assert_eq!(ended.code, 1, "{manner:?}: {}", ended.summary);
        assert!(
            ended.summary["wrong"].as_u64().unwrap() > 0,
            "{manner:?}: {}",
            ended.summary
        );
    }
}

#[test]
fn a_stall_shows_in_the_latency_of_everything_that_was_due() {
    // 600 ms at 250 requests/s: 150 of 600 votes were due while nothing was answered. A client that
    // waited for the server (closed loop) would have seen only its 8 connections late.
    let ended = run(Manner::Stalls, &["--rate", "250"]);
    let latency = &ended.summary["latency_ms"];
    assert!(latency["max"].as_f64().unwrap() > 500.0, "{latency}");
    assert!(latency["p90"].as_f64().unwrap() > 150.0, "{latency}");
    assert!(latency["p50"].as_f64().unwrap() < 100.0, "{latency}");
}

/// Slow requests included, which make their own connections.
#[test]
fn connections_come_from_the_addresses_asked_for() {
    let args = [&["--sources", "127.1.0.0/29", "--votes", "100"][..], &MIX].concat();
    let ended = run(Manner::Honest, &args);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let peers = &ended.record.lock().unwrap().peers;
    let expected: BTreeSet<IpAddr> = (1..=6).map(|n| [127, 1, 0, n].into()).collect();
    // The lists of ballots are asked for from the system's choice.
    let expected = expected.into_iter().chain([[127, 0, 0, 1].into()]);
    assert_eq!(*peers, expected.collect());
}

#[test]
fn a_signal_ends_the_run_with_its_account_whole() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (address, record) = runtime.block_on(start(Manner::Honest, &roll()));
    let dir = tempfile::tempdir().unwrap();
    let (roll_path, truth) = (dir.path().join("roll.csv"), dir.path().join("truth.json"));
    std::fs::write(&roll_path, roll()).unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_loadgen"))
        .args([
            "--url",
            &format!("http://{address}"),
            "--rate",
            "100",
            "--json",
            "--roll",
        ])
        .arg(&roll_path)
        .arg("--truth")
        .arg(&truth)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    while record.lock().unwrap().votes.len() < 50 {
        std::thread::sleep(Duration::from_millis(10));
    }
    let pid = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .unwrap()
            .success()
    );
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    let truth: Value = serde_json::from_slice(&std::fs::read(&truth).unwrap()).unwrap();
    let recorded = record.lock().unwrap().votes.len();
    assert!((50..400).contains(&recorded), "{recorded} of 600 votes");
    assert_eq!(summary["accepted"], recorded);
    assert_eq!(truth["receipts"].as_array().unwrap().len(), recorded);
}

#[test]
fn the_same_seed_sends_the_same_votes() {
    let counts = |args: &[&str]| run(Manner::Honest, args).truth.unwrap()["ballots"].clone();
    assert_eq!(counts(&["--votes", "300"]), counts(&["--votes", "300"]));
    assert_ne!(
        counts(&["--votes", "300"]),
        counts(&["--votes", "300", "--seed", "8"])
    );
}

#[test]
fn bad_input_is_named_before_anything_is_sent() {
    for (args, code, said) in [
        (&["--votes", "601"][..], 1, "the roll can cast 600"),
        (
            &["--ballots", "L9"],
            1,
            "ballot L9 is not open; open now: L1, E1, E2",
        ),
        (
            &["--roll", "/nonexistent"],
            2,
            "cannot be used multiple times",
        ),
        (&["--rate", "fast"], 2, "requests a second"),
        (&["--races", "101%"], 2, "more than all votes"),
        (&["--ramp", "5s"], 2, "--rate"),
    ] {
        let ended = run(Manner::Honest, args);
        assert_eq!(ended.code, code, "{args:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(said), "{args:?}: {}", ended.stderr);
        assert!(ended.truth.is_none() && ended.record.lock().unwrap().votes.is_empty());
    }
}

#[test]
fn more_connections_than_files_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("roll.csv");
    std::fs::write(&path, roll()).unwrap();
    let loadgen = env!("CARGO_BIN_EXE_loadgen");
    let url = "http://127.0.0.1:9";
    let script = format!(
        "ulimit -n 300; {loadgen} --url {url} --connections 300 --roll {}",
        path.display()
    );
    let output = Command::new("bash").args(["-c", &script]).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(
        stderr.contains("may open 300 files: lower --connections"),
        "{stderr}"
    );
}
