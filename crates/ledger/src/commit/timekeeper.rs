//! The time that frames carry: which it is, when it may be trusted, and what moves it.
//!
//! Votes are stamped by a [`SteadyClock`], which no correction of the system's clock moves, and
//! never below the frame before. `docs/time.md` says what can go wrong and who is told what.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use durable::{Clock, SteadyClock};

use crate::commit::clock_state::ClockState;
use crate::commit::options::OnClock;
use crate::commit::state::PartitionState;
use crate::error::LedgerError;
use crate::format::shape::BallotShape;
use crate::log::Recovery;

/// Keeps the time of a partition's frames.
pub(crate) struct Timekeeper {
    clock: Arc<SteadyClock>,
    /// Commit time of the last frame; none where there is no frame.
    last_ms: Option<i64>,
    /// When the first ballot of the event opens.
    opens_ms: i64,
    on_clock: OnClock,
    told: ClockState,
}

impl Timekeeper {
    /// Continues behind the frames that `recovery` found.
    ///
    /// # Errors
    /// The last frame lies in the future, and no person has decided to go on behind that very frame.
    pub(crate) fn begin(
        clock: Arc<SteadyClock>,
        recovery: &Recovery,
        ballots: &[BallotShape],
        accepted_frame: Option<u64>,
        on_clock: OnClock,
    ) -> Result<Timekeeper, LedgerError> {
        let (frame, now_ms) = (recovery.position.cursor.sequence, clock.now_ms());
        if let Some(last_ms) = recovery.time_ms
            && is_far_behind(now_ms, last_ms)
            && accepted_frame != Some(frame)
        {
            return Err(LedgerError::ClockBehind {
                frame,
                last_ms,
                now_ms,
            });
        }
        Ok(Timekeeper {
            clock,
            last_ms: recovery.time_ms,
            opens_ms: ballots
                .iter()
                .map(|ballot| ballot.opens_ms)
                .min()
                .unwrap_or(0), // no ballot, no vote: the time is never read
            on_clock,
            told: ClockState::Agrees,
        })
    }

    pub(crate) fn clock(&self) -> &SteadyClock {
        &self.clock
    }

    /// Holds the system's clock against the time here, notes how far they are apart, and tells the
    /// operator where that has become another matter.
    pub(crate) fn look(&mut self, state: &PartitionState) -> ClockState {
        let ahead_ms = self.clock.system_ahead_ms();
        state.system_ahead_ms.store(ahead_ms, Ordering::Relaxed);
        let found = ClockState::of(ahead_ms);
        if found != self.told {
            self.told = found;
            (self.on_clock)(found, ahead_ms);
        }
        #[cfg(test)]
        if crate::sabotage::is(crate::sabotage::Sabotage::ServeInDoubt) {
            return ClockState::Agrees;
        }
        found
    }

    /// The time at which votes are decided now: it stands still rather than go back.
    pub(crate) fn now_ms(&self) -> i64 {
        let now_ms = self.clock.now_ms();
        #[cfg(test)]
        let now_ms = if crate::sabotage::is(crate::sabotage::Sabotage::FollowSystemClock) {
            now_ms.saturating_add(self.clock.system_ahead_ms())
        } else {
            now_ms
        };
        self.last_ms.map_or(now_ms, |last| last.max(now_ms))
    }

    /// The time of a frame that holds attempts and no vote, decided at `now_ms`. Attempts, which
    /// anybody can make, do not move the time: theirs is that of the frame before, and before the
    /// first frame none that a ballot could miss.
    pub(crate) fn of_attempts(&self, now_ms: i64) -> i64 {
        #[cfg(test)]
        if crate::sabotage::is(crate::sabotage::Sabotage::AttemptsMoveTime) {
            return now_ms;
        }
        self.last_ms.unwrap_or(now_ms.min(self.opens_ms))
    }

    /// The time of votes that must not write down that a window has ended: that of the last frame, and
    /// the time where there is none.
    pub(crate) fn of_votes_that_close_nothing(&self, now_ms: i64) -> i64 {
        self.last_ms.unwrap_or(now_ms)
    }

    /// The time of the last frame, which there is once one was appended.
    pub(crate) fn last_ms(&self) -> i64 {
        self.last_ms
            .expect("asked behind a frame that was appended")
    }

    /// The frame of that time was appended.
    pub(crate) fn advance(&mut self, time_ms: i64) {
        assert!(
            self.last_ms.is_none_or(|last| last <= time_ms),
            "time does not go back"
        );
        self.last_ms = Some(time_ms);
    }
}

/// Whether a clock that says `now_ms` is wrong, or was when it said `last_ms`.
fn is_far_behind(now_ms: i64, last_ms: i64) -> bool {
    #[cfg(test)]
    if crate::sabotage::is(crate::sabotage::Sabotage::StartInThePast) {
        return false;
    }
    now_ms < last_ms && ClockState::of(now_ms.saturating_sub(last_ms)) == ClockState::InDoubt
}
