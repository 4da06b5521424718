//! The event that a rehearsal plays: the example, or a definition that the caller names.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::machines::Hand;

/// The definition that `make demo` and most tests use.
const EXAMPLE: &str = include_str!("../../../fixtures/election.toml");
/// The files that it names, which lie beside it.
const EXAMPLE_FILES: [(&str, &str); 3] = [
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

/// The event of a province's size.
const PROVINCE: &str = include_str!("../../../fixtures/election-125.toml");
const PROVINCE_FILES: [(&str, &str); 3] = [
    (
        "regions-125.geojson",
        include_str!("../../../fixtures/regions-125.geojson"),
    ),
    (
        "baseline-125.csv",
        include_str!("../../../fixtures/baseline-125.csv"),
    ),
    (
        "turnout-125.csv",
        include_str!("../../../fixtures/turnout-125.csv"),
    ),
];

/// A definition as text; the programs judge what it says. Its regions are numbered from 1 without a
/// gap, as the synthetic roll numbers them.
#[derive(Clone, Debug)]
pub struct Definition {
    text: String,
    regions: u16,
    /// Names and contents of the files beside it that it names.
    files: Vec<(String, String)>,
}

impl Definition {
    /// The example event.
    ///
    /// # Errors
    /// The example has no regions, which a test excludes.
    pub fn example() -> Result<Definition> {
        let files = EXAMPLE_FILES.map(|(name, text)| (name.to_owned(), text.to_owned()));
        Definition::new(EXAMPLE.to_owned(), files.into())
    }

    /// The event of 125 regions.
    ///
    /// # Errors
    /// As [`Definition::example`].
    pub fn province() -> Result<Definition> {
        let files = PROVINCE_FILES.map(|(name, text)| (name.to_owned(), text.to_owned()));
        Definition::new(PROVINCE.to_owned(), files.into())
    }

    /// The definition in a file, with the files beside it that it names.
    ///
    /// # Errors
    /// One of them cannot be read, or it has no `[[region]]`.
    pub fn read(path: &Path) -> Result<Definition> {
        let named = || format!("cannot use the definition {}", path.display());
        let text = fs::read_to_string(path).with_context(named)?;
        let mut files = Vec::new();
        for name in names_of_files(&text) {
            let beside = path.with_file_name(name);
            let content = fs::read_to_string(&beside)
                .with_context(|| format!("cannot read {}", beside.display()))?;
            files.push((name.to_owned(), content));
        }
        Definition::new(text, files).with_context(named)
    }

    fn new(text: String, files: Vec<(String, String)>) -> Result<Definition> {
        let is_region = |line: &&str| line.trim_end() == "[[region]]";
        let regions = u16::try_from(text.lines().filter(is_region).count())
            .context("more than 65535 regions")?;
        if regions == 0 {
            bail!("no [[region]] in it: a rehearsal gives its voters regions");
        }
        Ok(Definition {
            text,
            regions,
            files,
        })
    }

    /// The definition with each vote shown by itself, so that a rehearsal can compare what is shown with
    /// what it sent while ballots are open.
    #[must_use]
    pub fn showing_each_vote(self) -> Definition {
        self.showing_at_least(1)
    }

    /// The definition with at least so many votes of each ballot shown together.
    #[must_use]
    pub fn showing_at_least(self, votes: u32) -> Definition {
        let least = format!("release_min = {votes}\n");
        let lines = self.text.lines();
        let kept = lines.filter(|line| !line.starts_with("release_min"));
        let text = kept.fold(String::new(), |text, line| {
            let with_least = if is_policy(line) { &*least } else { "" };
            text + line + "\n" + with_least
        });
        Definition { text, ..self }
    }

    /// How many regions there are.
    #[must_use]
    pub fn regions(&self) -> u16 {
        self.regions
    }

    /// The definition with the line of one hand's key replaced by `line`: each rehearsal makes its own keys.
    ///
    /// # Errors
    /// `line` is not of this hand, or the definition has no such line or several.
    pub fn with_key(&self, hand: Hand, line: &str) -> Result<Definition> {
        let (line, name) = (line.trim(), format!("{hand}_key = "));
        if !line.starts_with(&name) {
            bail!("tally keygen printed no {name}line");
        }
        let mut replaced = 0;
        let lines: Vec<&str> = self
            .text
            .lines()
            .map(|old| {
                let is_key = old.starts_with(&name);
                replaced += u32::from(is_key);
                if is_key { line } else { old }
            })
            .collect();
        if replaced != 1 {
            bail!("the definition has {replaced} lines {name}, expected 1");
        }
        let text = lines.join("\n") + "\n";
        Ok(Definition {
            text,
            ..self.clone()
        })
    }

    /// The definition with the ledger's log and its witnesses, as tables.
    #[must_use]
    pub fn with_log(&self, tables: &str) -> Definition {
        let text = format!("{}{tables}", self.text);
        Definition {
            text,
            ..self.clone()
        }
    }

    /// The definition without the files beside it, for programs of releases that know nothing of them.
    #[must_use]
    pub fn alone(self) -> Definition {
        let mut in_baseline = false;
        let lines = self.text.lines().filter(|line| {
            if line.starts_with('[') {
                in_baseline = *line == "[baseline]";
            }
            let names_file = ["geometry = ", "logo = "];
            !in_baseline && !names_file.iter().any(|start| line.starts_with(start))
        });
        let text = lines.fold(String::new(), |text, line| text + line + "\n");
        let files = Vec::new();
        Definition {
            text,
            files,
            ..self
        }
    }

    /// Writes the definition, and beside it the files that it names.
    ///
    /// # Errors
    /// One of them cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let others = self.files.iter();
        let others = others.map(|(name, text)| (path.with_file_name(name), text));
        for (path, text) in others.chain([(path.to_owned(), &self.text)]) {
            fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(())
    }

    /// The definition as officials write it.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// The files beside a definition that it names.
fn names_of_files(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let keys = ["geometry", "file", "turnout", "logo"];
        let value = keys
            .iter()
            .find_map(|key| line.strip_prefix(&format!("{key} = \"")))?;
        value.split('"').next()
    })
}

