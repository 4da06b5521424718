//! A ledger whose event names a log: no more of it is used than log and witnesses have signed.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;
use transparency::{
    Contents, Hash, Leaf, Note, Policy, Tile, TilePath, TiledTree, Tiles, read_bundle,
};

use support::log::{ORIGIN, checkpoint_file, cover, lay, signed, tree};
use support::program::{Names, Running, alone, stderr, stdout, tally};
use support::{Fixture, NOON_MS};

/// An event with a log, and a ledger with votes of 30 voters in it.
fn voted() -> (Fixture, Names) {
    let fixture = Fixture::logged(30);
    let names = Names::new(&fixture, "data");
    let mut ballots = fixture.ballot_box("data");
    for from in (0..30).step_by(5) {
        ballots.fill(from, from + 5);
    }
    ballots.close();
    (fixture, names)
}

/// Commands that read a ledger without the mask key.
fn readers(names: &Names) -> Vec<Vec<&str>> {
    let ledger = ["--ledger", &names.ledger, "--package", &names.package];
    let ledger: Vec<&str> = [&ledger[..], &["--trust", &names.trust]].concat();
    let of = |command: &'static str, more: &[&'static str]| {
        [&[command], ledger.as_slice(), more].concat()
    };
    let mut release = of("release", &[]);
    release.extend(["--key", &names.count_key, "--out", &names.releases]);
    vec![
        of("verify", &[]),
        of("export", &["--what", "turnout"]),
        release,
    ]
}

/// Each reader must end with 1 and these words.
fn refused(names: &Names, words: &str) {
    for args in readers(names) {
        let output = alone(&args);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{args:?}: {said}");
        assert!(said.contains(words), "{args:?}: {words} is not in {said}");
    }
    let file = Path::new(&names.releases).join("p0000.releases");
    let lines = fs::read_to_string(file).unwrap_or_default();
    assert!(
        lines.lines().count() <= 1,
        "released in spite of it: {lines}"
    );
}

#[test]
fn nothing_is_counted_that_log_and_witnesses_have_not_signed() {
    let (fixture, names) = voted();
    let log = tree(&fixture, "data", 0);
    let (size, root) = (log.size(), log.root().expect("read"));
    refused(&names, "there is no checkpoint");
    lay(&fixture, "data", &signed(0, size, root, &[0]));
    refused(
        &names,
        "too few cosignatures: the policy asks for 2 of (paper, university, party), and there are those of paper",
    );
    lay(&fixture, "data", &signed(1, size, root, &[0, 1]));
    refused(&names, "the policy trusts no log of that name");
    lay(&fixture, "data", &signed(0, size, Hash([7; 32]), &[0, 1]));
    refused(
        &names,
        "there are two histories of scrutin.example/T-2025/0",
    );
    lay(&fixture, "data", &signed(0, size + 1, root, &[0, 1]));
    refused(&names, "frames are missing at its end");
    fs::write(checkpoint_file(&fixture, "data", 0), "rubbish").expect("written");
    refused(&names, "nothing is counted: checkpoint ");
}

/// Reviewers copied a segment's true header and sealed choices into a ledger with other marks, and an honest hand
/// released them (docs/secrecy.md).
#[test]
fn a_ledger_that_the_validator_did_not_write_is_not_released() {
    let fixture = Fixture::logged(30);
    for (data, voters) in [("true", 30), ("data", 25)] {
        let mut ballots = fixture.ballot_box(data);
        ballots.fill(0, voters);
        ballots.close();
    }
    cover(&fixture, "true", Some(2), &[0, 1, 2]);
    let checkpoint = checkpoint_file(&fixture, "true", 0);
    fs::copy(checkpoint, checkpoint_file(&fixture, "data", 0)).expect("copied");
    let names = Names::new(&fixture, "data");
    refused(&names, "this ledger is not the one that they signed");
}

