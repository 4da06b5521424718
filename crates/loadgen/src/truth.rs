//! What the validator said it recorded: `tally verify --expect` compares it with the ledger.
//!
//! For each ballot, region and choice the file counts the votes that were recorded, and the votes that
//! were sent and never answered (`open`). It lists the receipts in an order that does not tell whose
//! they are. It holds no credential.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use durable::output::OutputFile;
use election::Choice;
use serde::Serialize;

use crate::judge::Verdict;
use crate::offer::Ballot;
use crate::request;

/// The file while it grows: receipts as they come, counts at the end. Aside until finished.
#[derive(Debug)]
pub(crate) struct Truth {
    file: OutputFile,
    receipts: u64,
    /// One for each ballot, in the order of the offer.
    ballots: Vec<Recorded>,
}

/// What was recorded on one ballot.
#[derive(Debug, Default)]
struct Recorded {
    /// Repeated votes that were answered 409. The ledger may hold more: some answers are lost.
    duplicates: u64,
    counts: ByChoice,
    /// First votes sent and never settled: the ledger may hold them or not.
    open: ByChoice,
}

/// Votes by region and choice.
type ByChoice = BTreeMap<(u16, Choice), u64>;

/// The ballot, region and choice that a request named.
#[derive(Debug)]
pub(crate) struct Subject {
    /// Number of the vote in the plan; none where nobody on the roll casts it.
    pub(crate) vote: Option<u64>,
    /// Position of the ballot in the offer.
    pub(crate) ballot: usize,
    pub(crate) region: u16,
    pub(crate) choice: Choice,
}

impl Subject {
    /// For a request that names no ballot; nothing is ever recorded for it.
    pub(crate) fn nobody() -> Subject {
        Subject {
            vote: None,
            ballot: usize::MAX,
            region: 0,
            choice: Choice::Blanc,
        }
    }
}

#[derive(Serialize)]
struct BallotText {
    votes: u64,
    duplicates: u64,
    counts: Vec<CountText>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    open: Vec<CountText>,
}

#[derive(Serialize)]
struct CountText {
    region: u16,
    choice: String,
    votes: u64,
}

impl Truth {
    /// Starts the file at `path` for `ballots` ballots.
    pub(crate) fn create(path: &Path, force: bool, ballots: usize) -> Result<Truth> {
        let mut file = OutputFile::create(path, force)?;
        file.write_all(b"{\"receipts\":[")?;
        let ballots = (0..ballots).map(|_| Recorded::default()).collect();
        Ok(Truth {
            file,
            receipts: 0,
            ballots,
        })
    }

    /// Counts the result of a request; `open` says that it is a vote without an answer.
    pub(crate) fn book(&mut self, verdict: Verdict, open: bool, subject: Subject) -> Result<()> {
        let Some(ballot) = self.ballots.get_mut(subject.ballot) else {
            return Ok(());
        };
        let key = (subject.region, subject.choice);
        match &verdict {
            Verdict::Accepted(_) | Verdict::Recovered => {
                *ballot.counts.entry(key).or_default() += 1;
            }
            Verdict::Duplicate => ballot.duplicates += 1,
            _ if open => *ballot.open.entry(key).or_default() += 1,
            _ => {}
        }
        match verdict {
            Verdict::Accepted(receipt) => self.receipt(&receipt),
            _ => Ok(()),
        }
    }

    fn receipt(&mut self, receipt: &str) -> Result<()> {
        if self.receipts > 0 {
            self.file.write_all(b",")?;
        }
        self.receipts += 1;
        serde_json::to_writer(&mut self.file, receipt).context("cannot write the truth file")
    }

    /// Writes the counts and gives the file its name.
    pub(crate) fn finish(mut self, offer: &[Ballot]) -> Result<()> {
        let texts = self.ballots.iter().map(Recorded::text);
        let ballots: BTreeMap<&str, BallotText> = offer
            .iter()
            .map(|ballot| ballot.id.as_str())
            .zip(texts)
            .collect();
        self.file.write_all(b"],\"ballots\":")?;
        serde_json::to_writer(&mut self.file, &ballots).context("cannot write the truth file")?;
        self.file.write_all(b"}\n")?;
        self.file.finish()?;
        Ok(())
    }
}

impl Recorded {
    fn text(&self) -> BallotText {
        BallotText {
            votes: self.counts.values().sum(),
            duplicates: self.duplicates,
            counts: texts(&self.counts),
            open: texts(&self.open),
        }
    }
}

fn texts(votes: &ByChoice) -> Vec<CountText> {
    let text = |((region, choice), &votes): (&(u16, Choice), &u64)| CountText {
        region: *region,
        choice: request::text(choice),
        votes,
    };
    votes.iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::offer::Kind;

    #[test]
    fn file_has_counts_and_receipts() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("truth.json");
        let mut truth = Truth::create(&path, false, 1).unwrap();
        let mut book = |verdict, open, region, choice| {
            let subject = Subject {
                vote: None,
                ballot: 0,
                region,
                choice,
            };
            truth.book(verdict, open, subject).unwrap();
        };
        book(Verdict::Accepted("0-1-A".into()), false, 2, Choice::Oui);
        book(Verdict::Accepted("0-2-B".into()), false, 2, Choice::Oui);
        let ranking = |candidates| Choice::Ranking(candidates);
        book(Verdict::Recovered, false, 1, ranking(vec![3, 1]));
        book(Verdict::Duplicate, false, 1, ranking(vec![1]));
        book(Verdict::Unanswered, true, 1, Choice::Non);
        book(Verdict::Unanswered, false, 1, Choice::Oui);
        truth
            .book(Verdict::Malformed, false, Subject::nobody())
            .unwrap();
        assert!(!path.exists(), "written aside");
        truth
            .finish(&[Ballot {
                id: "L1".into(),
                kind: Kind::Law { allow_blanc: false },
            }])
            .unwrap();
        let expected = concat!(
            r#"{"receipts":["0-1-A","0-2-B"],"ballots":{"L1":{"votes":3,"duplicates":1,"counts":["#,
            r#"{"region":1,"choice":"ranking:3>1","votes":1},{"region":2,"choice":"oui","votes":2}],"#,
            r#""open":[{"region":1,"choice":"non","votes":1}]}}}"#,
            "\n"
        );
        assert_eq!(std::fs::read_to_string(&path).unwrap(), expected);
        assert!(
            Truth::create(&path, false, 1).is_err(),
            "an existing file is refused"
        );
    }
}
