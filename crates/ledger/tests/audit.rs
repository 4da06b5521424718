//! The auditor of docs/, which shares no code with this crate, reads the golden ledger and comes to
//! the same totals.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn audit(python: &Path, partition_dir: &Path) -> Output {
    Command::new(python)
        .arg(root().join("docs/audit_ledger.py"))
        .arg(partition_dir)
        .output()
        .expect("python runs")
}

#[test]
fn the_python_auditor_agrees_and_notices_damage() {
    let Some(python) = specimen::python() else {
        return;
    };
    let golden = root().join("fixtures/golden/ledger/v2/ledger/p0000");
    let output = audit(&python, &golden);
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for total in [
        "\"frames\": 6",
        "\"L2025-001\": 9",
        "\"E-RANKED\": 3",
        "\"duplicates\": 3",
    ] {
        assert!(printed.contains(total), "{total} not in {printed}");
    }

    let copy = tempfile::tempdir().expect("a directory");
    for number in 1..=3 {
        let name = format!("{number:08}.segment");
        let mut bytes = std::fs::read(golden.join(&name)).expect("golden");
        if number == 2 {
            bytes[700] ^= 1;
        }
        std::fs::write(copy.path().join(&name), bytes).expect("writable");
    }
    let output = audit(&python, copy.path());
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("00000002.segment, byte "));
}

/// It ended with a traceback of Python.
#[test]
fn the_python_auditor_says_what_to_install() {
    let Some(python) = specimen::python() else {
        return;
    };
    let output = Command::new(python)
        .arg("-S") // without the packages that are installed
        .arg(root().join("docs/audit_ledger.py"))
        .arg("p0000")
        .output()
        .expect("python runs");
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("pip install cbor2"), "{told}");
    assert!(!told.contains("Traceback"), "{told}");
}

/// A directory that does not exist was a ledger of no votes, and in good order.
#[test]
fn the_python_auditor_finds_no_ledger_where_there_is_none() {
    let Some(python) = specimen::python() else {
        return;
    };
    let empty = tempfile::tempdir().expect("a directory");
    let golden = root().join("fixtures/golden/ledger/v2/ledger");
    for dir in [empty.path(), &empty.path().join("nowhere"), &golden] {
        let output = audit(&python, dir);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{}: {told}", dir.display());
        assert!(told.contains("no ledger here"), "{told}");
        assert!(output.stdout.is_empty());
    }
}
