//! A ledger that is missing, that vanishes under the running process, or that comes back older: each is
//! refused with a remedy, and no voter votes twice. docs/rollback.md tells people what to do.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;

use crate::fixture::{Fixture, Voter};
use crate::server::{Server, init, run};

const LAW: &str = "L2025-001";
const ABORTED: i32 = 6;

/// The program ends by itself and says all of this.
fn refused(arguments: &[String], more: &[&str], said: &[&str]) {
    let output = run(arguments, more);
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    for words in said {
        assert!(text.contains(words), "{words:?} is not in: {text}");
    }
}

fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").arg(from).arg(to).status();
    assert!(copied.unwrap().success());
}

/// Names and bytes of all files below a directory, as one text.
fn contents(dir: &Path) -> String {
    let listed = Command::new("sh")
        .args(["-c", "find . -type f | sort | xargs -r sha256sum"])
        .current_dir(dir)
        .output();
    String::from_utf8(listed.unwrap().stdout).unwrap()
}

#[test]
fn invariant_10_a_start_without_a_ledger_makes_none() {
    let fixture = Fixture::new();
    let arguments = fixture.arguments("data");
    refused(
        &arguments,
        &[],
        &["holds no ledger", "mount the disk", "validator init"],
    );
    assert!(!fixture.path("data").exists(), "nothing was made");
    init(&arguments);
    let again = [&["init".to_owned()], arguments.as_slice()].concat();
    refused(&again, &[], &["a ledger was begun here before"]);
    let server = Server::start(&fixture, &[]);
    assert_eq!(server.vote(Voter(0), LAW, "oui").status, 202);
}

#[test]
fn invariant_10_a_ledger_that_vanishes_stops_the_service() {
    let fixture = Fixture::new();
    let arguments = fixture.arguments("data");
    let mut server = Server::start(&fixture, &[]);
    assert_eq!(server.vote(Voter(0), LAW, "oui").status, 202);
    let (ledger, aside) = (fixture.path("data/ledger"), fixture.path("unmounted"));
    rustix::fs::rename(&ledger, &aside).unwrap();
    // Without any vote: it is looked at once a second.
    assert_eq!(server.wait().signal(), Some(ABORTED));
    assert!(
        server.log().contains("is not the file any more"),
        "{}",
        server.log()
    );
    let evidence = contents(&fixture.path("data"));
    refused(&arguments, &[], &["holds no ledger"]);
    assert_eq!(contents(&fixture.path("data")), evidence);
    rustix::fs::rename(&aside, &ledger).unwrap();
    let server = Server::start(&fixture, &[]);
    assert_eq!(
        server.vote(Voter(0), LAW, "oui").status,
        409,
        "voted before"
    );
}

#[test]
fn invariant_3_an_older_copy_lets_nobody_vote_twice() {
    let fixture = Fixture::new();
    let arguments = fixture.arguments("data");
    let (ledger, older) = (fixture.path("data/ledger"), fixture.path("older"));
    for voter in 0..2 {
        let mut server = Server::start(&fixture, &[]);
        assert_eq!(server.vote(Voter(voter), LAW, "oui").status, 202);
        server.terminate();
        assert!(server.wait().success());
        if voter == 0 {
            copy(&ledger, &older);
        }
    }
    let newest = fixture.path("newest");
    rustix::fs::rename(&ledger, &newest).unwrap();
    copy(&older, &ledger);
    let evidence = contents(&fixture.path("data"));
    let said = ["older copy or another history", "--accept-rollback 1 "];
    refused(&arguments, &[], &said);
    refused(&arguments, &["--accept-rollback", "2"], &said);
    assert_eq!(
        contents(&fixture.path("data")),
        evidence,
        "nothing was changed"
    );
    // A person decides: what came after is given up, and the evidence is kept.
    let server = Server::start(&fixture, &["--accept-rollback", "1"]);
    assert_eq!(server.vote(Voter(1), LAW, "oui").status, 202);
    assert!(server.log().contains(".voted.kept-1"), "{}", server.log());
    server.kill();
    assert!(
        fixture
            .path("data/voted")
            .join(LAW)
            .join("0000.voted.kept-1")
            .exists()
    );
}
