//! The public test set of a certified tabulator, every round of it: `fixtures/ranked/`.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use counting::case::{Case, json};
use serde_json::Value;
use std::path::{Path, PathBuf};

fn contests() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/ranked");
    let entries = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .collect();
    files.sort();
    files
}

/// Hands the contest over without what is expected, with the expected ties as drawn lots where
/// `with_lots`, and returns the first difference.
fn difference(path: &Path, with_lots: bool) -> Option<String> {
    let mut file: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let expected = file.as_object_mut().unwrap().remove("expected").unwrap();
    if with_lots {
        file["lots"] = expected["ties"].clone();
    }
    let case = match Case::parse(&serde_json::to_vec(&file).unwrap()) {
        Ok(case) => case,
        Err(error) => return Some(error.to_string()),
    };
    if !case.warnings.is_empty() {
        return Some(format!("warnings: {:?}", case.warnings));
    }
    let tabulation = match case.tabulate() {
        Ok(tabulation) => tabulation,
        Err(error) => return Some(error.to_string()),
    };
    let got: Value = serde_json::from_str(&json(&case.contest, &tabulation)).unwrap();
    let rounds = expected["rounds"].as_array().unwrap();
    for (at, round) in rounds.iter().enumerate() {
        if got["rounds"][at] != *round {
            return Some(format!(
                "round {}: {} expected {round}",
                at + 1,
                got["rounds"][at]
            ));
        }
    }
    let differs = expected
        .as_object()
        .unwrap()
        .iter()
        .find(|(key, value)| got[*key] != **value);
    differs.map(|(key, value)| format!("{key}: {} expected {value}", got[key]))
}

fn check(with_lots: bool) {
    let contests = contests();
    let mut right = 0;
    for path in &contests {
        match difference(path, with_lots) {
            None => right += 1,
            Some(difference) => println!("{}: {difference}", path.display()),
        }
    }
    println!("{right} of {}", contests.len());
    assert_eq!(right, contests.len());
    assert_eq!(contests.len(), 33);
}

#[test]
fn every_round_of_every_contest_is_reproduced_with_the_lots_that_were_drawn() {
    check(true);
}

/// The seeds and orders of the contests themselves lead to the ties' same ends.
#[test]
fn every_round_of_every_contest_is_reproduced_without_lots() {
    check(false);
}