/// Whether a line says when results of a ballot are shown; the authority's address has the same key.
fn is_policy(line: &str) -> bool {
    ["results = \"live\"", "results = \"after_close\""]
        .iter()
        .any(|policy| line.starts_with(policy))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_vote_of_every_ballot_is_shown() {
        let example = Definition::example().unwrap().showing_each_vote();
        let ballots = example.text.lines().filter(|line| is_policy(line)).count();
        assert!(ballots > 1);
        assert_eq!(example.text.matches("\nrelease_min = 1\n").count(), ballots);
    }

    #[test]
    fn a_key_of_the_example_is_replaced() {
        let example = Definition::example().unwrap();
        assert_eq!(example.regions(), 6);
        let event = example
            .with_key(Hand::Mask, "mask_key = \"00ff\"\n")
            .unwrap();
        assert_eq!(event.text().matches("mask_key =").count(), 1);
        assert!(event.text().contains("\nmask_key = \"00ff\"\n"));
        assert!(
            example
                .with_key(Hand::Count, "mask_key = \"00ff\"")
                .is_err()
        );
        assert!(example.with_key(Hand::Mask, "usage: ...").is_err());
        let no_key = Definition::new("[[region]]\n".to_owned(), Vec::new()).unwrap();
        assert!(no_key.with_key(Hand::Mask, "mask_key = \"00ff\"").is_err());
        assert!(Definition::new("[event]\n".to_owned(), Vec::new()).is_err());
    }

    #[test]
    fn examples_have_the_files_that_they_name() {
        let examples = [Definition::example(), Definition::province()];
        for example in examples.map(Result::unwrap) {
            let named: Vec<&str> = names_of_files(example.text()).collect();
            let held = example.files.iter().map(|(name, _)| name.as_str());
            assert_eq!(named, held.collect::<Vec<&str>>());
        }
        let alone = Definition::example().unwrap().alone();
        assert!(names_of_files(alone.text()).next().is_none());
        assert!(!alone.text().contains("baseline"));
        assert!(alone.text().contains("\n[[law]]\n"));
    }
}
