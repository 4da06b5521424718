//! The program itself: its refusals, and that no child outlives it.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

fn rehearsal(args: &[&str]) -> Command {
    support::programs();
    let mut command = Command::new(env!("CARGO_BIN_EXE_rehearsal"));
    command
        .args(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

#[test]
fn refusals_name_the_remedy() {
    let dir = tempfile::tempdir().unwrap();
    let existing = dir.path().to_str().unwrap();
    for (args, code, said) in [
        (&["demo", "--dir", existing][..], 1, "--force"),
        (
            &["demo", "--dir", existing, "--force"],
            1,
            "was not made by a rehearsal",
        ),
        (&["crash", "--kills", "0"], 2, "--kills"),
        (&["demo", "--voters", "3"], 2, "--voters"),
        (&["demo", "--force"], 2, "--dir"),
        (&["party"], 2, "unrecognized subcommand"),
    ] {
        let output = rehearsal(args).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {text}");
        assert!(text.contains(said), "{args:?}: {text}");
    }
}

#[test]
fn serve_says_which_port_is_taken() {
    let _ours_or_anothers = std::net::TcpListener::bind("127.0.0.1:8000");
    let output = rehearsal(&["serve"]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("127.0.0.1:8000 is taken"), "{text}");
}

/// Processes whose command line names `dir`.
fn processes_of(dir: &Path) -> Vec<String> {
    let dir = dir.to_str().unwrap();
    let lines = fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let line = fs::read(entry.ok()?.path().join("cmdline")).ok()?;
        Some(String::from_utf8_lossy(&line).replace('\0', " "))
    });
    lines.filter(|line| line.contains(dir)).collect()
}

fn wait_for(what: &str, child: &mut Child, ready: impl Fn() -> bool) {
    let start = Instant::now();
    while !ready() {
        assert!(child.try_wait().unwrap().is_none(), "ended before {what}");
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "no {what} within a minute"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// SIGTERM in the middle of voting: status 130, and validator, tally and loadgen are gone.
#[test]
fn no_child_outlives_an_interrupted_rehearsal() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("site");
    let mut child = rehearsal(&["demo", "--voters", "2000", "--dir", root.to_str().unwrap()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_for("voting", &mut child, || {
        processes_of(&root)
            .iter()
            .any(|line| line.contains("loadgen"))
    });
    let pid = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let gone = Instant::now();
    while !processes_of(&root).is_empty() {
        assert!(
            gone.elapsed() < Duration::from_secs(5),
            "left: {:?}",
            processes_of(&root)
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}
