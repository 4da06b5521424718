//! One style of imports: the standard library, then other crates, then this crate, a blank line
//! between them. It is what rustfmt calls group_imports = "StdExternalCrate", which its stable version cannot keep.

use tidy::Source;

/// A `use` at the top level of a file.
struct Import {
    /// Line on which it begins, from 1.
    line: usize,
    /// 0: standard library, 1: another crate, 2: this crate.
    group: u8,
    /// Whether a blank line stands before it.
    apart: bool,
    /// Whether only blank lines and attributes stand between it and the import before.
    follows: bool,
}

fn imports(source: &Source) -> Vec<Import> {
    let lines: Vec<&str> = source.text.lines().collect();
    let children: Vec<&str> = lines
        .iter()
        .filter_map(|line| line.split_once("mod "))
        .filter(|(before, _)| before.is_empty() || before.starts_with("pub"))
        .map(|(_, name)| name.trim_end_matches([';', ' ', '{']))
        .collect();
    let mut found = Vec::new();
    let (mut apart, mut follows, mut inside) = (false, false, false);
    for (line, number) in lines.iter().zip(1..) {
        if inside {
            inside = !line.ends_with(';');
        } else if let Some(path) = line.strip_prefix("use ") {
            found.push(Import {
                line: number,
                group: group(path, &children),
                apart,
                follows,
            });
            inside = !line.ends_with(';');
            (apart, follows) = (false, true);
        } else if line.is_empty() {
            apart = true;
        } else if !line.starts_with("#[") {
            (apart, follows) = (false, false);
        }
    }
    found
}

fn group(path: &str, children: &[&str]) -> u8 {
    let root = path.split([':', ';', ' ']).next().unwrap_or(path);
    match root {
        "std" | "core" | "alloc" => 0,
        "crate" | "self" | "super" => 2,
        child if children.contains(&child) => 2,
        _ => 1,
    }
}

/// The first import that stands in the wrong place.
fn fault(source: &Source) -> Option<usize> {
    let imports = imports(source);
    let wrong = |pair: &&[Import]| {
        let [before, after] = pair else { return false };
        let in_order = before.group <= after.group;
        let parted = (before.group != after.group) == after.apart;
        after.follows && !(in_order && parted)
    };
    let found = imports.windows(2).find(wrong)?;
    Some(found[1].line)
}

#[test]
fn imports_stand_in_one_order() {
    let mut faults = Vec::new();
    for source in tidy::sources() {
        if let Some(line) = fault(&source) {
            faults.push(format!("{}:{line}", source.path));
        }
    }
    assert!(
        faults.is_empty(),
        "{} files have their imports in another order than std, other crates, this crate, with a \
         blank line between:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

#[test]
fn another_order_is_found() {
    let of = |text: &str| {
        fault(&Source {
            path: "crates/x/src/y.rs".to_owned(),
            text: text.to_owned(),
        })
    };
    assert_eq!(of("use std::fs;\n\nuse serde::A;\n\nuse crate::B;\n"), None);
    assert_eq!(of("use crate::B;\nuse serde::A;\n"), Some(2));
    assert_eq!(of("use std::fs;\nuse serde::A;\n"), Some(2));
    assert_eq!(of("use serde::A;\n\nuse serde::B;\n"), Some(3));
    assert_eq!(of("mod child;\n\nuse serde::A;\n\nuse child::B;\n"), None);
}
