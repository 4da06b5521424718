//! The clocks of a simulated machine: the system's, which somebody sets by hours, and the monotonic.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use durable::{Clock, SteadyClock};

#[derive(Clone, Default)]
pub(crate) struct SimClock {
    monotonic_ms: Arc<AtomicU64>,
    /// By how much the system's clock is wrong.
    wrong_ms: Arc<AtomicI64>,
}

impl SimClock {
    pub(crate) fn pass(&self, ms: u64) {
        self.monotonic_ms.fetch_add(ms, Ordering::Relaxed);
    }

    /// Somebody sets the system's clock so that it is wrong by this much.
    pub(crate) fn set_wrong(&self, ms: i64) {
        self.wrong_ms.store(ms, Ordering::Relaxed);
    }

    /// What a clock that was never wrong says.
    pub(crate) fn true_ms(&self) -> i64 {
        i64::try_from(self.monotonic_ms.load(Ordering::Relaxed)).expect("short simulations")
    }

    /// The clock of a process that starts now.
    pub(crate) fn started(&self) -> Arc<SteadyClock> {
        Arc::new(SteadyClock::start(Arc::new(self.clone())))
    }
}

impl Clock for SimClock {
    fn now_ms(&self) -> i64 {
        self.true_ms() + self.wrong_ms.load(Ordering::Relaxed)
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.monotonic_ms.load(Ordering::Relaxed))
    }
}

/// What an owner must take the time to be: that of the system's clock at its start, and as much as
/// has passed since.
#[derive(Clone, Copy)]
pub(crate) struct Expected {
    wrong_ms: i64,
}

/// Beyond this difference an owner takes no votes, and does not start behind a later frame.
const IN_DOUBT_MS: u64 = 30_000;

impl Expected {
    /// Of an owner that starts now.
    pub(crate) fn of(clock: &SimClock) -> Expected {
        Expected {
            wrong_ms: clock.now_ms() - clock.true_ms(),
        }
    }

    /// The time at this moment.
    pub(crate) fn now_ms(self, clock: &SimClock) -> i64 {
        clock.true_ms() + self.wrong_ms
    }

    /// Whether the system's clock says another time, so that nobody knows what time it is.
    pub(crate) fn in_doubt(self, clock: &SimClock) -> bool {
        clock.now_ms().abs_diff(self.now_ms(clock)) > IN_DOUBT_MS
    }
}

/// Whether a start behind a frame of that time must be refused.
pub(crate) fn is_far_behind(clock: &SimClock, last_ms: i64) -> bool {
    clock.now_ms() < last_ms && clock.now_ms().abs_diff(last_ms) > IN_DOUBT_MS
}
