//! The house rules as data: which crate may know which, and what the sources must look like.
//!
//! The rules are checked by `tests/`; this library only reads the tree, so that each test says
//! one rule and nothing about walking directories. CONTRIBUTING.md explains the rules to people.

pub mod comments;
pub mod imports;

use std::fs;
use std::path::{Path, PathBuf};

/// The root of the workspace: the folder that holds `crates/`.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("crates/tidy lies two levels below the root")
        .to_path_buf()
}

/// One Rust source file of the workspace.
pub struct Source {
    /// Path from the root, with `/` between its parts: `crates/ledger/src/frame.rs`.
    pub path: String,
    /// The whole text of the file.
    pub text: String,
}

/// A function as it stands in a file that rustfmt has formatted.
pub struct Function {
    /// Name of the function, without what it belongs to.
    pub name: String,
    /// First line, counted from 1.
    pub line: usize,
    /// Lines from the signature to the closing brace, both included.
    pub lines: usize,
}

impl Source {
    /// Name of the crate whose folder holds this file.
    pub fn crate_name(&self) -> &str {
        self.path.split('/').nth(1).unwrap_or_default()
    }

    /// Functions with a body, longest span first in source order. Relies on rustfmt: the closing
    /// brace of a function stands alone at the indentation of its signature.
    pub fn functions(&self) -> Vec<Function> {
        let lines: Vec<&str> = self.text.lines().collect();
        let mut found = Vec::new();
        for (index, line) in lines.iter().enumerate() {
            let Some(name) = function_name(line) else {
                continue;
            };
            let indent = line.len() - line.trim_start().len();
            let closing = format!("{}}}", " ".repeat(indent));
            let end = lines[index..].iter().position(|l| *l == closing);
            let semicolon = lines[index..]
                .iter()
                .position(|l| l.ends_with(';') && !l.contains(" = "));
            match (end, semicolon) {
                (Some(end), Some(semi))
                    if semi < end && !body_opens(&lines[index..=index + semi]) => {}
                (Some(end), _) => {
                    found.push(Function {
                        name: name.to_owned(),
                        line: index + 1,
                        lines: end + 1,
                    });
                }
                (None, _) => {}
            }
        }
        found
    }
}

fn body_opens(lines: &[&str]) -> bool {
    lines.iter().any(|line| line.ends_with('{'))
}

fn function_name(line: &str) -> Option<&str> {
    let mut words = line.trim_start();
    for prefix in [
        "pub(crate) ",
        "pub(super) ",
        "pub ",
        "default ",
        "const ",
        "async ",
        "unsafe ",
    ] {
        words = words.strip_prefix(prefix).unwrap_or(words);
    }
    let rest = words.strip_prefix("fn ")?;
    rest.split(['(', '<']).next()
}

/// Every Rust file below `crates/`, in the order of their paths.
pub fn sources() -> Vec<Source> {
    let root = root();
    let mut paths = Vec::new();
    collect(&root.join("crates"), &mut paths);
    paths.sort();
    paths
        .into_iter()
        .map(|path| Source {
            text: fs::read_to_string(&path).expect("a source file is readable UTF-8"),
            path: path
                .strip_prefix(&root)
                .expect("collected below the root")
                .to_string_lossy()
                .replace('\\', "/"),
        })
        .collect()
}

/// Text of a file at the root, such as `ARCHITECTURE.md`.
pub fn document(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The documents for people, README.md and the like first, then `docs/`: paths from the root, and
/// texts.
pub fn documents() -> Vec<(String, String)> {
    let mut names: Vec<String> = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"]
        .map(str::to_owned)
        .to_vec();
    for entry in fs::read_dir(root().join("docs")).expect("docs/ is there") {
        let name = entry.expect("a readable entry").file_name();
        let name = name.to_string_lossy();
        if name.ends_with(".md") {
            names.push(format!("docs/{name}"));
        }
    }
    names.sort();
    names
        .into_iter()
        .map(|name| {
            let text = document(&name);
            (name, text)
        })
        .collect()
}

fn collect(directory: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a readable directory") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            collect(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}
