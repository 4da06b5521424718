//! `hashgen hash`, the real program: what it writes, what it refuses, and what it never tells.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use credentials::digestset::{DigestSetReader, file_path};
use credentials::{BallotId, Code, Hasher, Nas, RollKey, Scheme};
use serde_json::Value;
use tempfile::TempDir;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures")
        .join(name)
}

/// A place with a roll key.
struct Desk {
    dir: TempDir,
}

/// What a run of the program said.
struct Said {
    status: i32,
    stdout: String,
    stderr: String,
}

impl Desk {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let key = RollKey::from_bytes([7; 32]);
        let desk = Self { dir };
        desk.write("roll.key", &key.to_file_text());
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    fn run(&self, args: &[&str]) -> Said {
        let output = Command::new(env!("CARGO_BIN_EXE_hashgen"))
            .current_dir(self.dir.path())
            .args(args)
            .output()
            .unwrap();
        Said {
            status: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Hashes a roll for ballot L1 under the key, with more arguments.
    fn hash(&self, roll: &Path, more: &[&str]) -> Said {
        let roll = roll.to_str().unwrap();
        let usual = [
            "hash", "--roll", roll, "--key", "roll.key", "--out", "digests",
        ];
        let ballot: &[&str] = if more.contains(&"--election") {
            &[]
        } else {
            &["--ballot", "L1"]
        };
        self.run(&[&usual, ballot, more].concat())
    }

    fn report(&self, dir: &str) -> Value {
        serde_json::from_slice(&fs::read(self.path(dir).join("report.json")).unwrap()).unwrap()
    }

    /// All files below the desk with their bytes.
    fn files(&self, below: &str) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        let mut open = vec![self.path(below)];
        while let Some(dir) = open.pop() {
            for entry in fs::read_dir(dir).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                } else {
                    files.push((path.clone(), fs::read(&path).unwrap()));
                }
            }
        }
        files.sort();
        files
    }
}

const ROLL: &str = "NAS,Code,Region\n046454286,ABC123,1\n123456789,abc-124,2\n";

#[test]
fn the_example_event_is_hashed_for_all_its_ballots() {
    let desk = Desk::new();
    let election = fixture("election.toml");
    let said = desk.hash(
        &fixture("roll.csv"),
        &["--election", election.to_str().unwrap()],
    );
    assert_eq!(said.status, 0, "{}", said.stderr);
    let report = desk.report("digests");
    assert_eq!(report["rows_accepted"], 60);
    let event = election::Event::from_toml(&fs::read_to_string(&election).unwrap()).unwrap();
    assert_eq!(
        report["ballots"].as_array().unwrap().len(),
        event.ballots().len()
    );

    let hasher = Hasher::hmac(&RollKey::from_bytes([7; 32]));
    let (nas, code) = (
        Nas::parse(b"123456789").unwrap(),
        Code::parse(b"ABC123").unwrap(),
    );
    for ballot in event.ballots() {
        let ballot = BallotId::parse(&ballot.id).unwrap();
        let path = desk.path("digests").join(file_path(&ballot, 0));
        let reader = DigestSetReader::open(&path).unwrap();
        assert_eq!(reader.header().scheme, Scheme::HmacSha256);
        assert_eq!(reader.header().key_id, hasher.key_id());
        let records: Vec<_> = reader.map(Result::unwrap).collect();
        assert_eq!(records.len(), 60);
        let sample = hasher.digest(&nas, &code, &ballot);
        let found = records
            .iter()
            .find(|record| record.digest == sample)
            .unwrap();
        assert_eq!(found.region, 1, "the seeds' sample voter votes in region 1");
    }
}