#[test]
fn frames_behind_the_checkpoint_are_not_counted_and_it_is_said_how_many() {
    let (fixture, names) = voted();
    let all = cover(&fixture, "data", None, &[0, 2]);
    let report = |more: &[&str]| {
        let output = alone(&[&readers(&names)[0][..], more].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        (stdout(&output), stderr(&output))
    };
    let (whole, said) = report(&["--json"]);
    assert!(!said.contains("covered by no checkpoint"), "{said}");
    let whole: serde_json::Value = serde_json::from_str(&whole).expect("JSON");
    let log = &whole["log"]["checkpoints"][0];
    assert_eq!(log["origin"], format!("{ORIGIN}/0"));
    assert_eq!(log["size"], all);
    assert_eq!(whole["log"]["required"], 2);
    let at = ["2025-07-15T12:02:00Z", "2025-07-15T12:04:00Z"];
    assert_eq!(
        log["cosigned_by"],
        json!([{"name": "paper", "cosigned_at": at[0]}, {"name": "party", "cosigned_at": at[1]}])
    );
    cover(&fixture, "data", Some(all - 3), &[0, 1]);
    let (part, said) = report(&["--json"]);
    let words =
        "3 frames at the end of partition 0 are covered by no checkpoint and they are not counted";
    assert!(said.contains(words), "{said}");
    let part: serde_json::Value = serde_json::from_str(&part).expect("JSON");
    assert_eq!(part["ledger"][0]["sequence"], all - 3);
    assert!(part["votes"].as_u64() < whole["votes"].as_u64(), "{part}");
    let (text, _) = report(&[]);
    let line = format!(
        "partition 0: log {ORIGIN}/0 covers {} frames, root ",
        all - 3
    );
    assert!(text.contains(&line), "{text}");
    assert!(
        text.contains("cosigned by paper at 2025-07-15T12:02:00Z, university at"),
        "{text}"
    );
}

#[test]
fn a_receipt_of_a_frame_that_is_not_covered_is_not_vouched_for() {
    let fixture = Fixture::logged(30);
    let names = Names::new(&fixture, "data");
    let mut ballots = fixture.ballot_box("data");
    let covered = ballots.fill(0, 10)[0];
    let last = ballots.fill(10, 20);
    let behind = last.last().expect("votes");
    ballots.close();
    cover(&fixture, "data", Some(behind.sequence - 1), &[0, 1]);
    let look =
        |receipt: String| alone(&[&readers(&names)[0][..], &["--receipt", &receipt]].concat());
    let output = look(covered.to_string());
    assert!(output.status.success(), "{}", stderr(&output));
    let output = look(behind.to_string());
    assert!(
        stderr(&output).contains("names a frame that no checkpoint covers yet"),
        "{}",
        stderr(&output)
    );
    assert_eq!(output.status.code(), Some(1));
}

/// The log as files in a directory.
struct Served {
    dir: PathBuf,
    size: u64,
}

impl Tiles for Served {
    type Error = String;

    fn hashes(&mut self, path: TilePath) -> Result<Vec<Hash>, String> {
        let there = TilePath::in_tree(path.contents(), path.index(), self.size).ok_or("beyond")?;
        let bytes =
            fs::read(self.dir.join(there.to_string())).map_err(|error| error.to_string())?;
        let tile = Tile::from_bytes(there, &bytes).map_err(|error| error.to_string())?;
        Ok(tile.hashes[..path.width().into()].to_vec())
    }
}

#[test]
fn the_exported_log_is_what_auditors_read() {
    let (fixture, names) = voted();
    let size = cover(&fixture, "data", None, &[0, 1]) - 1;
    cover(&fixture, "data", Some(size), &[0, 1]);
    let out = fixture.path("log");
    let mut args = readers(&names)[1].clone();
    let at = args
        .iter()
        .position(|arg| *arg == "turnout")
        .expect("an export");
    args[at] = "log";
    let output = alone(&args);
    assert!(
        stderr(&output).contains("name one to make with --out"),
        "{}",
        stderr(&output)
    );
    args.extend(["--out", out.to_str().expect("UTF-8")]);
    let output = alone(&args);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("1 frame at the end"),
        "{}",
        stderr(&output)
    );
    let policy = fs::read(out.join("policy")).expect("a policy");
    let policy = Policy::parse(&policy).expect("a policy");
    let note = fs::read(out.join("0").join("checkpoint")).expect("a checkpoint");
    let attested = policy
        .check(&Note::parse(&note).expect("a note"))
        .expect("signed");
    let mut served = Served {
        dir: out.join("0"),
        size,
    };
    let root = TiledTree::new(size, &mut served).root();
    assert_eq!(root.expect("tiles"), attested.checkpoint.root);
    let bundle = TilePath::in_tree(Contents::Entries, 0, size).expect("a bundle");
    let bytes = fs::read(served.dir.join(bundle.to_string())).expect("a bundle");
    let leaves = read_bundle(bundle, &bytes).expect("leaves");
    let votes: u32 = leaves
        .iter()
        .map(|leaf| Leaf::decode(leaf).expect("a leaf").votes)
        .sum();
    assert_eq!((leaves.len() as u64, votes), (size, 180));
    audit(&out);
}

/// The real auditor, where it was built beside this program.
fn audit(out: &Path) {
    let witness = Path::new(env!("CARGO_BIN_EXE_tally")).with_file_name("witness");
    if !witness.exists() {
        eprintln!("NOT CHECKED: {} was not built", witness.display());
        return;
    }
    let audited = Command::new(witness)
        .args(["audit", "--policy"])
        .arg(out.join("policy"))
        .arg("--log")
        .arg(out.join("0"))
        .output()
        .expect("it runs");
    assert!(audited.status.success(), "{}", stderr(&audited));
    let said = stdout(&audited);
    assert!(said.contains("checked by 2 of 3 witnesses"), "{said}");
}

