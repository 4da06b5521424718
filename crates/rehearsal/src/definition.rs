//! The event that a rehearsal plays: the example, or a definition that the caller names.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

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
        let lines = self.text.lines();
        let kept = lines.filter(|line| !line.starts_with("release_min"));
        let text = kept.fold(String::new(), |text, line| {
            let with_least = if line.starts_with("results = ") {
                "release_min = 1\n"
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

    /// The definition with its `box_key` line replaced by `line`: each rehearsal makes its own key.
    ///
    /// # Errors
    /// `line` is no `box_key` line, or the definition has none or several.
    pub fn with_box_key(&self, line: &str) -> Result<String> {
        let line = line.trim();
        if !line.starts_with("box_key = ") {
            bail!("tally keygen printed no box_key line");
        }
        let mut replaced = 0;
        let lines: Vec<&str> = self
            .text
            .lines()
            .map(|old| {
                let is_key = old.starts_with("box_key");
                replaced += u32::from(is_key);
                if is_key { line } else { old }
            })
            .collect();
        if replaced != 1 {
            bail!("the definition has {replaced} box_key lines, expected 1");
        }
        Ok(lines.join("\n") + "\n")
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
    fn the_box_key_of_the_example_is_replaced() {
        let example = Definition::example().unwrap();
        assert_eq!(example.regions(), 6);
        let event = example.with_box_key("box_key = \"00ff\"\n").unwrap();
        assert_eq!(event.matches("box_key =").count(), 1);
        assert!(event.contains("\nbox_key = \"00ff\"\n"));
        assert!(example.with_box_key("usage: ...").is_err());
        let no_key = Definition::new("[[region]]\n".to_owned()).unwrap();
        assert!(no_key.with_box_key("box_key = \"00ff\"").is_err());
        assert!(Definition::new("[event]\n".to_owned()).is_err());
    }
}
