//! Truth files: what load generators were told over HTTP, for `tally verify --expect` and for judges.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::choice::Choice;
use crate::counts::{Counts, laws_over_regions};
use crate::prepare::Stage;
use crate::races::Subject;

/// A truth file, as `loadgen` writes it.
#[derive(Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub struct Truth {
    ballots: BTreeMap<String, Ballot>,
    receipts: Vec<String>,
}

#[derive(Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
struct Ballot {
    votes: u64,
    duplicates: u64,
    counts: Rows,
    /// Votes sent and never settled; left out of the file where there are none.
    #[serde(default)]
    open: Rows,
}

/// Votes by region and choice.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(from = "Vec<Row>", into = "Vec<Row>")]
struct Rows(BTreeMap<(u16, Choice), u64>);

#[derive(Deserialize, Serialize)]
struct Row {
    region: u16,
    choice: Choice,
    votes: u64,
}

impl From<Vec<Row>> for Rows {
    fn from(rows: Vec<Row>) -> Rows {
        let mut votes = Rows::default();
        for row in rows {
            votes.add(row.region, row.choice, row.votes);
        }
        votes
    }
}

impl From<Rows> for Vec<Row> {
    fn from(rows: Rows) -> Vec<Row> {
        let row = |((region, choice), votes)| Row {
            region,
            choice,
            votes,
        };
        rows.0.into_iter().map(row).collect()
    }
}

impl Rows {
    fn add(&mut self, region: u16, choice: Choice, votes: u64) {
        *self.0.entry((region, choice)).or_default() += votes;
    }

    fn add_all(&mut self, other: Rows) {
        for ((region, choice), votes) in other.0 {
            self.add(region, choice, votes);
        }
    }
}

impl Truth {
    /// Reads a truth file.
    ///
    /// # Errors
    /// The file cannot be read, or is no truth file.
    pub fn read(path: &Path) -> Result<Truth> {
        let text = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        serde_json::from_slice(&text)
            .with_context(|| format!("{} is no truth file", path.display()))
    }

    /// Adds up several truth files about the same ballots.
    ///
    /// # Errors
    /// As [`Truth::read`].
    pub fn join(from: &[PathBuf]) -> Result<Truth> {
        let mut joined = Truth::default();
        for path in from {
            joined.add(Truth::read(path)?);
        }
        Ok(joined)
    }

    /// Writes a truth file, in place of one that is there.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        fs::write(path, serde_json::to_vec(self)?)
            .with_context(|| format!("cannot write {}", path.display()))
    }

    /// Votes that were acknowledged.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.collect(|ballot| &ballot.counts)
    }

    /// The receipt of the first vote that was acknowledged, if one was.
    #[must_use]
    pub fn first_receipt(&self) -> Option<&str> {
        self.receipts.first().map(String::as_str)
    }

    /// Votes that no answer settled.
    #[must_use]
    pub fn open(&self) -> Counts {
        self.collect(|ballot| &ballot.open)
    }

    fn collect(&self, rows: impl Fn(&Ballot) -> &Rows) -> Counts {
        let counts = self.ballots.iter().flat_map(|(id, ballot)| {
            let row = move |((region, choice), votes): (&(u16, Choice), &u64)| {
                ((id.clone(), *region, choice.clone()), *votes)
            };
            rows(ballot).0.iter().map(row)
        });
        laws_over_regions(counts.collect())
    }

    /// Receipts that were given.
    #[must_use]
    pub fn receipts(&self) -> u64 {
        self.receipts.len() as u64
    }

    /// The receipts as voters read them.
    #[must_use]
    pub fn receipt_ids(&self) -> &[String] {
        &self.receipts
    }

    fn add(&mut self, other: Truth) {
        self.receipts.extend(other.receipts);
        for (id, theirs) in other.ballots {
            let ours = self.ballots.entry(id).or_default();
            ours.votes += theirs.votes;
            ours.duplicates += theirs.duplicates;
            ours.counts.add_all(theirs.counts);
            ours.open.add_all(theirs.open);
        }
    }
}

impl Stage {
    /// What the load generator was told, and how many receipts it holds.
    ///
    /// # Errors
    /// The truth file cannot be read.
    pub fn acknowledged(&self) -> Result<(Counts, u64)> {
        let truth = Truth::read(&self.machines.truth())?;
        Ok((truth.counts(), truth.receipts()))
    }

    /// Adds votes that were cast without the load generator, and their receipts, to the truth file.
    ///
    /// # Errors
    /// The truth file cannot be read or written, or is no truth file.
    pub fn add_to_truth(&self, votes: &[Subject], receipts: &[String]) -> Result<()> {
        let mut truth = Truth::read(&self.machines.truth())?;
        for subject in votes {
            let ballot = truth.ballots.entry(subject.law.to_owned()).or_default();
            ballot.votes += 1;
            let counts = &mut ballot.counts;
            counts.add(subject.region, subject.choice.clone(), 1);
        }
        truth.receipts.extend_from_slice(receipts);
        truth.write(&self.machines.truth())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn several_become_one_with_what_stayed_open() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str, oui: u64, open: u64, receipt: &str| {
            let rows = |votes: u64| json!([{"region": 1, "choice": "oui", "votes": votes}]);
            let ballot =
                json!({"votes": oui, "duplicates": 1, "counts": rows(oui), "open": rows(open)});
            let path = dir.path().join(name);
            let text = json!({"receipts": [receipt], "ballots": {"L": ballot}}).to_string();
            fs::write(&path, text).unwrap();
            path
        };
        let from = [file("a", 3, 1, "0-1-A"), file("b", 4, 2, "0-2-B")];
        let joined = Truth::join(&from).unwrap();
        let expected = file("expected", 7, 3, "0-1-A");
        let mut expected = Truth::read(&expected).unwrap();
        expected.receipts.push("0-2-B".to_owned());
        expected.ballots.get_mut("L").unwrap().duplicates = 2;
        assert_eq!(joined, expected);
        let key = ("L".to_owned(), 0, Choice::Oui);
        assert_eq!(joined.counts(), Counts::from([(key.clone(), 7)]));
        assert_eq!(joined.open(), Counts::from([(key, 3)]));
    }
}
