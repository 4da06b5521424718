//! Both languages have every message, with the same variables, and every message is used.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use election::Language;

use super::*;

/// Ids of a file, each with the variables of its whole message.
fn variables(files: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in files {
        let mut current = String::new();
        for line in file.lines().filter(|line| !line.starts_with('#')) {
            if let Some(id) = ids_of(line).next() {
                current = id.to_owned();
                assert!(
                    found.insert(current.clone(), BTreeSet::new()).is_none(),
                    "{id} is written twice"
                );
            }
            let names = found.entry(current.clone()).or_default();
            names.extend(placeholders(line));
        }
    }
    found.remove("");
    found
}

/// `$name` of Fluent and `%name%` of scripts.
fn placeholders(line: &str) -> Vec<String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let fluent = line.split('$').skip(1);
    let fluent =
        fluent.map(|rest| format!("${}", rest.split(|c| !is_name(c)).next().unwrap_or("")));
    let script = line.split('%').skip(1).step_by(2);
    let script = script.filter(|name| !name.is_empty() && name.chars().all(is_name));
    fluent
        .chain(script.map(|name| format!("%{name}%")))
        .collect()
}

#[test]
fn both_languages_have_every_message_with_the_same_variables() {
    assert_eq!(variables(FR), variables(EN));
    for file in FR.iter().chain(EN) {
        if let Err((_, errors)) = FluentResource::try_new((*file).to_owned()) {
            panic!("{errors:?}");
        }
    }
}

#[test]
fn every_message_formats_in_both_languages() {
    for lang in Language::ALL {
        let t = Messages::of(lang);
        for (id, names) in variables(FR) {
            let args: FluentArgs<'_> = names
                .iter()
                .filter_map(|name| Some((name.strip_prefix('$')?, FluentValue::from(2))))
                .collect();
            let pattern = t.bundle.get_message(&id).and_then(|m| m.value());
            let mut errors = Vec::new();
            let pattern = pattern.unwrap_or_else(|| panic!("{id} has no value"));
            t.bundle.format_pattern(pattern, Some(&args), &mut errors);
            assert!(errors.is_empty(), "{lang:?} {id}: {errors:?}");
        }
    }
}

/// Templates, sources and modules of this crate, tests left out.
fn sources() -> String {
    fn read(folder: &Path, text: &mut String) {
        for entry in std::fs::read_dir(folder).expect("a folder of this crate") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                read(&path, text);
            } else if path.file_name().is_some_and(|name| name != "tests.rs") {
                text.push_str(&std::fs::read_to_string(&path).expect("a text"));
            }
        }
    }
    let mut text = String::new();
    for folder in ["src", "templates", "assets"] {
        read(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join(folder),
            &mut text,
        );
    }
    text
}

/// Scripts name these by putting an id together.
const COMPOSED: &[&str] = &[
    "ordinal-", "sending-", "busy-", "offline-", "stopped-", "found-",
];

#[test]
fn every_message_is_used_and_every_used_message_exists() {
    let (known, sources) = (variables(FR), sources());
    for id in known.keys() {
        let own = ["script-", "rank-", "live-", "watch-"]
            .iter()
            .find_map(|prefix| id.strip_prefix(prefix));
        let composed = own.is_some_and(|own| COMPOSED.iter().any(|stem| own.starts_with(stem)));
        let used = sources.contains(&format!("\"{}\"", own.unwrap_or(id)));
        assert!(used || composed, "{id} is used nowhere");
    }
    for call in ["t.get(\"", "t.fill(\"", "t().get(\"", "t().fill(\""] {
        for rest in sources.split(call).skip(1) {
            let id = rest.split('"').next().unwrap_or_default();
            assert!(known.contains_key(id), "{id} is no message");
        }
    }
}

#[test]
fn french_marks_stand_after_a_space_that_does_not_break() {
    for file in FR {
        for line in file.lines().filter(|line| !line.starts_with('#')) {
            for mark in [" :", " ;", " ?", " !", " »", "« "] {
                assert!(!line.contains(mark), "a plain space in `{line}`");
            }
        }
    }
}
