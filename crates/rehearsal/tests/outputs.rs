//! What every program does when nobody can read what it says. Data on standard output is part of the
//! work: where it cannot be written the command fails, and leaves nothing that its repetition trips
//! over. Once the programs panicked there, `tally token new` after it had kept the hash of a token that
//! nobody had seen. Remarks on standard error are not: where they cannot be written, the work goes on.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::fs::{self, OpenOptions};
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// A program, its arguments, and the files that a success leaves.
type Step = (&'static str, &'static str, &'static [&'static str]);

/// An election's files, made in an order in which each finds what it needs.
const STEPS: &[Step] = &[
    (
        "tally",
        "keygen --hand count --out count",
        &["count.key", "count.pub"],
    ),
    (
        "tally",
        "token new --role auditor --file tokens",
        &["tokens"],
    ),
    ("tally", "contest contest.blt", &[]),
    ("hashgen", "keygen --out roll.key", &["roll.key"]),
    (
        "hashgen",
        "mint --roll people.csv --out letters.csv",
        &["letters.csv"],
    ),
    (
        "hashgen",
        "hash --roll letters.csv --election election.toml --key roll.key --out digests",
        &["digests"],
    ),
    (
        "hashgen",
        "import --hashes hashes.txt --ballot L2025-001 --out imported",
        &["imported"],
    ),
    ("shardpack", "check --election election.toml", &[]),
    ("shardpack", "check --election election.toml --json", &[]),
    (
        "shardpack",
        "pack --digests digests --election election.toml --out package",
        &["package"],
    ),
    (
        "shardpack",
        "keygen --out officer --no-password",
        &["officer.key", "officer.pub"],
    ),
    (
        "shardpack",
        "sign package --key officer.key --no-password",
        &["package/manifest.json.minisig"],
    ),
    ("shardpack", "verify package --trust officer.pub", &[]),
    ("shardpack", "inspect package", &[]),
    ("shardpack", "diff package package", &[]),
    (
        "validator",
        "check-config --package package --trust officer.pub --key roll.key --data data",
        &[],
    ),
    ("hashgen", "--help", &[]),
    ("shardpack", "sign --help", &[]),
    ("validator", "--version", &[]),
    ("tally", "help", &[]),
    ("loadgen", "--help", &[]),
    ("rehearsal", "--help", &[]),
];

struct Home {
    dir: tempfile::TempDir,
    programs: rehearsal::programs::Programs,
}

impl Home {
    fn new() -> Home {
        let home = Home {
            dir: tempfile::tempdir().unwrap(),
            programs: support::programs(),
        };
        let dir = home.dir.path();
        for name in [
            "election.toml",
            "regions.geojson",
            "baseline.csv",
            "logo.svg",
        ] {
            let fixture = support::file(&format!("fixtures/{name}"));
            fs::copy(fixture, dir.join(name)).unwrap();
        }
        fs::write(
            dir.join("people.csv"),
            "NAS,Region\n123456782,1\n046454286,2\n",
        )
        .unwrap();
        fs::write(dir.join("hashes.txt"), "ab".repeat(16)).unwrap();
        fs::write(
            dir.join("contest.blt"),
            "2 1\n3 1 0\n2 2 0\n0\n\"A\"\n\"B\"\n\"T\"\n",
        )
        .unwrap();
        home
    }

    fn run(&self, (program, arguments, _): Step, stdout: Stdio, stderr: Stdio) -> Output {
        let path = match program {
            "rehearsal" => Path::new(env!("CARGO_BIN_EXE_rehearsal")).to_owned(),
            program => self.programs.path(program),
        };
        let mut command = Command::new(path);
        command
            .args(arguments.split(' '))
            .current_dir(self.dir.path())
            .stdin(Stdio::null());
        command.stdout(stdout).stderr(stderr).output().unwrap()
    }

    /// The status must be as expected, the work done or not, and no thread may have panicked.
    fn check(&self, step: Step, output: &Output, (how, status, made): (&str, i32, bool)) {
        let (program, arguments, files) = step;
        let told = String::from_utf8_lossy(&output.stderr);
        let what = format!("{program} {arguments}, {how}: {told}");
        assert_eq!(output.status.code(), Some(status), "{what}");
        assert!(!told.contains("panicked"), "{what}");
        for file in files {
            assert_eq!(self.dir.path().join(file).exists(), made, "{file}: {what}");
        }
    }
}

