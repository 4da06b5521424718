//! Votes that wait for their release, added up as they come.

use std::collections::{BTreeMap, VecDeque};

use election::{Choice, Event};
use ledger::{BallotChoices, Cursor};

use crate::counts::{Added, Counts};
use crate::fold_error::FoldError;
use crate::opened::OpenedFrame;
use crate::release::{Release, ReleasePlan, Unit};

/// What a release shows.
#[derive(Clone)]
pub(crate) struct ReleasedVotes {
    pub(crate) unit: Unit,
    /// The last frame whose votes are inside, and its commit time.
    pub(crate) at: Cursor,
    pub(crate) time_ms: i64,
    pub(crate) counts: Counts,
}

/// The votes of one partition that no release has shown yet.
pub(crate) struct WaitingVotes {
    plan: ReleasePlan,
    /// By frame, in order; one entry for all where the close alone releases.
    waiting: BTreeMap<Unit, VecDeque<(u64, Counts)>>,
}

impl WaitingVotes {
    pub(crate) fn new(event: &Event, partition: u16) -> WaitingVotes {
        WaitingVotes {
            plan: ReleasePlan::new(event, partition),
            waiting: BTreeMap::new(),
        }
    }

    /// Takes the next frame with its choices, and returns what is released with it.
    ///
    /// # Errors
    /// A choice that its ballot does not offer; a region with more choices or fewer than marks.
    pub(crate) fn step(
        &mut self,
        event: &Event,
        frame: &OpenedFrame,
        choices: &[BallotChoices],
    ) -> Result<Vec<ReleasedVotes>, FoldError> {
        for of_ballot in choices {
            self.add(event, frame, of_ballot)?;
        }
        let releases = self.plan.step(event, frame);
        Ok(releases
            .into_iter()
            .map(|release| self.take(release))
            .collect())
    }

    fn add(
        &mut self,
        event: &Event,
        frame: &OpenedFrame,
        choices: &BallotChoices,
    ) -> Result<(), FoldError> {
        let ballot = event.ballots().get(usize::from(choices.ballot));
        let ballot = ballot.ok_or_else(|| frame.position().not_on_roll(choices.ballot, 0, 0))?;
        frame.check_regions(ballot, &choices.counts)?;
        for (region, choice, votes) in &choices.counts {
            for unit in Unit::of(ballot, frame.partition, *region) {
                let rows = self.waiting.entry(unit).or_default();
                let one_by_one = unit.moves_while_open(ballot);
                let added = add_to(rows, frame.at.sequence, one_by_one, choice, *votes);
                if added == Added::First {
                    frame.position().check(ballot, *region, choice)?;
                }
            }
        }
        Ok(())
    }

    /// The votes of a release, which wait no more.
    fn take(&mut self, release: Release) -> ReleasedVotes {
        let rows = self.waiting.entry(release.unit).or_default();
        let mut counts = Counts::default();
        while let Some((_, of_frame)) =
            rows.pop_front_if(|(sequence, _)| *sequence <= release.last.sequence)
        {
            counts.merge(&of_frame);
        }
        assert!(
            counts.total() == release.votes,
            "a release covers as many choices as marks"
        );
        ReleasedVotes {
            unit: release.unit,
            at: release.last,
            time_ms: release.time_ms,
            counts,
        }
    }
}

fn add_to(
    rows: &mut VecDeque<(u64, Counts)>,
    sequence: u64,
    one_by_one: bool,
    choice: &Choice,
    votes: u64,
) -> Added {
    let last = rows.back().map(|(last, _)| *last);
    if last.is_none_or(|last| one_by_one && last != sequence) {
        rows.push_back((sequence, Counts::default()));
    }
    let (last, counts) = rows.back_mut().expect("pushed above where there was none");
    *last = sequence;
    counts.add(choice, votes)
}
