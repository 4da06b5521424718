//! When counts may be seen: the results policy of each ballot, enforced here and not in a page.
//!
//! What is seen moves by the releases of [`ReleasePlan`] and by nothing else: no clock is asked.

use std::collections::BTreeSet;
use std::sync::Arc;

use election::{Ballot, Event, ResultsPolicy};

use crate::awaited::Awaited;
use crate::ballot_count::ReleasedCounts;
use crate::certificate::Certificate;
use crate::fold_error::FoldError;
use crate::ledger_count::LedgerCount;
use crate::reading::Fact;
use crate::results::{Stage, Standing};
use crate::roll::Roll;

/// The count of the ledger, and what of it may be seen.
pub(crate) struct Board {
    count: LedgerCount,
    /// By ballot: frames and releases that changed its results.
    versions: Vec<u64>,
    /// By ballot, of statements that were shown to this tally.
    certificates: Vec<Option<Arc<Certificate>>>,
    opened: bool,
    /// Where votes are opened, by the releases of the count hand.
    awaited: Awaited,
}

/// A version of a ballot's results: equal versions show equal results, and later ones are greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version {
    /// Frames and releases that changed the ballot.
    changes: u64,
    complete: bool,
    certified: bool,
}

/// What may be seen of a ballot now.
pub(crate) enum Visible<'a> {
    /// The votes that were released.
    Counts(&'a ReleasedCounts),
    /// Turnout only, until the ballot is closed, which is due then.
    Withheld { available_ms: i64 },
    /// Turnout only: this tally holds no mask key.
    Sealed,
}

impl Board {
    /// Of an empty ledger. `opened`: whether frames come with their choices.
    pub(crate) fn new(event: &Event, roll: &dyn Roll, opened: bool) -> Board {
        let count = LedgerCount::new(event, roll);
        let ballots = event.ballots().len();
        Board {
            count,
            versions: vec![0; ballots],
            certificates: vec![None; ballots],
            opened,
            awaited: Awaited::default(),
        }
    }

    pub(crate) fn count(&self) -> &LedgerCount {
        &self.count
    }

    /// The releases that are due and those that came; of no partition where this tally opens none.
    pub(crate) fn awaited(&self) -> &Awaited {
        &self.awaited
    }

    /// Says which partitions the ledger has, before the first frame.
    pub(crate) fn expect(&mut self, partitions: &[u16]) {
        self.count.closings.expect(partitions);
    }

    /// Folds what the ledger tells next.
    ///
    /// # Errors
    /// See [`LedgerCount::apply`].
    pub(crate) fn apply(&mut self, event: &Event, fact: &Fact) -> Result<(), FoldError> {
        self.count.apply(event, fact)?;
        if self.opened {
            self.awaited.see(event, fact);
        }
        let changed: BTreeSet<u16> = match fact {
            Fact::Frame(frame) => frame.body.marks.iter().map(|m| m.ballot).collect(),
            Fact::Released(released) => BTreeSet::from([released.unit.ballot]),
        };
        for ballot in changed {
            // The fold has refused ballots that the event does not have.
            self.versions[usize::from(ballot)] += 1;
        }
        Ok(())
    }

    /// Notes that an officer has signed the numbers of a ballot.
    pub(crate) fn certify(&mut self, ballot: &Ballot, certificate: Certificate) {
        self.certificates[usize::from(ballot.index.0)] = Some(Arc::new(certificate));
    }

    /// What may be seen of a ballot.
    pub(crate) fn visible(&self, ballot: &Ballot) -> Visible<'_> {
        let count = &self.count.ballots[usize::from(ballot.index.0)];
        if !self.opened {
            Visible::Sealed
        } else if ballot.results == ResultsPolicy::AfterClose && !self.is_complete(ballot) {
            Visible::Withheld {
                available_ms: ballot.closes,
            }
        } else {
            Visible::Counts(&count.released)
        }
    }

    /// How final the numbers are that may be seen of a ballot, and which frames they stand on.
    pub(crate) fn standing(&self, ballot: &Ballot) -> Standing {
        let shows_counts = matches!(self.visible(ballot), Visible::Counts(_));
        let mut standing = self.count.standing(ballot, shows_counts);
        if standing.stage.is_complete()
            && let Some(certificate) = &self.certificates[usize::from(ballot.index.0)]
        {
            standing.stage = Stage::Certified(Arc::clone(certificate));
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

    /// A number that grows with each change of what may be seen of any ballot.
    pub(crate) fn changes(&self, event: &Event) -> u64 {
        let versions = event.ballots().iter().map(|ballot| self.version(ballot));
        let of = |version: Version| {
            version.changes + u64::from(version.complete) + u64::from(version.certified)
        };
        versions.map(of).sum()
    }

    fn is_complete(&self, ballot: &Ballot) -> bool {
        if self.opened {
            self.count.is_complete(ballot)
        } else {
            self.count.closings.of(ballot).is_some()
        }
    }
}

impl Version {
    /// How final the results are: a reader who could see the next stage is never shown the one before.
    pub(crate) fn phase(&self) -> (bool, bool) {
        (self.complete, self.certified)
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
        let count = &mut self.count.ballots[at];
        let counts = count.released.regions.entry(region).or_default();
        counts.add(choice, votes);
        count.released.regional_votes += votes;
        count.votes += votes;
        self.versions[at] += 1;
    }

    /// The frame that closes every ballot of the event, in a ledger of one partition.
    pub(crate) fn close(&mut self, event: &Event) {
        self.expect(&[0]);
        let end = event.ballots().iter().map(|ballot| ballot.closes).max();
        let frame = crate::closings::ClosingFrame {
            at: ledger::Cursor::default(),
            time_ms: end.expect("an event has a ballot"),
        };
        self.count.closings.see(event, 0, frame);
    }
}