fn full() -> Stdio {
    OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap()
        .into()
}

/// The end of a pipe from which nobody reads any more.
fn nobody_reads() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

#[test]
fn what_cannot_be_printed_fails_and_leaves_nothing_and_remarks_never_fail() {
    let home = Home::new();
    for step in STEPS {
        let output = home.run(*step, full(), Stdio::piped());
        home.check(*step, &output, ("on a full device", 1, false));
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(
            told.contains("cannot write to standard output: No space left"),
            "{step:?}: {told}"
        );
        let output = home.run(*step, nobody_reads(), Stdio::piped());
        home.check(*step, &output, ("without a reader", 141, false));
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(!told.contains("roken pipe"), "{step:?}: {told}");
        let output = home.run(*step, Stdio::piped(), full());
        home.check(*step, &output, ("with remarks lost", 0, true));
        assert!(!output.stdout.is_empty(), "{step:?}");
    }
    let left = fs::read_dir(home.dir.path()).unwrap();
    let left = left.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(left.filter(|name| name.contains("aside")).count(), 0);
}

/// `program arguments >&-`, as a shell starts it: without standard output.
fn closed(home: &Home, (program, arguments, _): Step) -> Output {
    let program = home.programs.path(program);
    Command::new("sh")
        .args(["-c", &format!("{} {arguments} >&-", program.display())])
        .current_dir(home.dir.path())
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// `program arguments` where no file can grow, as on a full disk.
fn without_room(home: &Home, (program, arguments, _): Step) -> Output {
    let program = home.programs.path(program);
    let limited = format!(
        "trap '' XFSZ; ulimit -f 0; exec {} {arguments}",
        program.display()
    );
    let mut shell = Command::new("sh");
    shell.args(["-c", &limited]).current_dir(home.dir.path());
    shell.stdin(Stdio::null()).output().unwrap()
}

/// A public key or a token that was told of, and is not there, would find its way into an event.
#[test]
fn a_full_disk_is_noticed_before_anything_is_told() {
    let home = Home::new();
    for step in STEPS.iter().filter(|(_, _, files)| !files.is_empty()) {
        let output = without_room(&home, *step);
        home.check(*step, &output, ("on a full disk", 1, false));
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(told.contains("cannot write"), "{step:?}: {told}");
        let printed = String::from_utf8_lossy(&output.stdout);
        assert_eq!(printed, "", "{step:?}");
        let output = home.run(*step, Stdio::piped(), Stdio::piped());
        home.check(*step, &output, ("with room", 0, true));
    }
}

/// What is shown once is kept only where somebody can see it. All else that is printed beside a file
/// can be read again in that file.
#[test]
fn a_token_that_nobody_sees_is_not_kept() {
    let home = Home::new();
    let token = STEPS[1];
    let output = closed(&home, token);
    home.check(token, &output, ("without standard output", 1, false));
    let output = home.run(token, Stdio::null(), Stdio::piped());
    home.check(token, &output, ("on the null device", 1, false));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("shown only once"), "{told}");
    for step in STEPS.iter().filter(|(_, _, files)| !files.is_empty()) {
        if *step != token {
            let output = closed(&home, *step);
            home.check(*step, &output, ("without standard output", 0, true));
        }
    }
}

#[test]
fn a_failure_that_cannot_be_told_is_a_failure_all_the_same() {
    let home = Home::new();
    for (step, status) in [
        (("tally", "count", &[] as &[&str]), 2),
        (("hashgen", "keygen --out /nowhere/roll.key", &[]), 1),
        (("shardpack", "inspect nowhere", &[]), 1),
        (("validator", "check-config", &[]), 2),
        (("validator", "--package nowhere", &[]), 2),
        (("loadgen", "--roll nowhere", &[]), 2),
        (("rehearsal", "sing", &[]), 2),
    ] {
        let output = home.run(step, Stdio::piped(), full());
        home.check(step, &output, ("with the reason lost", status, false));
    }
}
