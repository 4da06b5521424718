//! What one key tells, and what it does not, of a ledger whose votes came one by one: two runs of
//! Python, one key each, count as the programs do; and the attacker who holds one key joins nobody with
//! a choice.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Instant;

use rehearsal::counts::Counts;
use rehearsal::definition::Definition;
use rehearsal::machines::Hand;
use rehearsal::prepare::Stage;
use rehearsal::services::Addresses;
use rehearsal::steps::Steps;
use rehearsal::voting::{Load, Voting};
use serde::Deserialize;
use serde_json::Value;

const VOTES: u32 = 1_600;
const RELEASE_MIN: u32 = 20;

/// What `docs/count_two_keys.py count` prints.
#[derive(Deserialize)]
struct Recount {
    votes: BTreeMap<String, u64>,
    released: Vec<Released>,
}

#[derive(Deserialize)]
struct Released {
    ballot_id: String,
    /// A region, or `country`.
    scope: Value,
    choice: String,
    votes: u64,
}

impl Recount {
    /// Of a law what was released for the whole country, as region 0.
    fn counts(&self) -> Counts {
        let row = |row: &Released| {
            let region = row.scope.as_u64().unwrap_or(0).try_into().unwrap();
            let key = (row.ballot_id.clone(), region, row.choice.parse().unwrap());
            (key, row.votes)
        };
        self.released.iter().map(row).collect()
    }
}

/// A ledger with every vote in a frame of its own, and the count hand's releases of it.
async fn voted_one_by_one() -> (tempfile::TempDir, Stage) {
    let event = Definition::example().unwrap();
    let (dir, stage) = support::stage_of(event.showing_at_least(RELEASE_MIN));
    stage.prepare(VOTES, 1, &mut Steps::new()).await.unwrap();
    let at = Addresses::free().unwrap();
    let validator = stage.start_validator(at).await.unwrap();
    let voting = Voting {
        load: Load::AsAnswered,
        votes: Some(u64::from(VOTES)),
        connections: 1,
        seed: 1,
    };
    let summary = stage.cast(at, voting).unwrap().finish().await.unwrap();
    assert_eq!(summary.acknowledged(), u64::from(VOTES));
    validator.stop().await.unwrap();
    (dir, stage)
}

/// One run of a script of docs/ on the stage's ledger and package.
fn run(interpreter: &Path, script: &str, stage: &Stage, more: &[&Path]) -> Output {
    let begun = Instant::now();
    let (script, command) = script.split_once(' ').unwrap_or((script, ""));
    let mut run = Command::new(interpreter);
    run.arg(support::file(&format!("docs/{script}.py")));
    run.args((!command.is_empty()).then_some(command));
    run.arg("--ledger").arg(stage.machines.ledger());
    run.arg("--package").arg(stage.machines.package());
    let output = run.args(more).output().unwrap();
    eprintln!("{script} {command}: {:.1?}", begun.elapsed());
    output
}

fn succeeded(output: &Output) -> &[u8] {
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    &output.stdout
}

fn releases(dir: &Path) -> Vec<u8> {
    fs::read(dir.join("p0000.releases")).unwrap()
}

fn keys(stage: &Stage) -> [PathBuf; 2] {
    [Hand::Count, Hand::Mask].map(|hand| stage.machines.hand_key(hand))
}

/// Both runs of Python on what the ledger holds now, with the releases of the programs and of Python.
struct TwoRuns<'a> {
    interpreter: &'a Path,
    stage: &'a Stage,
    releases: PathBuf,
}

impl<'a> TwoRuns<'a> {
    /// With releases of its own under `dir`.
    fn of(interpreter: &'a Path, stage: &'a Stage, dir: &Path) -> TwoRuns<'a> {
        TwoRuns {
            interpreter,
            stage,
            releases: dir.join("releases-of-python"),
        }
    }

    fn run(&self, command: &str, keys: &[&Path]) -> Output {
        let mut more: Vec<&Path> = Vec::new();
        keys.iter()
            .for_each(|key| more.extend([Path::new("--key"), key]));
        let releases = if command == "release" {
            "--out"
        } else {
            "--releases"
        };
        more.extend([Path::new(releases), &self.releases]);
        let script = format!("count_two_keys {command}");
        run(self.interpreter, &script, self.stage, &more)
    }

    /// What Python recounts; its releases are the very bytes of the programs.
    fn recount(&self) -> Recount {
        let [count_key, mask_key] = keys(self.stage);
        succeeded(&self.run("release", &[&count_key]));
        let theirs = releases(&self.stage.machines.releases_again());
        assert!(releases(&self.releases) == theirs, "other bytes");
        serde_json::from_slice(succeeded(&self.run("count", &[&mask_key]))).unwrap()
    }

    /// The status of a run that must fail, and what it tells.
    fn refused(&self, command: &str, keys: &[&Path]) -> (Option<i32>, String) {
        let output = self.run(command, keys);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), told)
    }
}

#[tokio::test]
async fn two_runs_of_python_with_one_key_each_count_as_the_programs_do() {
    let Some(interpreter) = specimen::python() else {
        return;
    };
    let (dir, stage) = voted_one_by_one().await;
    let (stage, runs) = (&stage, TwoRuns::of(&interpreter, &stage, dir.path()));
    let counted = stage.counted_from_files().await.unwrap();
    let open = runs.recount();
    assert_eq!(open.counts(), counted);
    let shown: u64 = counted.values().sum();
    assert!(shown > 0 && shown < u64::from(VOTES), "{shown} released");

    let count = stage.reading("count").await.unwrap().arg("--json");
    let count: Value = serde_json::from_str(&count.run().await.unwrap()).unwrap();
    for ballot in count["ballots"].as_array().unwrap() {
        let id = ballot["ballot_id"].as_str().unwrap();
        let votes = open.votes.get(id).copied().unwrap_or(0);
        assert_eq!(ballot["votes"], votes, "{id}");
    }
}

