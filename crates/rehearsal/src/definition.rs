//! The event that a rehearsal plays: the example, or a definition that the caller names.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::machines::Hand;

/// The definition that `make demo` and most tests use.
const EXAMPLE: &str = include_str!("../../../fixtures/election.toml");

/// A definition as text; the programs judge what it says. Its regions are numbered from 1 without a
/// gap, as the synthetic roll numbers them.
#[derive(Clone, Debug)]
pub struct Definition {
    text: String,
    regions: u16,
}

impl Definition {
    /// The example event.
    ///
    /// # Errors
    /// The example has no regions, which a test excludes.
    pub fn example() -> Result<Definition> {
        Definition::new(EXAMPLE.to_owned())
    }

    /// The definition in a file.
    ///
    /// # Errors
    /// It cannot be read, or has no `[[region]]`.
    pub fn read(path: &Path) -> Result<Definition> {
        let named = || format!("cannot use the definition {}", path.display());
        let text = fs::read_to_string(path).with_context(named)?;
        Definition::new(text).with_context(named)
    }

    fn new(text: String) -> Result<Definition> {
        let is_region = |line: &&str| line.trim_end() == "[[region]]";
        let regions = u16::try_from(text.lines().filter(is_region).count())
            .context("more than 65535 regions")?;
        if regions == 0 {
            bail!("no [[region]] in it: a rehearsal gives its voters regions");
        }
        Ok(Definition { text, regions })
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
            let with_least = if line.starts_with("results = ") {
                &*least
            } else {
                ""
            };
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
        Ok(Definition { text, ..*self })
    }

    /// The definition with the ledger's log and its witnesses, as tables.
    #[must_use]
    pub fn with_log(&self, tables: &str) -> Definition {
        let text = format!("{}{tables}", self.text);
        Definition { text, ..*self }
    }

    /// The definition as officials write it.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_vote_of_every_ballot_is_shown() {
        let example = Definition::example().unwrap().showing_each_vote();
        let ballots = example.text.matches("\nresults = ").count();
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
        let no_key = Definition::new("[[region]]\n".to_owned()).unwrap();
        assert!(no_key.with_key(Hand::Mask, "mask_key = \"00ff\"").is_err());
        assert!(Definition::new("[event]\n".to_owned()).is_err());
    }
}
