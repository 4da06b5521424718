//! When counts may be seen: the results policy of each ballot, enforced here and not in a page.
//!
//! `live`: every frame. `batched`: while voting is open, a unit (a law, or one region of an
//! election) moves only in steps of at least [`STEP_VOTES_MIN`] votes, so that no single vote can
//! be told from two readings. `after_close`: turnout only until the ballot closes.

use std::collections::BTreeMap;

use election::{Ballot, Event, ResultsPolicy};

use crate::counts::Counts;
use crate::opened::OpenedFrame;
use crate::state::{FoldError, Roll, State};

/// Fewest votes by which a batched unit moves.
pub(crate) const STEP_VOTES_MIN: u64 = 20;

/// The fold, and what of it may be seen.
pub(crate) struct Board {
    state: State,
    /// By ballot; used by batched ballots only.
    shown: Vec<Shown>,
    /// By ballot: changes whenever what may be seen of it does, except by its closing.
    versions: Vec<u64>,
    opened: bool,
}

#[derive(Default)]
struct Shown {
    regions: BTreeMap<u16, Counts>,
    updated_ms: i64,
}

/// What may be seen of a ballot now.
pub(crate) enum Visible<'a> {
    /// Votes per region and choice, as of a commit time (ms; 0 = no vote yet).
    Counts {
        regions: &'a BTreeMap<u16, Counts>,
        updated_ms: i64,
    },
    /// Turnout only, until then.
    Withheld { available_ms: i64 },
    /// Turnout only: this tally holds no box key.
    Sealed,
}

impl Board {
    /// Of an empty ledger. `opened`: whether frames come with their choices.
    pub(crate) fn new(event: &Event, roll: &dyn Roll, opened: bool) -> Board {
        let state = State::new(event, roll);
        let shown = event.ballots().iter().map(|_| Shown::default()).collect();
        Board {
            state,
            shown,
            versions: vec![0; event.ballots().len()],
            opened,
        }
    }

    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    /// Adds a frame.
    ///
    /// # Errors
    /// See [`State::apply`].
    pub(crate) fn apply(
        &mut self,
        event: &Event,
        roll: &dyn Roll,
        frame: &OpenedFrame,
    ) -> Result<(), FoldError> {
        self.state.apply(frame, roll)?;
        for marks in &frame.body.marks {
            let at = usize::from(marks.ballot);
            let (Some(ballot), Some(shown)) = (event.ballots().get(at), self.shown.get_mut(at))
            else {
                continue;
            };
            if ballot.results == ResultsPolicy::Batched {
                let counts = &self.state.ballots[at].regions;
                shown.step(ballot, counts, frame);
            }
            self.versions[at] += 1;
        }
        Ok(())
    }

    /// What may be seen of a ballot at `now_ms`.
    pub(crate) fn visible(&self, ballot: &Ballot, now_ms: i64) -> Visible<'_> {
        let at = usize::from(ballot.index.0);
        let (Some(state), Some(shown)) = (self.state.ballots.get(at), self.shown.get(at)) else {
            return Visible::Sealed;
        };
        if !self.opened {
            return Visible::Sealed;
        }
        let all = Visible::Counts {
            regions: &state.regions,
            updated_ms: state.updated_ms,
        };
        if now_ms >= ballot.closes {
            return all;
        }
        match ballot.results {
            ResultsPolicy::Live => all,
            ResultsPolicy::Batched => Visible::Counts {
                regions: &shown.regions,
                updated_ms: shown.updated_ms,
            },
            ResultsPolicy::AfterClose => Visible::Withheld {
                available_ms: ballot.closes,
            },
        }
    }

    /// Changes whenever what may be seen of the ballot may have changed.
    pub(crate) fn version(&self, ballot: &Ballot, now_ms: i64) -> (u64, bool) {
        let version = self
            .versions
            .get(usize::from(ballot.index.0))
            .copied()
            .unwrap_or(0);
        (version, now_ms >= ballot.closes)
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
        let mut regions: Vec<u16> = Vec::new();
        for (region, ..) in frame.choices_of(ballot.index.0).unwrap_or_default() {
            if regions.last() != Some(region) {
                regions.push(*region);
            }
        }
        for region in regions {
            let Some(now) = counts.get(&region) else {
                continue;
            };
            let before = self.regions.get(&region).map_or(0, Counts::total);
            if now.total() - before >= STEP_VOTES_MIN {
                self.regions.insert(region, now.clone());
                self.updated_ms = frame.time_ms;
            }
        }
    }
}