#[tokio::test]
async fn neither_run_of_python_takes_both_keys_or_the_wrong_one_or_a_changed_sum() {
    let Some(interpreter) = specimen::python() else {
        return;
    };
    let (dir, stage) = voted_one_by_one().await;
    let (stage, runs) = (&stage, TwoRuns::of(&interpreter, &stage, dir.path()));
    stage.counted_from_files().await.unwrap();
    runs.recount();
    let [count_key, mask_key] = &keys(stage);
    for (command, keys, code, told) in [
        (
            "release",
            &[&**count_key, mask_key][..],
            2,
            "no run takes the keys of both hands",
        ),
        (
            "count",
            &[&**mask_key, count_key],
            2,
            "no run takes the keys of both hands",
        ),
        (
            "release",
            &[&**mask_key],
            1,
            "is not the count key of this event",
        ),
        (
            "count",
            &[&**count_key],
            1,
            "is not the mask key of this event",
        ),
    ] {
        let (status, said) = runs.refused(command, keys);
        assert!(
            status == Some(code) && said.contains(told),
            "{command}: {said}"
        );
    }
    let file = runs.releases.join("p0000.releases");
    let whole = fs::read_to_string(&file).unwrap();
    let first_of = |from: &str, to: &str| whole.replacen(from, to, 1);
    for (changed, told) in [
        (first_of("\"sums\":[", "\"sums\":[1"), "line 2: "),
        (
            first_of("\"number\":2", "\"number\":3"),
            "line 3 is not the release",
        ),
        (
            first_of("\"event\":\"", "\"event\":\"X"),
            "of another event",
        ),
        (
            whole
                .lines()
                .take(9)
                .map(|line| format!("{line}\n"))
                .collect(),
            "line 10 is missing",
        ),
        (whole.clone() + "{}\n", "what this ledger does not have"),
    ] {
        fs::write(&file, changed).unwrap();
        let (status, said) = runs.refused("count", &[mask_key]);
        assert!(status == Some(1) && said.contains(told), "{told}: {said}");
    }
}

/// Every release covers `RELEASE_MIN` votes or more, and the choices are drawn by chance: none is
/// unanimous.
#[tokio::test]
async fn the_attacker_with_one_key_or_none_joins_nobody() {
    let Some(interpreter) = specimen::python() else {
        return;
    };
    let (_dir, stage) = voted_one_by_one().await;
    stage.counted_from_files().await.unwrap();
    let [count_key, mask_key] = keys(&stage);
    for (key, opens, opened) in [
        (None, &[][..], 0),
        (Some(count_key), &["count"], VOTES),
        (Some(mask_key), &["mask"], 0),
    ] {
        let again = stage.machines.releases_again();
        let mut more = vec![Path::new("--json"), Path::new("--releases"), &again];
        more.extend(key.iter().flat_map(|key| [Path::new("--key"), key]));
        let told = run(&interpreter, "attack_join", &stage, &more);
        let told: Value = serde_json::from_slice(succeeded(&told)).unwrap();
        let number = |name: &str| told[name].as_u64().unwrap();
        assert_eq!((number("format"), number("votes")), (2, u64::from(VOTES)));
        assert_eq!(told["key_opens"], serde_json::json!(opens));
        assert_eq!(
            (number("joined"), number("first_preferences")),
            (0, 0),
            "{told}"
        );
        let noticed = match opened {
            0 => serde_json::json!({}),
            frames => serde_json::json!({ "sealed choices opened": frames }),
        };
        assert_eq!(told["noticed"], noticed);
        let read = number("releases_read");
        let whole = if opens == ["mask"] { read } else { 0 };
        assert_eq!(number("releases_opened"), whole, "{told}");
        assert!(read > 50, "{told}");
    }
}

/// The forger keeps one voter's ranking in a release and puts its own in the place of all others: neither the
/// program nor Python tells anything of such a release.
#[tokio::test]
async fn a_count_hand_that_forges_a_release_does_not_learn_a_ranking() {
    let Some(interpreter) = specimen::python() else {
        return;
    };
    let (dir, stage) = voted_one_by_one().await;
    let runs = TwoRuns::of(&interpreter, &stage, dir.path());
    stage.counted_from_files().await.unwrap();
    let [count_key, mask_key] = &keys(&stage);
    let honest = stage.machines.releases_again();
    let forge: [&Path; 6] = [
        Path::new("--key"),
        count_key,
        Path::new("--releases"),
        &honest,
        Path::new("--out"),
        &runs.releases,
    ];
    let forged = run(&interpreter, "attack_forge", &stage, &forge);
    let forged: Value = serde_json::from_slice(succeeded(&forged)).unwrap();
    assert!(forged["own"].as_u64().unwrap() >= u64::from(RELEASE_MIN) - 1);
    let place = format!("p0000.releases line {}", forged["line"]);

    let (status, told) = runs.refused("count", &[mask_key]);
    assert!(status == Some(1) && told.contains(&place), "{told}");
    assert!(told.contains("not those of its frames"), "{told}");
    // Asked for first, since it makes the releases again.
    let count = stage.reading("count").await.unwrap().arg("--json");
    let file = "p0000.releases";
    fs::copy(runs.releases.join(file), honest.join(file)).unwrap();
    let told = format!("{:#}", count.run().await.unwrap_err());
    assert!(told.contains(&place), "{told}");
    assert!(told.contains("not those of its frames"), "{told}");
}