#[test]
fn invariant_4_hash_writes_and_says_no_nas_and_no_code() {
    let desk = Desk::new();
    // Good rows, and one of every kind of bad row.
    let roll = "NAS,Code,Region\n046454286,SECRETAA1,1\n123456789,SECRETBB2,2\n\
                12345678,SECRETCC3,3\n111111118,SECR#TDD4,4\n222222226,SECRETEE5,0\n\
                046454286,SECRETFF6,1\n333333334,SECRETGG7\n";
    let roll = desk.write("roll.csv", roll);
    for more in [
        &["--max-rejects", "9"][..],
        &["--force", "--json"],
        &["--luhn", "reject", "--force"],
    ] {
        let said = desk.hash(&roll, more);
        let mut told = vec![("said".into(), (said.stdout + &said.stderr).into_bytes())];
        told.extend(desk.files("digests"));
        if desk.path("digests.refused").exists() {
            told.extend(desk.files("digests.refused"));
        }
        for (path, bytes) in told {
            for secret in [
                "046454286",
                "123456789",
                "12345678",
                "111111118",
                "222222226",
                "SECR",
            ] {
                let found = bytes
                    .windows(secret.len())
                    .any(|part| part == secret.as_bytes());
                assert!(!found, "{secret} stands in {path:?}");
            }
        }
    }
}

#[test]
fn rejected_rows_are_listed_by_line_and_reason() {
    let desk = Desk::new();
    let roll = desk.write(
        "roll.csv",
        "NAS,Code,Region\n046454286,ABC123,1\n\n12345678,ABC123,1\n111111118,A,1\n\
         222222226,ABC123,x\n\"0464 54286\",ABC124,1\n333333334,ABC123\n123456789,ABC123,1\n",
    );
    let said = desk.hash(&roll, &["--max-rejects", "5"]);
    assert_eq!(said.status, 0, "{}", said.stderr);
    assert!(
        said.stdout.contains("rows rejected     5"),
        "{}",
        said.stdout
    );
    assert!(
        said.stderr.contains("1 row: the check digit"),
        "{}",
        said.stderr
    );
    let rejects = fs::read_to_string(desk.path("digests/rejects.csv")).unwrap();
    let listed: Vec<_> = rejects
        .lines()
        .skip(1)
        .map(|line| line.rsplit_once(',').unwrap().0)
        .collect();
    let expected = [
        "4,rejected,nas",
        "5,rejected,code",
        "6,rejected,region",
        "7,rejected,repeated-nas",
        "8,rejected,columns",
        "9,warning,luhn",
    ];
    assert_eq!(listed, expected);
    let report = desk.report("digests");
    assert_eq!(report["rows_read"], 7);
    assert_eq!(report["rejected_by_reason"]["repeated-nas"], 1);
    assert_eq!(report["accepted_by_region"]["1"], 2);
}

#[test]
fn a_roll_with_faults_is_refused_and_only_the_report_is_written() {
    let desk = Desk::new();
    let roll = desk.write("roll.csv", &format!("{ROLL}046454286,ABC125,1\n"));
    for _ in 0..2 {
        let said = desk.hash(&roll, &[]);
        assert_eq!(said.status, 1);
        for part in [
            "roll.csv",
            "1 of 3 rows",
            "--max-rejects allows 0",
            "digests.refused",
        ] {
            assert!(said.stderr.contains(part), "{}", said.stderr);
        }
        assert!(!desk.path("digests").exists());
        let report = desk.report("digests.refused");
        assert_eq!(report["outcome"], "refused");
        assert_eq!(report["rows_listed"][1]["line"], 4);
    }
    let names: Vec<_> = fs::read_dir(desk.dir.path()).unwrap().collect();
    assert_eq!(names.len(), 3, "{names:?}"); // the roll, the key, the report
}

#[test]
fn luhn_is_warned_of_rejected_or_not_looked_at() {
    let check = |luhn: &str, status: i32, key: &str, count: Value| {
        let desk = Desk::new();
        let roll = desk.write("roll.csv", ROLL);
        assert_eq!(desk.hash(&roll, &["--luhn", luhn]).status, status, "{luhn}");
        let dir = if status == 0 {
            "digests"
        } else {
            "digests.refused"
        };
        assert_eq!(desk.report(dir)[key]["luhn"], count, "{luhn}");
    };
    check("warn", 0, "warnings_by_reason", 1.into());
    check("off", 0, "warnings_by_reason", Value::Null);
    check("reject", 1, "rejected_by_reason", 1.into());
}

