//! Closes that a start found in the past: they are held before they are written down.
//!
//! A clock that is far ahead at a start looks like a night without votes. The frame that closes a ballot
//! cannot be taken back, so a person gets time to look at the clock. `docs/time.md` says the rest.

use std::time::Duration;

/// How long a close is held.
const HOLD: Duration = Duration::from_secs(15 * 60);

/// The hold of one start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hold {
    /// On the monotonic clock.
    ends: Duration,
    /// The time at the start: windows that ended later ended during this life.
    started_ms: i64,
}

impl Hold {
    /// Of an owner that starts at `now`, when the time is `started_ms`.
    pub(crate) fn begin(now: Duration, started_ms: i64) -> Hold {
        Hold {
            ends: now + HOLD,
            started_ms,
        }
    }

    /// The time at the start, while it lasts.
    pub(crate) fn started_ms(self, now: Duration) -> Option<i64> {
        #[cfg(test)]
        if crate::sabotage::is(crate::sabotage::Sabotage::CloseAtOnce) {
            return None;
        }
        (now < self.ends).then_some(self.started_ms)
    }
}
