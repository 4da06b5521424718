//! Counts contest files and prints one line each: `cargo run -p counting --example cases -- FILE...`
//!
//! With `expected` in a file, every round is compared and the last line says how many agree.

use counting::case::{Case, json};
use serde_json::Value;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut files: Vec<_> = std::env::args_os()
        .skip(1)
        .map(std::path::PathBuf::from)
        .collect();
    if files.is_empty() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/ranked");
        let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
        files = entries
            .map(|e| e.path())
            .filter(|p| p.extension() == Some("json".as_ref()))
            .collect();
        files.sort();
    }
    let mut agree = 0;
    for file in &files {
        let name = file.file_stem().unwrap_or_default().display();
        match compare(file) {
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

/// Hands the contest over without what is expected, the expected ties as drawn lots.
fn compare(path: &Path) -> Result<(), String> {
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    let mut file: Value = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
    let expected = file
        .as_object_mut()
        .and_then(|object| object.remove("expected"));
    let expected = expected.ok_or("nothing is expected in this file")?;
    if let Some(ties) = expected.get("ties") {
        file["lots"] = ties.clone();
    }
    let case = Case::parse(file.to_string().as_bytes()).map_err(|error| error.to_string())?;
    let tabulation = case.tabulate().map_err(|error| error.to_string())?;
    let got: Value = serde_json::from_str(&json(&case.contest, &tabulation))
        .map_err(|error| error.to_string())?;
    let keys = expected.as_object().ok_or("`expected` is no object")?;
    match keys.iter().find(|(key, value)| got[*key] != **value) {
        None => Ok(()),
        Some((key, value)) => Err(format!("{key} differs: {} expected {value}", got[key])),
    }
}
