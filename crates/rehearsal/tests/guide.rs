//! The operator's guide, `docs/offline.md`, typed as it stands: prose rots, so its commands are run
//! in order in an empty directory, and each line that it says they print must be printed.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::fs;
use std::path::Path;

use rehearsal::services::Addresses;

use support::typed::{Block, blocks, on_addresses, script, type_in};

const GUIDE: &str = include_str!("../../../docs/offline.md");
/// The example, and the files that it names.
const EVENT: [(&str, &str); 4] = [
    (
        "election.toml",
        include_str!("../../../fixtures/election.toml"),
    ),
    (
        "regions.geojson",
        include_str!("../../../fixtures/regions.geojson"),
    ),
    (
        "baseline.csv",
        include_str!("../../../fixtures/baseline.csv"),
    ),
    ("logo.svg", include_str!("../../../fixtures/logo.svg")),
];
/// Two officers choose a password and repeat it, and give it once when they sign.
const TYPED: &str = "one night\none night\ntwo nights\ntwo nights\none night\ntwo nights\n";

/// A line without what differs from run to run: numbers, sums, key ids, and spaces.
fn shape(line: &str) -> String {
    let varies =
        |word: &&str| word.len() >= 16 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let separators = |c: char| !c.is_ascii_alphanumeric();
    let mut shape = line.to_owned();
    for word in line.split(separators).filter(varies) {
        shape = shape.replace(word, "*");
    }
    shape.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a line is the one expected, in which `...` stands for anything.
fn fits(line: &str, expected: &str) -> bool {
    let (line, expected) = (shape(line), shape(expected));
    match expected.split_once("...") {
        Some((start, end)) => line.starts_with(start) && line.ends_with(end),
        None => line == expected,
    }
}

#[test]
fn the_guide_s_commands_run_and_print_what_it_says() {
    let home = tempfile::tempdir().unwrap();
    let (dir, printed) = (home.path().join("ceremony"), home.path().join("printed"));
    fs::create_dir(&dir).unwrap();
    fs::create_dir(&printed).unwrap();
    for (name, text) in EVENT {
        fs::write(dir.join(name), text).unwrap();
    }
    let blocks = blocks(GUIDE);
    assert!(blocks.len() > 10, "the guide has few commands: {blocks:?}");

    let commands = on_addresses(&script(&blocks), Addresses::free().unwrap());
    let succeeded = type_in(&dir, &commands, TYPED);
    for (number, block) in blocks.iter().enumerate() {
        let commands = &block.commands;
        let text = fs::read_to_string(printed.join(number.to_string()))
            .unwrap_or_else(|error| panic!("never ran ({error}):\n{commands}"));
        let mut lines = text.lines();
        for expected in &block.printed {
            assert!(
                lines.any(|line| fits(line, expected)),
                "not printed, or not in this order: {expected}\nby:\n{commands}\nwhich printed:\n{text}"
            );
        }
    }
    assert!(succeeded, "the last command failed");
    left_behind(&dir);
}

/// Nothing personal and no roll key is left where the ceremony was, but for the rehearsal's roll.
fn left_behind(dir: &Path) {
    let names = fs::read_dir(dir).unwrap();
    let mut names: Vec<String> = names
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let expected = [
        "baseline.csv",
        "count.key",
        "count.pub",
        "election.toml",
        "invented.csv",
        "key-stick",
        "log.key",
        "log.pub",
        "log.toml",
        "logo.svg",
        "mask.key",
        "mask.pub",
        "officer-1.key",
        "officer-1.pub",
        "officer-2.key",
        "officer-2.pub",
        "packed.txt",
        "regions.geojson",
        "stick",
        "totals.txt",
    ];
    assert_eq!(names, expected);
}

#[test]
fn blocks_are_found_and_lines_compared_by_shape() {
    let page = "text\n```sh\none\ntwo\n```\n```text\nsaid\n...\n```\n```console\n# no\n```\n";
    let block = Block {
        commands: "one\ntwo\n".to_owned(),
        printed: vec!["said".to_owned()],
    };
    assert_eq!(blocks(page), [block]);
    let id = "key id d4222d4a2e8e14c8";
    assert!(fits(id, "key id  0123456789abcdef"));
    assert!(!fits(id, "key id 012345678"));
    assert!(!fits("rows read 5000", "rows read 5001"));
    assert!(fits(
        "sums 22 files, 9 bytes, none",
        "sums 22 files, ..., none"
    ));
    assert!(!fits(
        "sums 23 files, 9 bytes, none",
        "sums 22 files, ..., none"
    ));
}
