//! A package whose signatures are gone: a recount of it once ended with "verified" and no warning.

mod support;

use std::fs;

use election::Choice;
use serde_json::Value;

use support::program::{Names, stderr, stdout, tally};
use support::{Fixture, LIVE};

/// A ledger with one vote; the package's signatures were deleted.
fn unsigned() -> (Fixture, Names) {
    let fixture = Fixture::new(10);
    let mut ballots = fixture.ballot_box("data");
    ballots.vote(LIVE, 0, Choice::Oui);
    ballots.repeat(LIVE, 0, Choice::Oui);
    ballots.close();
    let names = Names::new(&fixture, "data");
    fs::remove_file(fixture.path("package/manifest.json.minisig")).expect("a signature");
    (fixture, names)
}

/// The arguments of `command` without `--trust`.
fn trusting_nobody<'a>(names: &'a Names, command: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut args = names.args(command, &[]);
    args.truncate(9);
    args.extend(more);
    args
}

#[test]
fn invariant_7_nothing_is_counted_from_a_package_that_nobody_signed() {
    let (fixture, names) = unsigned();
    let out = fixture.path("out");
    let out = out.to_str().expect("UTF-8");
    let statement = ["--sign", "officer.key", "--out", out];
    let postgres = ["--postgres", "postgres://nobody@localhost/none"];
    let commands: [(&str, &[&str]); 6] = [
        ("count", &[]),
        ("verify", &[]),
        ("export", &["--what", "results"]),
        ("statement", &statement),
        ("rebuild", &postgres),
        ("run", &[]),
    ];
    for (command, more) in commands {
        let nobody = tally(&trusting_nobody(&names, command, more));
        assert_eq!(nobody.status.code(), Some(2), "{command}");
        assert!(stderr(&nobody).contains("--trust"), "{}", stderr(&nobody));
        let refused = tally(&names.args(command, more));
        let told = stderr(&refused);
        assert_eq!(refused.status.code(), Some(1), "{command}: {told}");
        assert!(told.contains("cannot use package"), "{told}");
        assert!(refused.stdout.is_empty(), "{}", stdout(&refused));
    }
    for (command, more) in &commands[3..] {
        let more = [more, &["--untrusted"][..]].concat();
        let refused = tally(&trusting_nobody(&names, command, &more));
        assert_eq!(
            refused.status.code(),
            Some(2),
            "{command} has no --untrusted"
        );
    }
}

#[test]
fn a_reader_who_trusts_nobody_reads_so_in_every_line() {
    let (_fixture, names) = unsigned();
    let read = |command, more: &[&str]| {
        let more = [more, &["--untrusted"]].concat();
        let output = tally(&trusting_nobody(&names, command, &more));
        assert!(output.status.success(), "{}", stderr(&output));
        stdout(&output)
    };
    for command in ["count", "verify"] {
        for line in read(command, &[]).lines().filter(|line| !line.is_empty()) {
            assert!(line.starts_with("UNTRUSTED PACKAGE | "), "{line}");
        }
        let json: Value = serde_json::from_str(&read(command, &["--json"])).expect("JSON");
        assert_eq!(json["package_signature"], "unchecked");
    }
    let counted: Value = serde_json::from_str(&read("count", &["--json"])).expect("JSON");
    for ballot in counted["ballots"].as_array().expect("ballots") {
        assert_eq!(ballot["package_signature"], "unchecked");
    }
    for what in ["results", "audit", "duplicates", "turnout"] {
        let csv = read("export", &["--what", what]);
        let mut lines = csv.lines();
        let header = lines.next().expect("a header");
        assert!(header.ends_with(",package_signature"), "{header}");
        for line in lines {
            assert!(line.ends_with(",unchecked"), "{line}");
        }
        let json = read("export", &["--what", what, "--format", "json"]);
        let rows: Value = serde_json::from_str(&json).expect("JSON");
        let rows = rows.as_array().expect("rows");
        assert!(!rows.is_empty(), "{what}");
        for row in rows {
            assert_eq!(row["package_signature"], "unchecked");
        }
    }
}
