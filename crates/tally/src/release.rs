//! The release plan: with which frame which votes may be seen. A pure function of the marks of the
//! ledger and the signed event, so that whoever folds the same frames releases the same sums: the API
//! and PostgreSQL both ask here.
//!
//! `live`: every frame. `batched`: when at least [`STEP_VOTES_MIN`] votes of a unit wait, all of them,
//! so that no single vote can be told from two readings. `after_close`: with the closing frame.

use std::collections::BTreeMap;

use election::{Ballot, Event, ResultsPolicy};

use crate::closings::{ClosingFrame, Closings};
use crate::fold_error::FoldError;
use crate::opened::OpenedFrame;
use crate::roll::Roll;

/// Fewest votes by which a batched unit moves.
pub(crate) const STEP_VOTES_MIN: u64 = 20;

/// What is released together: the votes of one partition on a law as a whole (region 0), or on an
/// election in one region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Unit {
    pub(crate) partition: u16,
    pub(crate) ballot: u16,
    pub(crate) region: u16,
}

impl Unit {
    /// The unit of a vote, cast by a voter of `region`.
    pub(crate) fn of(ballot: &Ballot, partition: u16, region: u16) -> Unit {
        Unit {
            partition,
            ballot: ballot.index.0,
            region: if ballot.law().is_some() { 0 } else { region },
        }
    }
}

/// What waits for its release, frame by frame.
#[derive(Clone)]
pub(crate) struct ReleasePlan {
    /// Votes of each unit that has ever had one.
    waiting: BTreeMap<Unit, u64>,
    closings: Closings,
}

impl ReleasePlan {
    pub(crate) fn new(event: &Event) -> ReleasePlan {
        ReleasePlan {
            waiting: BTreeMap::new(),
            closings: Closings::new(event),
        }
    }

    /// Says which partitions the ledger has: what is released at the close waits for all of them.
    pub(crate) fn expect(&mut self, partitions: &[u16]) {
        self.closings.expect(partitions);
    }

    /// Takes the next frame of its partition, and returns the units that it releases: all of their
    /// votes up to and including this frame.
    ///
    /// # Errors
    /// A mark of a ballot or credential that the package does not have.
    pub(crate) fn step(
        &mut self,
        event: &Event,
        roll: &dyn Roll,
        frame: &OpenedFrame,
    ) -> Result<Vec<Unit>, FoldError> {
        let mut released = Vec::new();
        for (unit, votes) in votes_of(event, roll, frame)? {
            let waiting = self.waiting.entry(unit).or_default();
            *waiting += votes;
            let is_due = match event.ballots()[usize::from(unit.ballot)].results {
                ResultsPolicy::Live => true,
                ResultsPolicy::Batched => *waiting >= STEP_VOTES_MIN,
                ResultsPolicy::AfterClose => false,
            };
            if is_due {
                *waiting = 0;
                released.push(unit);
            }
        }
        let closing = ClosingFrame {
            at: frame.at,
            time_ms: frame.time_ms,
        };
        for ballot in self.closings.see(event, frame.partition, closing) {
            let all = self.waiting.iter_mut();
            for (unit, waiting) in all.filter(|(unit, _)| unit.ballot == ballot.index.0) {
                if std::mem::take(waiting) > 0 {
                    released.push(*unit);
                }
            }
        }
        Ok(released)
    }
}

/// Votes of a frame by unit, counted from its marks.
fn votes_of(
    event: &Event,
    roll: &dyn Roll,
    frame: &OpenedFrame,
) -> Result<BTreeMap<Unit, u64>, FoldError> {
    let mut votes = BTreeMap::new();
    for marks in &frame.body.marks {
        for shard in &marks.shards {
            for ordinal in &shard.ordinals {
                let ballot = event.ballots().get(usize::from(marks.ballot));
                let region = roll.region(marks.ballot, shard.shard, *ordinal)?;
                let (ballot, region) = ballot.zip(region).ok_or_else(|| {
                    let position = frame.position();
                    position.not_on_roll(marks.ballot, shard.shard, *ordinal)
                })?;
                let unit = Unit::of(ballot, frame.partition, region);
                *votes.entry(unit).or_default() += 1;
            }
        }
    }
    Ok(votes)
}
