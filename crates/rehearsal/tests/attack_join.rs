//! What the attacker of `docs/attack_join.py`, who shares no code with the programs, joins: nearly every
//! vote of the first format, kept in `fixtures/before`. What it must see in the second format stands in
//! `attack_join.py` beside this file.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// The attack on the ledger of before, with everything that lies beside it, and with what `more` adds.
fn attacked(interpreter: &Path, more: &[&str]) -> Value {
    let before = support::file("fixtures/before");
    let mut attack = Command::new(interpreter);
    attack
        .arg(support::file("docs/attack_join.py"))
        .current_dir(before)
        .args(["--ledger", "ledger", "--package", "package", "--json"])
        .args(["--results", "results.jsonl", "--receipts", "receipts.csv"])
        .args(["--audit", "audit-1.csv", "audit-2.csv"])
        .args(["--truth", "truth.csv"])
        .args(more);
    let output = attack.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn number(told: &Value) -> u64 {
    told.as_u64().unwrap()
}

/// Whether so many are more than 95 of 100 votes.
fn nearly_all(joined: u64, told: &Value) -> bool {
    joined * 100 > number(&told["votes"]) * 95
}

#[test]
fn whoever_held_the_one_key_of_the_first_format_joined_nearly_every_vote() {
    let Some(interpreter) = specimen::python() else {
        return;
    };
    let told = attacked(&interpreter, &["--key", "box.key"]);
    assert_eq!((number(&told["format"]), number(&told["votes"])), (1, 300));
    let opened = &told["ways"]["frames"];
    assert!(nearly_all(number(&opened["right"]), &told), "{told}");
    assert_eq!(number(&told["wrong"]), 0, "{told}");
    let receipts = &told["receipts"];
    assert_eq!(receipts["given"], receipts["in_their_frame"], "{told}");
    let alone = number(&receipts["alone_in_it"]);
    assert!(nearly_all(alone, &told), "{told}");
}

/// Live results moved with every frame, and a frame held one vote: no key was needed. Of a ranking they
/// told the first preference.
#[test]
fn whoever_read_the_results_of_the_first_format_needed_no_key() {
    let Some(interpreter) = specimen::python() else {
        return;
    };
    let told = attacked(&interpreter, &[]);
    let results = &told["ways"]["results"];
    let right = number(&results["right"]) + number(&results["first_preferences_right"]);
    assert!(nearly_all(right, &told), "{told}");
    assert_eq!(number(&told["wrong"]), 0, "{told}");
    assert!(number(&told["ways"]["exports"]["right"]) > 0, "{told}");
}

#[test]
fn the_attacker_sees_every_mistake_in_the_second_format_and_nothing_else() {
    let Some(interpreter) = specimen::python() else {
        return;
    };
    let own_tests = support::file("crates/rehearsal/tests/attack_join.py");
    let output = Command::new(interpreter).arg(own_tests).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    assert!(told.contains("\nOK"), "{told}");
}