#[test]
fn columns_are_mapped_and_the_others_named() {
    let desk = Desk::new();
    let text = "Nom;Circonscription;No assurance;Mot de passe\nx;R02;046 454 286;abc 123\n";
    let roll = desk.write("liste.csv", text);
    let election = fixture("election.toml");
    let map = "nas=No assurance,code=Mot de passe,region=Circonscription";
    let more = ["--columns", map, "--election", election.to_str().unwrap()];
    let said = desk.hash(&roll, &more);
    assert_eq!(said.status, 0, "{}", said.stderr);
    assert!(
        said.stderr.contains("columns not used: Nom"),
        "{}",
        said.stderr
    );
    assert_eq!(desk.report("digests")["accepted_by_region"]["2"], 1);
}

#[test]
fn wrong_input_is_refused_with_file_place_and_remedy() {
    let election = fixture("election.toml");
    let election = election.to_str().unwrap();
    let check = |text: &str, more: &[&str], status: i32, parts: &[&str]| {
        let desk = Desk::new();
        let roll = desk.write("roll.csv", text);
        let said = desk.hash(&roll, more);
        assert_eq!(said.status, status, "{parts:?}: {}", said.stderr);
        for part in parts {
            assert!(said.stderr.contains(part), "{part}: {}", said.stderr);
        }
        assert_eq!(
            fs::read_dir(desk.dir.path()).unwrap().count(),
            2,
            "something was left behind"
        );
    };
    check("", &[], 1, &["roll.csv is empty"]);
    check(
        "Name,Code\n",
        &[],
        1,
        &[
            "roll.csv, line 1",
            "no column is named NAS",
            "Name, Code",
            "--columns",
        ],
    );
    check(
        ROLL,
        &["--columns", "nas=Numéro"],
        1,
        &["line 1", "no column is named Numéro"],
    );
    check(
        ROLL,
        &["--columns", "name=NAS"],
        2,
        &["--columns", "none of nas, code and region"],
    );
    check("NAS,Code,nas\n", &[], 1, &["two columns are named NAS"]);
    check(
        "NAS,Code\n046454286,\"ABC123\n",
        &[],
        1,
        &["roll.csv", "line 2", "quotation mark"],
    );
    check(
        ROLL,
        &["--memory", "64MiB"],
        2,
        &["--memory 64MiB", "at least"],
    );
    check(ROLL, &["--scheme", "sha256"], 2, &["sha256 uses no key"]);
    check(
        ROLL,
        &["--ballot", "a/b"],
        2,
        &["ballot id has the character"],
    );
    check(ROLL, &["--ballot", "L1"], 2, &["given twice"]);
    check(
        "NAS,Code\n046454286,ABC123\n",
        &["--election", election],
        1,
        &["line 1", "voted by region", "--columns region="],
    );
    check(
        ROLL,
        &["--election", election, "--ballot", "L9"],
        1,
        &["no ballot L9"],
    );
    check(
        ROLL,
        &["--election", "roll.csv"],
        1,
        &["roll.csv has", "line 1"],
    );
}

