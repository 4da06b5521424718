//! What a rehearsed upgrade comes to: for machines on one line, for people as a table.

use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;

use crate::history::Linearised;
use crate::judge::Judged;
use crate::verdict::Verdict;
use crate::voting::Summary;

/// A program that was exchanged for another release's.
#[derive(Clone, Debug, Serialize)]
pub struct Exchanged {
    /// Which program, for people.
    pub what: String,
    /// The version that it has from then on.
    pub to: String,
    /// From SIGTERM until its successor did its share again.
    pub back_s: f64,
    /// The longest time from then on in which some partition recorded no vote.
    pub gap_s: f64,
}

/// What voters met meanwhile.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Met {
    /// Votes a second that fell due.
    pub rate: u64,
    /// Votes a second that were recorded: fewer where the machine was too busy.
    pub votes_per_s: f64,
    /// Attempts after the first.
    pub retries: u64,
    /// Votes that were never settled: turned away or unanswered until the voter gave up.
    pub unsettled: u64,
    /// How long the slowest voter waited, in seconds.
    pub slowest_s: f64,
}

impl Met {
    /// By what the load generator sums up.
    #[must_use]
    pub fn of(rate: u64, summary: &Summary) -> Met {
        Met {
            rate,
            votes_per_s: summary.votes_per_s,
            retries: summary.retries,
            unsettled: summary.shed + summary.unanswered,
            slowest_s: summary.latency_ms.max / 1_000.0,
        }
    }
}

/// A ledger in files, whose only validator is exchanged.
#[derive(Clone, Debug, Serialize)]
pub struct Alone {
    /// In the order in which they were exchanged.
    pub exchanged: Vec<Exchanged>,
    /// What voters met meanwhile.
    #[serde(flatten)]
    pub met: Met,
    /// The ledger, held against every answer.
    #[serde(flatten)]
    pub judged: Judged,
}

/// A rolling upgrade under load, and one step back.
#[derive(Clone, Debug, Serialize)]
pub struct Upgrade {
    /// Version of the programs at the beginning.
    pub before: String,
    /// Version of those that took their places.
    pub after: String,
    /// In the order in which they were exchanged.
    pub exchanged: Vec<Exchanged>,
    /// What voters met meanwhile.
    #[serde(flatten)]
    pub met: Met,
    /// The ledger, held against every answer.
    #[serde(flatten)]
    pub judged: Judged,
    /// Every attempt at a vote, judged as a register that is written once.
    pub history: Linearised,
    /// Counts that differ between the answers, the ledger and the tally's database.
    pub differences: usize,
    /// The same with one validator on a ledger in files.
    pub alone: Alone,
    /// Whether voters noticed nothing but a retry.
    pub verdict: Verdict,
}

impl Upgrade {
    /// The programs exchanged, a row each.
    #[must_use]
    pub fn table(&self) -> String {
        let mut table = format!(
            "{:<32} {:>10} {:>8} {:>8}\n",
            "exchanged", "to", "back s", "gap s"
        );
        let alone = self.alone.exchanged.iter();
        for row in self.exchanged.iter().chain(alone) {
            let Exchanged {
                what,
                to,
                back_s,
                gap_s,
            } = row;
            writeln!(table, "{what:<32} {to:>10} {back_s:>8.1} {gap_s:>8.1}")
                .expect("a string takes all");
        }
        table.truncate(table.trim_end().len());
        table
    }
}

/// What speaks against an upgrade that voters should not have noticed.
#[must_use]
pub fn faults(exchanged: &[Exchanged], met: &Met, gap_max: Duration) -> Vec<String> {
    let slow = exchanged
        .iter()
        .filter(|one| one.gap_s > gap_max.as_secs_f64());
    let mut faults: Vec<String> = slow
        .map(|one| {
            format!(
                "{}: {:.1} s without a vote, {} s are allowed",
                one.what,
                one.gap_s,
                gap_max.as_secs_f64()
            )
        })
        .collect();
    if met.unsettled > 0 {
        faults.push(format!("{} votes were never settled", met.unsettled));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_gap_and_a_vote_that_was_never_settled_are_faults() {
        let exchanged = |gap_s| Exchanged {
            what: "v1".to_owned(),
            to: "2".to_owned(),
            back_s: 1.0,
            gap_s,
        };
        let met = |unsettled| Met {
            rate: 1,
            votes_per_s: 1.0,
            retries: 9,
            unsettled,
            slowest_s: 2.0,
        };
        for (gap_s, unsettled, expected) in [(2.9, 0, 0), (3.1, 0, 1), (2.9, 1, 1), (3.1, 1, 2)] {
            let found = faults(
                &[exchanged(0.1), exchanged(gap_s)],
                &met(unsettled),
                Duration::from_secs(3),
            );
            assert_eq!(found.len(), expected, "{found:?}");
        }
    }
}
