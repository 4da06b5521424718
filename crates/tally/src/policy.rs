//! When counts may be seen: the results policy of each ballot, enforced here and not in a page.
//!
//! `live`: every frame. `batched`: while voting is open, a unit (a law, or one region of an
//! election) moves only in steps of at least [`STEP_VOTES_MIN`] votes, so that no single vote can
//! be told from two readings. `after_close`: turnout only until the ballot closes.

use std::collections::{BTreeMap, BTreeSet};

use election::{Ballot, Event, ResultsPolicy};

use crate::counts::Counts;
use crate::fold_error::FoldError;
use crate::ledger_count::LedgerCount;
use crate::opened::OpenedFrame;
use crate::roll::Roll;

/// Fewest votes by which a batched unit moves.
pub(crate) const STEP_VOTES_MIN: u64 = 20;

/// The count of the ledger, and what of it may be seen.
pub(crate) struct Board {
    count: LedgerCount,
    /// By ballot; used by batched ballots only.
    shown: Vec<Shown>,
    /// By ballot: frames that touched it.
    versions: Vec<u64>,
    opened: bool,
}

#[derive(Default)]
struct Shown {
    regions: BTreeMap<u16, Counts>,
    updated_ms: i64,
}

/// A version of a ballot's results: equal versions show equal results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Version {
    /// Frames that touched the ballot.
    changes: u64,
    begun: bool,
    closed: bool,
}

/// What may be seen of a ballot now.
pub(crate) enum Visible<'a> {
    /// Votes per region and choice, as of a commit time (ms; 0 = no vote yet).
    Counts {
        regions: &'a BTreeMap<u16, Counts>,
        updated_ms: i64,
        /// Whether regions may be told apart. While a batched law is open they may not: it moves in
        /// steps of the whole, of which one region may have a single vote, and the turnout would
        /// tell whose.
        by_region: bool,
    },
    /// Turnout only, until then.
    Withheld { available_ms: i64 },
    /// Turnout only: this tally holds no box key.
    Sealed,
}

impl Board {
    /// Of an empty ledger. `opened`: whether frames come with their choices.
    pub(crate) fn new(event: &Event, roll: &dyn Roll, opened: bool) -> Board {
        let count = LedgerCount::new(event, roll);
        let shown = event.ballots().iter().map(|_| Shown::default()).collect();
        Board {
            count,
            shown,
            versions: vec![0; event.ballots().len()],
            opened,
        }
    }

    pub(crate) fn count(&self) -> &LedgerCount {
        &self.count
    }

    /// Folds a frame, and publishes the batched units that have grown enough by it.
    ///
    /// # Errors
    /// See [`LedgerCount::apply`].
    pub(crate) fn apply(
        &mut self,
        event: &Event,
        roll: &dyn Roll,
        frame: &OpenedFrame,
    ) -> Result<(), FoldError> {
        self.count.apply(event, frame, roll)?;
        for marks in &frame.body.marks {
            // The fold has refused ballots that the event does not have.
            let at = usize::from(marks.ballot);
            let (ballot, shown) = (&event.ballots()[at], &mut self.shown[at]);
            if ballot.results == ResultsPolicy::Batched {
                let counts = &self.count.ballots[at].regions;
                shown.step(ballot, counts, frame);
            }
            self.versions[at] += 1;
        }
        Ok(())
    }

    /// What may be seen of a ballot at `now_ms`.
    pub(crate) fn visible(&self, ballot: &Ballot, now_ms: i64) -> Visible<'_> {
        let at = usize::from(ballot.index.0);
        let (count, shown) = (&self.count.ballots[at], &self.shown[at]);
        if !self.opened {
            return Visible::Sealed;
        }
        let all = Visible::Counts {
            regions: &count.regions,
            updated_ms: count.updated_ms,
            by_region: true,
        };
        if now_ms >= ballot.closes {
            return all;
        }
        match ballot.results {
            ResultsPolicy::Live => all,
            ResultsPolicy::Batched => Visible::Counts {
                regions: &shown.regions,
                updated_ms: shown.updated_ms,
                by_region: ballot.law().is_none(),
            },
            ResultsPolicy::AfterClose => Visible::Withheld {
                available_ms: ballot.closes,
            },
        }
    }

    /// What the ballot's results depend on at `now_ms`, beside the event.
    pub(crate) fn version(&self, ballot: &Ballot, now_ms: i64) -> Version {
        Version {
            changes: self.versions[usize::from(ballot.index.0)],
            begun: now_ms >= ballot.opens,
            closed: now_ms >= ballot.closes,
        }
    }
}

impl Version {
    /// Where the clock stands in the ballot's window: what may be seen depends on it.
    pub(crate) fn phase(&self) -> (bool, bool) {
        (self.begun, self.closed)
    }
}

#[cfg(test)]
impl Board {
    /// Votes without a frame and without a check, as no fold would let them in.
    pub(crate) fn vote(
        &mut self,
        ballot: &Ballot,
        region: u16,
        choice: &election::Choice,
        votes: u64,
    ) {
        let at = usize::from(ballot.index.0);
        let counts = self.count.ballots[at].regions.entry(region).or_default();
        counts.add(choice, votes);
        self.versions[at] += 1;
    }
}

impl Shown {
    /// Publishes the units that have grown enough.
    fn step(&mut self, ballot: &Ballot, counts: &BTreeMap<u16, Counts>, frame: &OpenedFrame) {
        if ballot.law().is_some() {
            let sum = |regions: &BTreeMap<u16, Counts>| -> u64 {
                regions.values().map(Counts::total).sum()
            };
            if sum(counts) - sum(&self.regions) >= STEP_VOTES_MIN {
                self.regions.clone_from(counts);
                self.updated_ms = frame.time_ms;
            }
            return;
        }
        // Counts come with the box key alone; so does this.
        let choices = frame.choices_of(ballot.index.0).unwrap_or(&[]);
        let regions: BTreeSet<u16> = choices.iter().map(|(region, ..)| *region).collect();
        for region in regions {
            // The frame was folded into `counts` before.
            let now = &counts[&region];
            let before = self.regions.get(&region).map_or(0, Counts::total);
            if now.total() - before >= STEP_VOTES_MIN {
                self.regions.insert(region, now.clone());
                self.updated_ms = frame.time_ms;
            }
        }
    }
}
