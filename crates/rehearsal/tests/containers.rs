//! deploy/compose.yaml and deploy/kubernetes by judges of other people, and the real programs asked whether they take what
//! the manifests tell them. The tests themselves are Python, beside the manifests.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::path::Path;
use std::process::Command;

/// Runs a file of deploy/tests.
fn run(tests: &str) {
    let Some(python) = specimen::python() else {
        return;
    };
    support::programs(); // Built, where they are not.
    let programs = Path::new(env!("CARGO_BIN_EXE_rehearsal")).parent().unwrap();
    let mut run = Command::new(python);
    run.args(["-m", "unittest", tests])
        .current_dir(support::file("deploy/tests"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("SCRUTIN_PROGRAMS", programs);
    let output = run.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    eprintln!("{told}");
}

#[test]
fn compose_holds_what_it_promises() {
    run("test_compose");
}

#[test]
fn kubernetes_holds_what_it_promises() {
    run("test_kubernetes");
}
