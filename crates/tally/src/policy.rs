//! When counts may be seen: the results policy of each ballot, enforced here and not in a page.
//!
//! What is seen moves by the releases of [`ReleasePlan`] and by nothing else: no clock is asked.

use std::collections::BTreeMap;
use std::sync::Arc;

use election::{Ballot, Event, ResultsPolicy};
use ledger::Cursor;

use crate::certificate::Certificate;
use crate::counts::Counts;
use crate::fold_error::FoldError;
use crate::ledger_count::LedgerCount;
use crate::opened::OpenedFrame;
use crate::release::{ReleasePlan, Unit};
use crate::results::{Stage, Standing};
use crate::roll::Roll;

/// The count of the ledger, and what of it may be seen.
pub(crate) struct Board {
    count: LedgerCount,
    plan: ReleasePlan,
    /// By ballot; used by batched ballots only: of the others everything is seen, or nothing.
    shown: Vec<Shown>,
    /// By ballot: frames that changed what may be seen of it.
    versions: Vec<u64>,
    /// By ballot, of statements that were shown to this tally.
    certificates: Vec<Option<Arc<Certificate>>>,
    opened: bool,
}

/// What may be seen of a batched ballot.
#[derive(Default)]
struct Shown {
    regions: BTreeMap<u16, Counts>,
    updated_ms: i64,
    /// The frame of the last release, by partition.
    position: BTreeMap<u16, Cursor>,
    /// Votes that wait for their release, by the region of their voters.
    waiting: BTreeMap<Unit, BTreeMap<u16, Counts>>,
}

/// A version of a ballot's results: equal versions show equal results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Version {
    /// Frames that changed the ballot.
    changes: u64,
    complete: bool,
    certified: bool,
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
    /// Turnout only, until the ballot is closed, which is due then.
    Withheld { available_ms: i64 },
    /// Turnout only: this tally holds no box key.
    Sealed,
}

impl Board {
    /// Of an empty ledger. `opened`: whether frames come with their choices.
    pub(crate) fn new(event: &Event, roll: &dyn Roll, opened: bool) -> Board {
        let count = LedgerCount::new(event, roll);
        let ballots = event.ballots().len();
        Board {
            count,
            plan: ReleasePlan::new(event),
            shown: event.ballots().iter().map(|_| Shown::default()).collect(),
            versions: vec![0; ballots],
            certificates: vec![None; ballots],
            opened,
        }
    }

    pub(crate) fn count(&self) -> &LedgerCount {
        &self.count
    }

    /// Says which partitions the ledger has, before the first frame.
    pub(crate) fn expect(&mut self, partitions: &[u16]) {
        self.count.closings.expect(partitions);
        self.plan.expect(partitions);
    }

    /// Folds a frame, and publishes what it releases.
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
        let released = self.plan.step(event, roll, frame)?;
        for marks in &frame.body.marks {
            // The fold has refused ballots that the event does not have.
            let at = usize::from(marks.ballot);
            if event.ballots()[at].results == ResultsPolicy::Batched {
                self.shown[at].wait(&event.ballots()[at], frame);
            }
            self.versions[at] += 1;
        }
        for unit in released {
            self.shown[usize::from(unit.ballot)].release(unit, frame);
        }
        Ok(())
    }

    /// Notes that an officer has signed the numbers of a ballot.
    pub(crate) fn certify(&mut self, ballot: &Ballot, certificate: Certificate) {
        self.certificates[usize::from(ballot.index.0)] = Some(Arc::new(certificate));
    }

    /// What may be seen of a ballot.
    pub(crate) fn visible(&self, ballot: &Ballot) -> Visible<'_> {
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
        if self.is_complete(ballot) {
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

    /// How final the numbers are that may be seen of a ballot, and which frames they stand on.
    pub(crate) fn standing(&self, ballot: &Ballot) -> Standing {
        let at = usize::from(ballot.index.0);
        let mut standing = self.count.standing(ballot);
        if standing.stage.is_complete() {
            if let Some(certificate) = &self.certificates[at] {
                standing.stage = Stage::Certified(Arc::clone(certificate));
            }
        } else if self.opened && ballot.results == ResultsPolicy::Batched {
            let shown = &self.shown[at];
            standing.position.clone_from(&shown.position);
            standing.time_ms = (shown.updated_ms != 0).then_some(shown.updated_ms);
        }
        standing
    }

    /// What the ballot's results depend on, beside the event.
    pub(crate) fn version(&self, ballot: &Ballot) -> Version {
        let at = usize::from(ballot.index.0);
        Version {
            changes: self.versions[at],
            complete: self.is_complete(ballot),
            certified: self.certificates[at].is_some(),
        }
    }

    fn is_complete(&self, ballot: &Ballot) -> bool {
        self.count.closings.of(ballot).is_some()
    }
}

impl Version {
    /// How final the results are: a reader who could see the next stage is never shown the one before.
    pub(crate) fn phase(&self) -> (bool, bool) {
        (self.complete, self.certified)
    }
}

impl Shown {
    /// Keeps the choices of a frame until their release.
    fn wait(&mut self, ballot: &Ballot, frame: &OpenedFrame) {
        // Counts come with the box key alone; so does this.
        for (region, choice, votes) in frame.choices_of(ballot.index.0).unwrap_or(&[]) {
            let unit = Unit::of(ballot, frame.partition, *region);
            let regions = self.waiting.entry(unit).or_default();
            regions.entry(*region).or_default().add(choice, *votes);
        }
    }

    /// Publishes the votes of a unit, of which `frame` is the last.
    fn release(&mut self, unit: Unit, frame: &OpenedFrame) {
        // Only batched ballots keep anything here.
        let Some(waiting) = self.waiting.remove(&unit) else {
            return;
        };
        for (region, counts) in waiting {
            self.regions.entry(region).or_default().merge(&counts);
        }
        self.updated_ms = self.updated_ms.max(frame.time_ms);
        self.position.insert(frame.partition, frame.at);
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

    /// The frame that closes every ballot of the event, in a ledger of one partition.
    pub(crate) fn close(&mut self, event: &Event) {
        self.expect(&[0]);
        let end = event.ballots().iter().map(|ballot| ballot.closes).max();
        let frame = crate::closings::ClosingFrame {
            at: Cursor::default(),
            time_ms: end.expect("an event has a ballot"),
        };
        self.count.closings.see(event, 0, frame);
    }
}
