//! `docs/count_two_keys.py` shares no code with the programs. Of a ledger whose ballots are closed, and whose
//! frames hold votes of several regions, its releases are the bytes of `tally release` and its
//! totals those of `tally export`. The rehearsal's `two_keys.rs` tries it while ballots are open.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use support::program::{Names, stderr, stdout, tally};
use support::{END_MS, Fixture};

const VOTERS: u32 = 150;

/// Votes by ballot, region or `country`, and choice.
type Totals = BTreeMap<(String, String, String), u64>;

fn totals(rows: &Value, scope: &str) -> Totals {
    let rows = rows.as_array().expect("rows").iter();
    let row = |row: &Value| {
        let text = |name: &str| row[name].as_str().expect("text").to_owned();
        let scope = row[scope].to_string();
        let votes = row["votes"].as_u64().expect("a number");
        ((text("ballot_id"), scope, text("choice")), votes)
    };
    rows.map(row).collect()
}

/// One run of the script on a ledger, which must succeed.
fn run(python: &Path, names: &Names, command: [&str; 5]) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/count_two_keys.py");
    let [command, key, key_file, releases, dir] = command;
    let mut run = Command::new(python);
    run.arg(script).arg(command);
    run.args(["--ledger", &names.ledger, "--package", &names.package]);
    let output = run.args([key, key_file, releases, dir]).output();
    let output = output.expect("python runs");
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output)
}

/// A ledger of votes on every ballot, all of which are over.
fn closed() -> Fixture {
    let fixture = Fixture::with_a_withdrawal(VOTERS);
    let mut ballots = fixture.ballot_box("data");
    for nth in 0..VOTERS {
        for ballot in 0..support::BALLOTS {
            // Of four candidates of region 1 the last has withdrawn.
            let seeds = (1..).map(|seed| ballots.choice(ballot, nth, seed));
            let mut standing = seeds.filter(|choice| !names_withdrawn(choice));
            let choice = standing.next().expect("somebody stands");
            ballots.send(ballot, nth, choice);
        }
    }
    for _ in 0..VOTERS * u32::from(support::BALLOTS) {
        ballots.outcome();
    }
    ballots.set_time(END_MS);
    ballots.close();
    fixture
}

fn names_withdrawn(choice: &election::Choice) -> bool {
    match choice {
        election::Choice::Candidate(number) => *number == support::WITHDRAWN,
        election::Choice::Ranking(numbers) => numbers.contains(&support::WITHDRAWN),
        _ => false,
    }
}

#[test]
fn two_runs_of_python_recount_what_is_closed() {
    let Some(python) = specimen::python() else {
        return;
    };
    let fixture = closed();
    let names = Names::new(&fixture, "data");
    let export = tally(&names.args("export", &["--what", "results", "--format", "json"]));
    assert!(export.status.success(), "{}", stderr(&export));
    let exported: Value = serde_json::from_str(&stdout(&export)).expect("JSON");

    let dir: PathBuf = fixture.path("releases-of-python");
    let ours = dir.to_str().expect("UTF-8");
    run(
        &python,
        &names,
        ["release", "--key", &names.count_key, "--out", ours],
    );
    let file = |dir: &str| fs::read(Path::new(dir).join("p0000.releases")).expect("releases");
    assert!(file(ours) == file(&names.releases), "other bytes: {ours}");
    let told = run(
        &python,
        &names,
        ["count", "--key", &names.key, "--releases", ours],
    );
    let told: Value = serde_json::from_str(&told).expect("JSON");
    let mut recounted = totals(&told["released"], "scope");
    let country = recounted.extract_if(.., |(_, scope, _), _| scope == "\"country\"");
    let country: Totals = country.collect();
    assert_eq!(recounted, totals(&exported, "region_id"));
    let all: u64 = recounted.values().sum();
    assert_eq!(all, u64::from(VOTERS) * u64::from(support::BALLOTS));
    for ((ballot, scope, choice), votes) in country {
        let regions = recounted
            .iter()
            .filter(|((b, _, c), _)| *b == ballot && *c == choice);
        let sum: u64 = regions.map(|(_, votes)| votes).sum();
        assert_eq!(sum, votes, "{ballot} {scope} {choice}");
    }
}
