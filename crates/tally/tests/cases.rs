//! The contests with known results through `tally contest`, as somebody else would hand them over:
//! without what is expected, with the ties that were decided by lot as lots.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn contests() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/ranked");
    let entries = fs::read_dir(dir).expect("the contests").flatten();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension() == Some("json".as_ref()))
        .collect();
    files.sort();
    files
}

/// The members whose values differ; none where all are as expected.
fn differences(file: &Path, home: &Path) -> Vec<String> {
    let mut contest: Value =
        serde_json::from_slice(&fs::read(file).expect("readable")).expect("JSON");
    let expected = contest["expected"].take();
    contest
        .as_object_mut()
        .expect("an object")
        .remove("expected");
    contest["lots"] = expected["ties"].clone();
    let handed = home.join("contest.json");
    fs::write(&handed, contest.to_string()).expect("written");
    let output = Command::new(env!("CARGO_BIN_EXE_tally"))
        .args(["contest", "--json"])
        .arg(&handed)
        .output()
        .expect("tally runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", file.display());
    let got: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let members = expected.as_object().expect("an object").keys();
    let differ = members.filter(|member| got[member.as_str()] != expected[member.as_str()]);
    differ.cloned().collect()
}

#[test]
fn every_contest_is_counted_round_by_round_as_expected() {
    let home = tempfile::TempDir::new().expect("a private directory");
    let files = contests();
    assert!(files.len() >= 33, "only {} contests", files.len());
    let mut agree = 0;
    for file in &files {
        let differences = differences(file, home.path());
        if differences.is_empty() {
            agree += 1;
        } else {
            println!("{}: {} differ", file.display(), differences.join(", "));
        }
    }
    println!("{agree} of {}", files.len());
    assert_eq!(agree, files.len());
}
