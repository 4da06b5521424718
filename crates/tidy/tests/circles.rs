//! No file of a crate may need another that needs it: a reader who follows the arrows gets to an end.

use std::path::Path;

use tidy::imports::{Modules, Uses, circles};

fn arrows(uses: &Uses, circle: &[String], root: &Path) -> String {
    let short = |file: &str| {
        let path = Path::new(file);
        let path = path.strip_prefix(root).unwrap_or(path);
        path.to_string_lossy().into_owned()
    };
    let mut text = String::new();
    for ((from, to), names) in uses {
        if circle.contains(from) && circle.contains(to) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let line = format!("  {} -> {}: {}\n", short(from), short(to), names.join(", "));
            text.push_str(&line);
        }
    }
    text
}

#[test]
fn no_file_of_a_crate_stands_in_a_circle() {
    let root = tidy::root();
    let mut told = String::new();
    for entry in std::fs::read_dir(root.join("crates")).expect("crates/ is there") {
        let sources = entry.expect("a readable entry").path().join("src");
        for name in ["lib.rs", "main.rs"] {
            let file = sources.join(name);
            if !file.exists() {
                continue;
            }
            let uses = Modules::read(&file).uses();
            for circle in circles(&uses) {
                told.push_str(&format!("circle of {} files:\n", circle.len()));
                told.push_str(&arrows(&uses, &circle, &root));
            }
        }
    }
    assert!(
        told.is_empty(),
        "move what both files of a circle need to a file of its own\n{told}"
    );
}

/// Files in circles in a crate whose inline modules stand for files.
fn in_circles(text: &str) -> Vec<Vec<String>> {
    circles(&Modules::of_text(text).uses())
}

#[test]
fn circles_are_found() {
    let cases: &[(&str, &[&str])] = &[
        (
            "mod a { pub struct A; } mod b { use super::a::A; fn b(_: A) {} }",
            &[],
        ),
        (
            "mod a { use crate::b::B; pub struct A; } mod b { use super::a::A; pub struct B; }",
            &["a", "b"],
        ),
        // By a path in the code, without an import.
        (
            "mod a { fn f() { crate::b::g(); } pub fn h() {} } mod b { pub fn g() { vec![crate::a::h()]; } }",
            &["a", "b"],
        ),
        // Through re-exports of the root, which are no arrows themselves.
        (
            "mod a { pub struct A; } mod b { use crate::A; pub struct B(A); } pub use a::A; pub use b::B;",
            &[],
        ),
        (
            "mod a { use crate::B; pub struct A(B); } mod b { use crate::A; pub struct B(A); } pub use a::A; pub use b::B;",
            &["a", "b"],
        ),
        // A parent that uses its child, and the child its parent.
        ("mod a { pub fn f() {} } fn g() { a::f(); }", &[]),
        (
            "mod a { pub fn f() { super::h(); } } fn g() { a::f(); } fn h() {}",
            &["a", "crate"],
        ),
        // Through a module's name, and through a glob.
        (
            "mod a { use crate::b; pub fn f() { b::g(); } } mod b { use crate::a::*; pub fn g() { f(); } }",
            &["a", "b"],
        ),
        // What only tests compile does not count.
        (
            "mod a { pub fn f() {} #[cfg(test)] mod tests { use crate::b::g; } } mod b { use crate::a::f; pub fn g() { f(); } }",
            &[],
        ),
    ];
    for (text, expected) in cases {
        let found = in_circles(text);
        let expected: Vec<Vec<String>> = if expected.is_empty() {
            Vec::new()
        } else {
            vec![expected.iter().map(|&file| file.to_owned()).collect()]
        };
        assert_eq!(found, expected, "{text}");
    }
}
