//! The README, typed as it stands by somebody who has just cloned the project: every line of its `sh`
//! blocks runs, in an empty directory with the fixtures. Lines of `make` are only looked up by make.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use rehearsal::services::Addresses;

use support::typed::{Block, blocks, on_addresses, script, type_in};

const README: &str = include_str!("../../../README.md");
/// The officer chooses a password and repeats it, gives it to sign the package, and the statement.
const TYPED: &str = "one night\none night\none night\none night\n";

/// The commands of a section, which begins with its heading.
fn section(heading: &str) -> Vec<Block> {
    let sections: Vec<&str> = README.split("\n## ").collect();
    let found: Vec<&&str> = sections
        .iter()
        .filter(|text| text.starts_with(heading))
        .collect();
    assert_eq!(found.len(), 1, "sections called {heading}");
    blocks(found[0])
}

/// What has to be typed, in an order in which the servers that "Try it" needs are there.
fn typed() -> (Vec<Block>, Vec<Block>) {
    let mut before = blocks(README.split("\n## ").next().unwrap());
    let mut by_hand = section("By hand");
    let serving = by_hand
        .iter()
        .position(|block| block.commands.contains("& servers="));
    let later = by_hand.split_off(serving.expect("a block that starts the servers") + 1);
    before.extend(by_hand);
    let mut after = section("Try it");
    after.extend(later);
    (before, after)
}

/// The script of a directory: other ports than the page's, make without making, and a wait for servers
/// that a person would not notice.
fn commands(at: Addresses, repository: &Path) -> String {
    let (before, after) = typed();
    let wait = Block {
        commands: format!(
            "wait_for() {{ for i in $(seq 300); do curl -sf $1 >/dev/null && return; sleep 0.1; done; false; }}\n\
             wait_for http://{}/readyz\nwait_for http://{}/api/v1/results/L2025-001\n",
            at.internal, at.results
        ),
        printed: Vec::new(),
    };
    let all: Vec<Block> = before.into_iter().chain([wait]).chain(after).collect();
    let typed = on_addresses(&script(&all), at);
    format!(
        "make() {{ command make --dry-run --directory={repository:?} \"$@\" >/dev/null; }}\n\
         trap 'kill $servers 2>/dev/null || true' EXIT\n{typed}"
    )
}

#[test]
fn every_line_of_the_readme_runs() {
    let home = tempfile::tempdir().unwrap();
    let (dir, printed) = (home.path().join("scrutin"), home.path().join("printed"));
    let repository: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let repository = repository.canonicalize().unwrap();
    fs::create_dir(&dir).unwrap();
    fs::create_dir(&printed).unwrap();
    symlink(repository.join("fixtures"), dir.join("fixtures")).unwrap();
    let at = Addresses::free().unwrap();
    let succeeded = type_in(&dir, &commands(at, &repository), TYPED);
    let mut texts = Vec::new();
    for number in 0.. {
        match fs::read_to_string(printed.join(number.to_string())) {
            Ok(text) => texts.push(text),
            Err(_) => break,
        }
    }
    let all = texts.join("\n--- next block\n");
    assert!(succeeded, "a command failed:\n{all}");
    assert_eq!(all.matches(" 202 Accepted").count(), 2, "two votes:\n{all}");
    assert!(all.contains("\nverified"), "{all}");
}

/// A block that no section above holds would be run by nobody.
#[test]
fn every_block_of_the_readme_is_typed() {
    let (before, after) = typed();
    assert_eq!(before.len() + after.len(), blocks(README).len());
    let fences = README.matches("\n```").count() / 2;
    assert_eq!(
        fences - blocks(README).len(),
        1,
        "but for the picture, each block is sh"
    );
}
