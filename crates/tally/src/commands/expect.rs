//! `tally verify --expect`: the ledger against what a load generator was told over HTTP.
//!
//! Every vote that was acknowledged must be counted. Votes that no answer settled (`open`)
//! may be counted or not; nothing else may. Duplicates must be at least what the generator saw: an
//! answer that a crash swallowed was recorded though nobody read it.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use election::Choice;
use serde::Deserialize;

use crate::counts::{choice_text, parse_choice};
use crate::recount::Recount;

/// What a load generator was told, by ballot id.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Truth {
    ballots: BTreeMap<String, BallotTruth>,
    #[serde(default)]
    pub(crate) receipts: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct BallotTruth {
    votes: u64,
    #[serde(default)]
    duplicates: u64,
    #[serde(default)]
    counts: Vec<CountTruth>,
    #[serde(default)]
    open: Vec<CountTruth>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CountTruth {
    region: u16,
    choice: String,
    votes: u64,
}

/// Votes by region and choice; `BTreeMap`, so that the first difference is the same every time.
type ByChoice = BTreeMap<(u16, Choice), u64>;

/// Reads the truth file that `loadgen --truth` wrote.
pub(crate) fn read(path: &Path) -> anyhow::Result<Truth> {
    let bytes = std::fs::read(path)
        .with_context(|| format!("cannot read truth file {}", path.display()))?;
    serde_json::from_slice(&bytes)
        .with_context(|| format!("{} is not a truth file of loadgen", path.display()))
}

/// Votes that no answer settled.
#[derive(Debug, Default)]
pub(crate) struct Open {
    /// Sent to the validator and never answered for certain.
    pub(crate) sent: u64,
    /// Those that the ledger holds.
    pub(crate) recorded: u64,
}

/// Compares every ballot of the event; the first difference is the error.
pub(crate) fn compare(truth: &Truth, recount: &Recount) -> anyhow::Result<Open> {
    let event = recount.package.event();
    for id in truth.ballots.keys() {
        ensure!(
            event.ballot(id).is_some(),
            "expected votes on ballot {id}, the event has none such"
        );
    }
    let mut open = Open::default();
    for ballot in event.ballots() {
        let count = &recount.count.ballots[usize::from(ballot.index.0)];
        let nothing = BallotTruth::default();
        let expected = truth.ballots.get(&ballot.id).unwrap_or(&nothing);
        if count.duplicates() < expected.duplicates {
            bail!(
                "ballot {}: {} duplicates in the ledger, expected at least {}",
                ballot.id,
                count.duplicates(),
                expected.duplicates
            );
        }
        let (told, untold) = (by_choice(&expected.counts)?, by_choice(&expected.open)?);
        let sent = untold.values().copied().fold(0, u64::saturating_add);
        compare_numbers(&ballot.id, "votes", expected.votes, sent, count.votes)?;
        let mut counted = ByChoice::new();
        for (region, counts) in recount.count.counts_by_region(ballot) {
            for (choice, votes) in counts.iter() {
                counted.insert((region, choice.clone()), votes);
            }
        }
        let by_region = ballot.election().is_some() || recount.count.is_complete(ballot);
        let (mut told, mut untold) = match by_region {
            true => (told, untold),
            false => (of_country(told), of_country(untold)),
        };
        // What waits for its release may be any of the votes.
        if counted.values().sum::<u64>() < count.votes {
            for (key, votes) in std::mem::take(&mut told) {
                *untold.entry(key).or_default() += votes;
            }
        }
        compare_counts(&ballot.id, &told, &untold, &counted)?;
        open.sent = open.sent.saturating_add(sent);
        open.recorded += count.votes - expected.votes; // compared above: not below
    }
    Ok(open)
}

fn by_choice(rows: &[CountTruth]) -> anyhow::Result<ByChoice> {
    let mut counts = ByChoice::new();
    for row in rows {
        let choice = parse_choice(&row.choice)
            .with_context(|| format!("{:?} is not a choice of a truth file", row.choice))?;
        let votes: &mut u64 = counts.entry((row.region, choice)).or_default();
        *votes = votes.saturating_add(row.votes);
    }
    counts.retain(|_, votes| *votes > 0);
    Ok(counts)
}

/// The same votes without their regions.
fn of_country(counts: ByChoice) -> ByChoice {
    let mut sums = ByChoice::new();
    for ((_, choice), votes) in counts {
        *sums.entry((0, choice)).or_default() += votes;
    }
    sums
}

fn compare_counts(
    id: &str,
    told: &ByChoice,
    untold: &ByChoice,
    counted: &ByChoice,
) -> anyhow::Result<()> {
    for key in told.keys().chain(counted.keys()) {
        let of = |counts: &ByChoice| counts.get(key).copied().unwrap_or(0);
        let what = format!("votes of region {} for {}", key.0, choice_text(&key.1));
        compare_numbers(id, &what, of(told), of(untold), of(counted))?;
    }
    Ok(())
}

/// `got` may exceed what answers told by the votes that stayed open, and by no more.
fn compare_numbers(id: &str, what: &str, told: u64, open: u64, got: u64) -> anyhow::Result<()> {
    let most = told.saturating_add(open);
    let expected = match open {
        0 => told.to_string(),
        _ => format!("{told} to {most}"),
    };
    ensure!(
        (told..=most).contains(&got),
        "ballot {id}: {got} {what} in the ledger, expected {expected}"
    );
    Ok(())
}
