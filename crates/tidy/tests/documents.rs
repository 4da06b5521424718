//! What the documents promise about the code.

use std::collections::BTreeSet;

const INVARIANTS: usize = 9;

/// Numbers N for which some test is called `invariant_N_...`.
fn tested_invariants() -> BTreeSet<usize> {
    let mut tested = BTreeSet::new();
    for source in tidy::sources() {
        let mut lines = source.text.lines().peekable();
        while let Some(line) = lines.next() {
            let is_test =
                line.trim().starts_with("#[test]") || line.trim().starts_with("#[tokio::test");
            let Some(next) = lines.peek().filter(|_| is_test) else {
                continue;
            };
            let Some((_, rest)) = next.split_once("fn invariant_") else {
                continue;
            };
            tested.extend(
                rest.split('_')
                    .next()
                    .and_then(|number| number.parse::<usize>().ok()),
            );
        }
    }
    tested
}

#[test]
fn every_invariant_is_written_down_and_has_a_test_that_names_it() {
    let architecture = tidy::document("ARCHITECTURE.md");
    let tested = tested_invariants();
    for number in 1..=INVARIANTS {
        assert!(
            architecture.contains(&format!("**Architecture invariant {number}:")),
            "ARCHITECTURE.md does not state invariant {number}"
        );
        assert!(
            tested.contains(&number),
            "no test is called invariant_{number}_..."
        );
    }
}

#[test]
fn the_readme_names_every_crate() {
    let readme = tidy::document("README.md");
    for entry in std::fs::read_dir(tidy::root().join("crates")).expect("crates/ is there") {
        let name = entry
            .expect("a readable entry")
            .file_name()
            .to_string_lossy()
            .into_owned();
        assert!(
            readme.contains(&format!("`{name}`")),
            "README.md does not name crate {name}"
        );
    }
}

#[test]
fn every_dependency_says_what_it_is_for() {
    let manifest = tidy::document("Cargo.toml");
    let section = manifest
        .split("[workspace.dependencies]")
        .nth(1)
        .and_then(|rest| rest.split("\n[").next())
        .expect("the workspace declares its dependencies");
    for line in section.lines().filter(|line| line.contains(" = ")) {
        let ours = line.contains("path = ");
        assert!(
            ours || line.contains('#'),
            "Cargo.toml: no reason beside `{line}`"
        );
    }
}

/// Where `docs/threats.md` says that a test lies: Rust below `crates/`, Python below the root.
fn is_there(path: &str, name: &str) -> bool {
    let is_python = std::path::Path::new(path)
        .extension()
        .is_some_and(|extension| extension == "py");
    let (folder, function) = if is_python {
        ("", format!("def {name}("))
    } else {
        ("crates/", format!("fn {name}("))
    };
    let text = std::fs::read_to_string(tidy::root().join(format!("{folder}{path}")));
    text.is_ok_and(|text| text.contains(&function))
}

#[test]
fn every_test_that_the_threats_name_is_there() {
    let threats = tidy::document("docs/threats.md");
    let words = threats.split('`').skip(1).step_by(2);
    let named: Vec<(&str, &str)> = words.filter_map(|word| word.split_once("::")).collect();
    assert!(named.len() > 50, "only {} tests are named", named.len());
    let missing: Vec<_> = (named.iter())
        .filter(|(path, name)| !is_there(path, name))
        .collect();
    assert!(missing.is_empty(), "no such tests: {missing:?}");
}

#[test]
fn a_test_that_is_not_there_is_noticed() {
    assert!(is_there("tidy/tests/documents.rs", "is_there"));
    assert!(!is_there("tidy/tests/documents.rs", "was_there"));
    assert!(!is_there("tidy/tests/document.rs", "is_there"));
}
