//! What a voter chose, as files and interfaces of the programs write it.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context, Error, Result};
use serde::{Deserialize, Serialize};

/// A choice: `oui`, `candidate:7`, `ranking:3>1`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub enum Choice {
    /// A vote for a law.
    Oui,
    /// A vote against a law.
    Non,
    /// Neither for nor against a law.
    Blanc,
    /// For a candidate, by number.
    Candidate(u32),
    /// Candidates, the most preferred first; at least one.
    Ranking(Vec<u32>),
}

impl Choice {
    /// Whether it is a choice on a law.
    #[must_use]
    pub fn is_on_a_law(&self) -> bool {
        match self {
            Choice::Oui | Choice::Non | Choice::Blanc => true,
            Choice::Candidate(_) | Choice::Ranking(_) => false,
        }
    }

    /// The candidate whom it names first; none on a law.
    #[must_use]
    pub fn first_preference(&self) -> Option<u32> {
        match self {
            Choice::Oui | Choice::Non | Choice::Blanc => None,
            Choice::Candidate(candidate) => Some(*candidate),
            Choice::Ranking(candidates) => candidates.first().copied(),
        }
    }
}

impl FromStr for Choice {
    type Err = Error;

    fn from_str(text: &str) -> Result<Choice> {
        let named = || format!("`{text}` is no choice, such as oui, candidate:7 or ranking:3>1");
        match text {
            "oui" => return Ok(Choice::Oui),
            "non" => return Ok(Choice::Non),
            "blanc" => return Ok(Choice::Blanc),
            _ => {}
        }
        let (kind, candidates) = text.split_once(':').with_context(named)?;
        let candidates: Result<Vec<u32>, _> = candidates.split('>').map(str::parse).collect();
        let candidates = candidates.with_context(named)?;
        match (kind, candidates.as_slice()) {
            ("candidate", [candidate]) => Ok(Choice::Candidate(*candidate)),
            ("ranking", _) => Ok(Choice::Ranking(candidates)),
            _ => Err(Error::msg(named())),
        }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Choice::Oui => f.write_str("oui"),
            Choice::Non => f.write_str("non"),
            Choice::Blanc => f.write_str("blanc"),
            Choice::Candidate(candidate) => write!(f, "candidate:{candidate}"),
            Choice::Ranking(candidates) => {
                let candidates: Vec<String> = candidates.iter().map(u32::to_string).collect();
                write!(f, "ranking:{}", candidates.join(">"))
            }
        }
    }
}

impl TryFrom<String> for Choice {
    type Error = Error;

    fn try_from(text: String) -> Result<Choice> {
        text.parse()
    }
}

impl From<Choice> for String {
    fn from(choice: Choice) -> String {
        choice.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_read_as_they_are_written() {
        for (text, choice) in [
            ("oui", Choice::Oui),
            ("non", Choice::Non),
            ("blanc", Choice::Blanc),
            ("candidate:7", Choice::Candidate(7)),
            ("ranking:3", Choice::Ranking(vec![3])),
            ("ranking:3>1", Choice::Ranking(vec![3, 1])),
        ] {
            assert_eq!(text.parse::<Choice>().unwrap(), choice);
            assert_eq!(choice.to_string(), text);
        }
        for text in [
            "",
            "Oui",
            "candidate:",
            "candidate:1>2",
            "ranking:",
            "ranking:1>",
            "party:1",
            "candidate:-1",
        ] {
            assert!(text.parse::<Choice>().is_err(), "{text}");
        }
    }
}
