//! What the committer shares with everybody else.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::commit::state::PartitionState;
use crate::decide::invalid::InvalidCounters;
use crate::decide::voted::Voted;
use crate::format::shape::Shape;

/// Counters that others read, and those that others raise.
pub(crate) struct Shared {
    pub(crate) state: PartitionState,
    pub(crate) invalid: InvalidCounters,
}

impl Shared {
    /// As of the last frame.
    pub(crate) fn of(shape: &Shape, voted: &Voted, last_sequence: u64) -> Arc<Shared> {
        let state = PartitionState::new(shape.ballots.len());
        for ballot in (0u16..).take(shape.ballots.len()) {
            state.note_voted(ballot, voted.count(ballot));
        }
        state.last_sequence.store(last_sequence, Ordering::Release);
        let invalid = InvalidCounters::new(shape.ballots.len());
        Arc::new(Shared { state, invalid })
    }
}
