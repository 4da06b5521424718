//! The verifier, which is Python and shares no code with the programs, checks an election of theirs: with
//! each key, and against what tally counts. Its own tests run here too.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rehearsal::day;
use rehearsal::machines::Hand;
use rehearsal::prepare::{OFFICERS, Stage};
use rehearsal::steps::Steps;
use serde_json::Value;

/// The verifier on the files of a stage.
struct Verifier<'s> {
    python: PathBuf,
    stage: &'s Stage,
    results: PathBuf,
}

impl Verifier<'_> {
    fn output(&self, hand: Hand) -> Output {
        let machines = &self.stage.machines;
        let mut run = Command::new(&self.python);
        run.args(["-m", "verifier"]).current_dir(support::file(""));
        run.arg("--package").arg(machines.package());
        run.arg("--require").arg(OFFICERS.to_string());
        for officer in 1..=OFFICERS {
            run.arg("--trust").arg(machines.officer_public(officer));
        }
        run.arg("--ledger").arg(machines.ledger());
        run.arg("--releases").arg(machines.releases_again());
        run.arg(format!("--{hand}-key"))
            .arg(machines.hand_key(hand));
        run.arg("--results").arg(&self.results);
        run.output().unwrap()
    }

    /// What it tells of files that are in order.
    fn holds(&self, hand: Hand) -> String {
        let output = self.output(hand);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{told}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// It refuses, and names what is broken.
    fn refuses(&self, hand: Hand, what: &str) {
        let output = self.output(hand);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains(what), "{told}");
    }
}

/// Adds one vote to the first answer of the last release of a law, and takes it from the second.
fn with_a_vote_shifted(releases: &str) -> String {
    let mut lines: Vec<String> = releases.lines().map(|line| format!("{line}\n")).collect();
    let last = lines.iter_mut().rfind(|line| line.contains("\"sums\":["));
    let line = last.unwrap();
    let (head, sums) = line.split_once("\"sums\":[").unwrap();
    let sums = sums.trim_end().trim_end_matches("]}").split(',');
    let mut sums: Vec<u32> = sums.map(|sum| sum.parse().unwrap()).collect();
    sums[0] = sums[0].wrapping_add(1);
    sums[1] = sums[1].wrapping_sub(1);
    let sums: Vec<String> = sums.iter().map(u32::to_string).collect();
    *line = format!("{head}\"sums\":[{}]}}\n", sums.join(","));
    lines.concat()
}

async fn counted(stage: &Stage) -> String {
    let count = stage.reading("count").await.unwrap();
    count.arg("--json").run().await.unwrap()
}

#[tokio::test]
async fn invariant_1_the_verifier_comes_to_the_tallys_totals_with_each_key() {
    let Some(python) = specimen::python() else {
        return;
    };
    let (dir, stage) = support::stage();
    let stage = Stage {
        partitions: 2,
        ..stage
    };
    let day = day::run(&stage, 2_000, None, 1, &mut Steps::new()).await;
    assert!(day.unwrap().verdict.is_clean());
    let published = counted(&stage).await;
    let results = dir.path().join("results.json");
    fs::write(&results, &published).unwrap();
    let verifier = Verifier {
        python,
        stage: &stage,
        results,
    };
    let [by_count_hand, by_mask_hand] = [Hand::Count, Hand::Mask].map(|hand| verifier.holds(hand));
    let document: Value = serde_json::from_str(&published).unwrap();
    for ballot in document["ballots"].as_array().unwrap() {
        let id = ballot["ballot_id"].as_str().unwrap();
        let votes = format!(
            "{id}: {} votes of {}",
            ballot["votes"], ballot["registered"]
        );
        assert!(by_mask_hand.contains(&votes), "{votes}: {by_mask_hand}");
        let counts = format!("{id}: turnout and counts agree");
        assert!(by_mask_hand.contains(&counts), "{counts}: {by_mask_hand}");
        assert!(!by_count_hand.contains(&counts), "{by_count_hand}");
    }
    other_numbers_are_refused(&verifier, &published);
}

fn other_numbers_are_refused(verifier: &Verifier<'_>, published: &str) {
    for member in ["votes", "oui_count", "registered", "total_votes"] {
        let more = format!("\"{member}\": 9");
        let changed = published.replacen(&format!("\"{member}\": "), &more, 1);
        assert_ne!(changed, published, "{member}");
        fs::write(&verifier.results, changed).unwrap();
        verifier.refuses(Hand::Mask, "what was published is not what these files say");
    }
    fs::write(&verifier.results, published).unwrap();
    let file = verifier
        .stage
        .machines
        .releases_again()
        .join("p0000.releases");
    let whole = fs::read_to_string(&file).unwrap();
    fs::write(&file, with_a_vote_shifted(&whole)).unwrap();
    verifier.refuses(
        Hand::Count,
        "its sums or rankings are not those of its frames",
    );
    let lines = |most| whole.lines().take(most).map(|line| format!("{line}\n"));
    for (changed, what) in [
        (lines(9).collect(), "line 10: it is missing"),
        (
            whole.clone() + "{}\n",
            "releases what this ledger does not have",
        ),
        (
            whole.replacen("\"votes\":", "\"votes\":1", 1),
            "line 2: it is not the release",
        ),
    ] {
        fs::write(&file, changed).unwrap();
        verifier.refuses(Hand::Count, what);
        verifier.refuses(Hand::Mask, what);
    }
    fs::write(&file, whole).unwrap();
}

#[test]
fn the_verifiers_own_tests_pass() {
    let Some(python) = specimen::python() else {
        return;
    };
    let mut tests = Command::new(python);
    tests.args(["-m", "unittest", "verifier.tests.test_verifier"]);
    let output = tests.current_dir(support::file("")).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
}

/// Whoever reads it to believe it must be able to read all of it.
#[test]
fn the_verifier_stays_small_enough_to_be_read() {
    let lines = |path: &Path| fs::read_to_string(path).unwrap().lines().count();
    let files = fs::read_dir(support::file("verifier")).unwrap();
    let files = files.map(|file| file.unwrap().path());
    let python = files.filter(|path| path.extension().is_some_and(|ending| ending == "py"));
    let all: usize = python.map(|path| lines(&path)).sum();
    assert!(all < LINES_MAX, "{all} lines of Python");
}

/// Lines of all the verifier's modules, without its tests.
const LINES_MAX: usize = 1_000;
