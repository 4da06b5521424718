//! What a rehearsal of a cluster comes to: for machines on one line, for people as a table.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::fault::Fault;
use super::validators::Ended;
use crate::history::Linearised;
use crate::judge::Judged;
use crate::verdict::Verdict;

/// One fault, and how long no vote was recorded.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Struck {
    /// What happened to which part.
    pub fault: Fault,
    /// The longest time without a recorded vote, from the fault on, until votes were recorded again.
    pub gap_s: f64,
    /// The same from when the fault was undone, until the cluster had its standby again.
    pub healing_gap_s: f64,
    /// From when the fault was undone until the cluster had its synchronous standby again.
    pub healed_s: f64,
}

/// Gaps of one kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Gaps {
    /// How many there were.
    pub n: usize,
    /// The middle one, in seconds.
    pub median: f64,
    /// The longest, in seconds.
    pub max: f64,
}

/// All faults, and the ledger held against every answer.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// What decided the order of faults, the roll and the choices.
    pub seed: u64,
    /// In the order in which they were played.
    pub faults: Vec<Struck>,
    /// Their gaps, by kind.
    pub by_fault: BTreeMap<Fault, Gaps>,
    /// Those that this machine does not allow.
    pub not_played: Vec<Fault>,
    /// Validators that ended by themselves, and were started again.
    pub ended: Vec<Ended>,
    /// Attempts of voters after their first.
    pub retries: u64,
    /// Votes that were sent several times at the same moment.
    pub raced: u64,
    /// How long the slowest voter waited, in seconds.
    pub slowest_s: f64,
    /// The ledger, held against every answer.
    #[serde(flatten)]
    pub judged: Judged,
    /// Every attempt at a vote, judged as a register that is written once.
    pub history: Linearised,
    /// Whether nothing was lost and nobody voted twice.
    pub verdict: Verdict,
}

/// A time in seconds, to the millisecond.
#[must_use]
pub fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1000.0).round() / 1000.0
}

/// Gaps by kind of fault.
#[must_use]
pub fn by_fault(faults: &[Struck]) -> BTreeMap<Fault, Gaps> {
    let mut gaps: BTreeMap<Fault, Vec<f64>> = BTreeMap::new();
    for struck in faults {
        gaps.entry(struck.fault).or_default().push(struck.gap_s);
    }
    gaps.into_iter()
        .map(|(fault, gaps)| (fault, spread(gaps)))
        .collect()
}

fn spread(mut gaps: Vec<f64>) -> Gaps {
    gaps.sort_by(f64::total_cmp);
    let n = gaps.len();
    let (low, high) = (gaps[(n - 1) / 2], gaps[n / 2]);
    Gaps {
        n,
        median: f64::midpoint(low, high),
        max: gaps[n - 1],
    }
}

impl Report {
    /// The gaps by kind, for people.
    #[must_use]
    pub fn table(&self) -> String {
        let mut table = format!(
            "{:<20} {:>3} {:>10} {:>10}\n",
            "fault", "n", "median gap", "max"
        );
        for (fault, gaps) in &self.by_fault {
            let Gaps { n, median, max } = gaps;
            let name = fault.name();
            table += &format!("{name:<20} {n:>3} {median:>8.1} s {max:>8.1} s\n");
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        let of = |gaps: &[f64]| spread(gaps.to_vec());
        let (n, median, max) = (3, 2.0, 9.0);
        assert_eq!(of(&[9.0, 1.0, 2.0]), Gaps { n, median, max });
        assert_eq!(of(&[1.0, 2.0]).median, 1.5);
    }
}
