//! `tally verify --expect`: the ledger against what a load generator was told over HTTP.
//!
//! Votes and counts must be equal. Duplicates must be at least what the generator saw: an answer
//! that a crash swallowed was recorded though nobody read it.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use election::Choice;
use serde::Deserialize;

use crate::counts::{choice_text, parse_choice};
use crate::recount::Recount;

/// A truth file.
#[derive(Debug, Deserialize)]
pub(crate) struct Truth {
    ballots: BTreeMap<String, BallotTruth>,
    #[serde(default)]
    pub(crate) receipts: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct BallotTruth {
    votes: u64,
    #[serde(default)]
    duplicates: u64,
    #[serde(default)]
    counts: Vec<CountTruth>,
}

#[derive(Debug, Deserialize)]
struct CountTruth {
    region: u16,
    choice: String,
    votes: u64,
}

/// Votes by region and choice; `BTreeMap`, so that the first difference is the same every time.
type ByChoice = BTreeMap<(u16, Choice), u64>;

/// Reads a truth file.
pub(crate) fn read(path: &Path) -> anyhow::Result<Truth> {
    let bytes = std::fs::read(path)
        .with_context(|| format!("cannot read truth file {}", path.display()))?;
    serde_json::from_slice(&bytes)
        .with_context(|| format!("{} is not a truth file of loadgen", path.display()))
}

/// Compares every ballot of the event; the first difference is the error.
pub(crate) fn compare(truth: &Truth, recount: &Recount) -> anyhow::Result<()> {
    let event = recount.package.event();
    for id in truth.ballots.keys() {
        ensure!(
            event.ballot(id).is_some(),
            "expected votes on ballot {id}, the event has none such"
        );
    }
    let nothing = BallotTruth {
        votes: 0,
        duplicates: 0,
        counts: Vec::new(),
    };
    for ballot in event.ballots() {
        let state = &recount.state.ballots[usize::from(ballot.index.0)];
        let expected = truth.ballots.get(&ballot.id).unwrap_or(&nothing);
        compare_numbers(&ballot.id, "votes", expected.votes, state.votes)?;
        if state.duplicates() < expected.duplicates {
            bail!(
                "ballot {}: {} duplicates in the ledger, expected at least {}",
                ballot.id,
                state.duplicates(),
                expected.duplicates
            );
        }
        let mut counted = ByChoice::new();
        for (region, counts) in &state.regions {
            for (choice, votes) in counts.iter() {
                counted.insert((*region, choice.clone()), votes);
            }
        }
        compare_counts(&ballot.id, &expected_counts(expected)?, &counted)?;
    }
    Ok(())
}

fn expected_counts(expected: &BallotTruth) -> anyhow::Result<ByChoice> {
    let mut counts = ByChoice::new();
    for count in &expected.counts {
        let choice = parse_choice(&count.choice)
            .with_context(|| format!("{:?} is not a choice of a truth file", count.choice))?;
        *counts.entry((count.region, choice)).or_default() += count.votes;
    }
    counts.retain(|_, votes| *votes > 0);
    Ok(counts)
}

fn compare_counts(id: &str, expected: &ByChoice, counted: &ByChoice) -> anyhow::Result<()> {
    for key in expected.keys().chain(counted.keys()) {
        let of = |counts: &ByChoice| counts.get(key).copied().unwrap_or(0);
        let what = format!("votes of region {} for {}", key.0, choice_text(&key.1));
        compare_numbers(id, &what, of(expected), of(counted))?;
    }
    Ok(())
}

fn compare_numbers(id: &str, what: &str, expected: u64, got: u64) -> anyhow::Result<()> {
    ensure!(
        expected == got,
        "ballot {id}: {got} {what} in the ledger, expected {expected}"
    );
    Ok(())
}