#[test]
fn keys_and_outputs_are_refused_with_remedy() {
    let desk = Desk::new();
    let roll = desk.write("roll.csv", ROLL);
    let hash = |more: &[&str]| {
        let usual = ["hash", "--roll", "roll.csv", "--ballot", "L1"];
        desk.run(&[&usual, more].concat())
    };
    let said = hash(&["--out", "digests"]);
    assert_eq!(
        (said.status, said.stderr.contains("hashgen keygen")),
        (2, true),
        "{}",
        said.stderr
    );
    let said = hash(&["--out", "digests", "--key", "roll.csv"]);
    assert_eq!(said.status, 1);
    assert!(
        said.stderr.contains("roll.csv: not a roll key"),
        "{}",
        said.stderr
    );
    let good = fs::read_to_string(desk.path("roll.key")).unwrap();
    desk.write("bad.key", &good.replacen("0707", "0708", 1));
    let said = hash(&["--out", "digests", "--key", "bad.key"]);
    assert!(
        said.stderr
            .contains("bad.key: roll key does not match its checksum"),
        "{}",
        said.stderr
    );
    assert!(!desk.path("digests").exists());

    assert_eq!(desk.hash(&roll, &[]).status, 0);
    let before = desk.files("digests");
    let said = desk.hash(&roll, &[]);
    assert_eq!(said.status, 1);
    assert!(
        said.stderr.contains("digests exists already"),
        "{}",
        said.stderr
    );
    assert!(said.stderr.contains("--force"), "{}", said.stderr);
    assert_eq!(desk.files("digests"), before);
    assert_eq!(desk.hash(&roll, &["--force"]).status, 0);
    assert_eq!(
        desk.files("digests"),
        before,
        "the same roll and key give the same bytes"
    );
}

#[test]
fn scheme_sha256_is_warned_of() {
    let desk = Desk::new();
    desk.write("roll.csv", ROLL);
    let args = [
        "hash", "--roll", "roll.csv", "--ballot", "L1", "--scheme", "sha256", "--out", "d",
    ];
    let said = desk.run(&args);
    assert_eq!(said.status, 0, "{}", said.stderr);
    assert!(
        said.stderr.contains("warning: scheme sha256 has no key"),
        "{}",
        said.stderr
    );
    assert_eq!(desk.report("d")["key_id"], Value::Null);
}

#[test]
fn threads_and_memory_do_not_change_the_bytes() {
    let desk = Desk::new();
    let voters = [
        "synth",
        "--voters",
        "250000",
        "--regions",
        "6",
        "--out",
        "roll.csv",
    ];
    assert_eq!(desk.run(&voters).status, 0);
    let hash = |out: &str, threads: &str, memory: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_hashgen"))
            .current_dir(desk.dir.path())
            .env("RAYON_NUM_THREADS", threads)
            .args([
                "hash", "--roll", "roll.csv", "--key", "roll.key", "--ballot", "L1",
            ])
            .args(["--ballot", "L2", "--out", out, "--memory", memory])
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        let dir = desk.path(out);
        let files = desk.files(out).into_iter();
        files
            .map(|(path, bytes)| (path.strip_prefix(&dir).unwrap().to_owned(), bytes))
            .collect::<Vec<_>>()
    };
    let one = hash("one", "1", "1GiB");
    let two = hash("two", "2", "1GiB");
    let spilled = hash("spilled", "2", "130MiB");
    assert!(one == two, "two threads wrote other bytes than one");
    assert!(one == spilled, "a spilled roll gave other bytes");
}

/// Hashes a synthetic roll with `--memory 128MiB` in a process that may have 256 MiB of address
/// space; without spilling, 20 million voters would take 343 MiB beside the bits for each NAS.
fn check_within_256_mib(voters: u32) {
    let desk = Desk::new();
    let voters = voters.to_string();
    assert_eq!(
        desk.run(&["synth", "--voters", &voters, "--out", "roll.csv"])
            .status,
        0
    );
    let hash = "ulimit -v 262144; exec \"$0\" hash --roll roll.csv --key roll.key --ballot L1 \
                --out digests --memory 128MiB";
    let output = Command::new("sh")
        .current_dir(desk.dir.path())
        .args(["-c", hash, env!("CARGO_BIN_EXE_hashgen")])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(desk.report("digests")["rows_accepted"].to_string(), voters);
}

#[test]
fn invariant_9_a_roll_that_spills_stays_within_the_bound() {
    check_within_256_mib(600_000);
}

#[test]
#[ignore = "20 million rows: run with --release -- --ignored"]
fn invariant_9_twenty_million_rows_stay_within_the_bound() {
    check_within_256_mib(20_000_000);
}