#[test]
fn a_running_tally_shows_and_serves_what_is_covered_and_no_more() {
    let (fixture, names) = voted();
    let log = tree(&fixture, "data", 0);
    let mut running = Running::start(&names.args("run", &[]));
    assert_eq!(running.get("/log/0/checkpoint", "").0, 404);
    assert_eq!(running.json("/api/v1/turnout/LIVE")["votes"], 0);
    let part = cover(&fixture, "data", Some(log.size() - 2), &[0, 1]);
    running.wait("/api/v1/health", |health| health["status"] == "healthy");
    let health = running.json("/api/v1/health");
    assert_eq!(health["ledger"][0]["sequence"], part);
    let (_, head, policy) = running.get("/log/policy", "");
    assert!(head.contains("text/plain"), "{head}");
    let policy = Policy::parse(policy.as_bytes()).expect("a policy");
    let (_, head, note) = running.get("/log/0/checkpoint", "");
    assert!(
        head.contains("cache-control: public, max-age=1\r\n"),
        "{head}"
    );
    let note = Note::parse(note.as_bytes()).expect("a note");
    assert_eq!(policy.check(&note).expect("signed").checkpoint.size, part);
    check_tiles(&running, part);
    check_facts(&running);
    cover(&fixture, "data", None, &[0, 1, 2]);
    running.wait("/api/v1/turnout/LIVE", |turnout| turnout["votes"] == 30);
    lay(&fixture, "data", &signed(0, part, Hash([7; 32]), &[0, 1]));
    assert_eq!(running.wait_for_end(), Some(1));
    assert!(
        running.log().contains("there are two histories"),
        "{}",
        running.log()
    );
}

fn check_tiles(running: &Running, size: u64) {
    for (path, status) in [
        (format!("/log/0/tile/0/000.p/{size}"), 200),
        (format!("/log/0/tile/0/000.p/{}", size + 1), 404),
        (format!("/log/0/tile/entries/000.p/{size}"), 200),
        (format!("/log/00/tile/entries/000.p/{size}"), 404),
        (format!("/log/1/tile/entries/000.p/{size}"), 404),
        ("/log/0/tile/entries/000".to_owned(), 404),
        ("/log/0/tile/x/000".to_owned(), 404),
        ("/log/0/tile/0/%30%30%30.p/1".to_owned(), 404),
        ("/log/1/checkpoint".to_owned(), 404),
    ] {
        let (got, head, bytes) = running.get_bytes(&path, "");
        assert_eq!(got, status, "{path}");
        if status == 200 {
            assert!(head.contains("max-age=31536000, immutable"), "{head}");
            let each = if path.contains("entries") { 81 } else { 32 };
            assert_eq!(bytes as u64, size * each, "{path}");
        }
    }
}

/// Who has checked the ledger, on every document of results.
fn check_facts(running: &Running) {
    let all = running.json("/api/v1/results");
    let by = &all["checked_by"];
    let paper = json!({"name": "paper", "url": "https://paper.example/", "cosigned_at": "2025-07-15T12:02:00Z"});
    assert_eq!((&by["required"], &by["witnesses"][0]), (&json!(2), &paper));
    let party = json!({"name": "party", "url": "https://party.example/", "cosigned_at": null});
    assert_eq!(by["witnesses"][2], party);
    for path in [
        "/api/v1/results/LIVE",
        "/api/v1/elections/2/results",
        "/api/v1/elections/2/regions/1/results",
    ] {
        assert_eq!(running.json(path)["checked_by"], *by, "{path}");
    }
    let (_, _, page) = running.get("/ballots/LIVE", "Accept-Language: en\r\n");
    assert!(page.contains("Checked by 2 of 3 witnesses"), "{page}");
    assert!(page.contains("https://paper.example/"), "{page}");
}

#[test]
fn an_event_without_a_log_has_no_log() {
    let fixture = Fixture::new(10);
    let names = Names::new(&fixture, "data");
    let mut ballots = fixture.ballot_box("data");
    ballots.set_time(NOON_MS);
    ballots.fill(0, 10);
    ballots.close();
    let running = Running::start(&names.args("run", &[]));
    running.wait("/api/v1/turnout/LIVE", |turnout| turnout["votes"] == 10);
    for path in ["/log/policy", "/log/0/checkpoint", "/log/0/tile/0/000.p/1"] {
        assert_eq!(running.get(path, "").0, 404, "{path}");
    }
    assert!(running.json("/api/v1/results").get("checked_by").is_none());
    let out = fixture.path("log");
    let args = names.args("export", &["--what", "log", "--out"]);
    let output = tally(&[&args[..], &[out.to_str().expect("UTF-8")]].concat());
    assert!(
        stderr(&output).contains("names no log"),
        "{}",
        stderr(&output)
    );
    let verified = tally(&names.args("verify", &["--json"]));
    assert!(
        !stdout(&verified).contains("\"log\""),
        "{}",
        stdout(&verified)
    );
}
