//! The clocks of a simulated machine: the system's, which somebody sets by hours, and the monotonic.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use durable::{Clock, SteadyClock};
use ledger::{BallotShape, Decision};

/// The clocks of one machine; clones are the same clocks.
#[derive(Clone, Default)]
pub struct SimClock {
    monotonic_ms: Arc<AtomicU64>,
    /// By how much the system's clock is wrong.
    wrong_ms: Arc<AtomicI64>,
}

impl SimClock {
    /// Lets so many milliseconds pass.
    pub fn pass(&self, ms: u64) {
        self.monotonic_ms.fetch_add(ms, Ordering::Relaxed);
    }

    /// Somebody sets the system's clock so that it is wrong by this much.
    pub fn set_wrong(&self, ms: i64) {
        self.wrong_ms.store(ms, Ordering::Relaxed);
    }

    /// What a clock that was never wrong says.
    pub fn true_ms(&self) -> i64 {
        i64::try_from(self.monotonic_ms.load(Ordering::Relaxed)).expect("short simulations")
    }

    /// The clock of a process that starts now.
    pub fn started(&self) -> Arc<SteadyClock> {
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
    /// None before the owner stands behind its last frame.
    start: Option<Start>,
}

/// When an owner started.
#[derive(Clone, Copy)]
struct Start {
    true_ms: i64,
    /// The time, as it took it to be.
    now_ms: i64,
}

/// For how long an owner writes no close that was in the past when it started.
pub(crate) const HOLD_MS: i64 = 15 * 60_000;

/// Beyond this difference an owner takes no votes, and does not start behind a later frame.
const IN_DOUBT_MS: u64 = 30_000;

impl Expected {
    /// Of an owner that starts now.
    pub(crate) fn of(clock: &SimClock) -> Expected {
        Expected {
            wrong_ms: clock.now_ms() - clock.true_ms(),
            start: None,
        }
    }

    /// The owner has started behind a frame of that time.
    pub(crate) fn begin(&mut self, clock: &SimClock, last_ms: i64) {
        self.start = Some(Start {
            true_ms: clock.true_ms(),
            now_ms: self.now_ms(clock).max(last_ms),
        });
    }

    /// By which times an owner whose last frame is of `last_ms` must decide at this moment.
    pub(crate) fn times(self, clock: &SimClock, last_ms: i64, ballots: &[BallotShape]) -> Times {
        let now_ms = self.now_ms(clock).max(last_ms);
        let lasting = |start: &Start| clock.true_ms() - start.true_ms < HOLD_MS;
        let start_ms = self.start.filter(lasting).map(|start| start.now_ms);
        let held = |ballot: &BallotShape, start_ms| {
            last_ms < ballot.closes_ms && ballot.closes_ms <= start_ms
        };
        let held_ms = start_ms.and_then(|start_ms| {
            let ballots = ballots.iter().filter(|ballot| held(ballot, start_ms));
            ballots.map(|ballot| ballot.closes_ms).min()
        });
        Times {
            now_ms,
            stamp_ms: match held_ms {
                Some(_) if last_ms > i64::MIN => last_ms,
                _ => now_ms,
            },
            held_ms,
            held_after_ms: last_ms,
            held_by_ms: start_ms.unwrap_or(i64::MIN),
            in_doubt: self.in_doubt(clock),
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

/// By which times a batch must be decided.
#[derive(Clone, Copy)]
pub(crate) struct Times {
    pub(crate) now_ms: i64,
    /// What its votes must carry.
    pub(crate) stamp_ms: i64,
    /// The first close that is held.
    pub(crate) held_ms: Option<i64>,
    held_after_ms: i64,
    held_by_ms: i64,
    in_doubt: bool,
}

impl Times {
    /// Why a vote on a ballot must be turned away, if it must.
    pub(crate) fn refusal(&self, ballot: &BallotShape) -> Option<Decision> {
        let is_open = |ms| ballot.opens_ms <= ms && ms < ballot.closes_ms;
        let is_held = self.held_ms.is_some()
            && self.held_after_ms < ballot.closes_ms
            && ballot.closes_ms <= self.held_by_ms;
        if self.in_doubt || is_held {
            Some(Decision::ClockInDoubt)
        } else if self.now_ms < ballot.opens_ms {
            Some(Decision::NotOpen)
        } else if self.now_ms >= ballot.closes_ms {
            Some(Decision::Closed)
        } else if !is_open(self.stamp_ms) {
            Some(Decision::ClockInDoubt)
        } else {
            None
        }
    }
}

/// Whether a start behind a frame of that time must be refused.
pub(crate) fn is_far_behind(clock: &SimClock, last_ms: i64) -> bool {
    clock.now_ms() < last_ms && clock.now_ms().abs_diff(last_ms) > IN_DOUBT_MS
}
