//! Counts contest files and prints one line each: `cargo run -p counting --example cases -- FILE...`
//!
//! With `expected` in a file, every round is compared and the last line says how many agree.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use counting::case::{Case, json};
use serde_json::Value;

fn main() -> ExitCode {
    let mut files: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    if files.is_empty() {
        files = fixtures();
    }
    let mut agree = 0;
    for file in &files {
        let name = file.file_stem().unwrap_or_default().display();
        match compare(file, true) {
            Ok(()) => {
                agree += 1;
                println!("{name}: agrees");
            }
            Err(why) => println!("{name}: {why}"),
        }
    }
    println!("{agree} of {}", files.len());
    if agree == files.len() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The contests of `fixtures/ranked/`, by name.
pub(crate) fn fixtures() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/ranked");
    let entries = std::fs::read_dir(dir)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    let mut files: Vec<PathBuf> = entries
        .filter(|path| path.extension() == Some("json".as_ref()))
        .collect();
    files.sort();
    files
}

/// Hands the contest over without what is expected, with the expected ties as drawn lots where
/// `with_lots`; the error is the first difference.
pub(crate) fn compare(path: &Path, with_lots: bool) -> Result<(), String> {
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    let mut file: Value = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
    let expected = file
        .as_object_mut()
        .and_then(|object| object.remove("expected"));
    let expected = expected.ok_or("nothing is expected in this file")?;
    if let Some(ties) = expected.get("ties").filter(|_| with_lots) {
        file["lots"] = ties.clone();
    }
    let case = Case::parse(file.to_string().as_bytes()).map_err(|error| error.to_string())?;
    if let Some(warning) = case.warnings.first() {
        return Err(format!("warning: {warning}"));
    }
    let tabulation = case.tabulate().map_err(|error| error.to_string())?;
    let got: Value = serde_json::from_str(&json(&case.contest, &tabulation))
        .map_err(|error| error.to_string())?;
    let keys = expected.as_object().ok_or("`expected` is no object")?;
    match keys.iter().find(|(key, value)| got[*key] != **value) {
        None => Ok(()),
        Some((key, value)) => Err(format!("{key} differs: {} expected {value}", got[key])),
    }
}
