//! Wall time that no correction of the system's clock moves.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;

/// Wall time read once from the machine's clock, and counted on from there by its monotonic clock.
///
/// A system clock that jumps, by a mistake or by a correction, does not move this one. How far the
/// two are apart is for its owner to look at: see [`SteadyClock::system_ahead_ms`].
pub struct SteadyClock {
    machine: Arc<dyn Clock>,
    /// Wall time at the start, ms since 1970 UTC.
    start_ms: i64,
    /// The monotonic clock at the start.
    start: Duration,
}

impl SteadyClock {
    /// Starts at the wall time that the machine's clock shows now.
    pub fn start(machine: Arc<dyn Clock>) -> SteadyClock {
        SteadyClock {
            start_ms: machine.now_ms(),
            start: machine.monotonic(),
            machine,
        }
    }

    /// How far the system's clock is ahead of this one, in ms; negative where it is behind.
    pub fn system_ahead_ms(&self) -> i64 {
        self.machine.now_ms().saturating_sub(self.now_ms())
    }
}

impl Clock for SteadyClock {
    fn now_ms(&self) -> i64 {
        let since = self.monotonic().saturating_sub(self.start).as_millis();
        let since = i64::try_from(since);
        let since = since.expect("an i64 of milliseconds is 292 million years");
        self.start_ms.saturating_add(since)
    }

    fn monotonic(&self) -> Duration {
        self.machine.monotonic()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

    use super::*;

    #[derive(Default)]
    struct SetClock {
        wall_ms: AtomicI64,
        monotonic_ms: AtomicU64,
    }

    impl Clock for SetClock {
        fn now_ms(&self) -> i64 {
            self.wall_ms.load(Ordering::Relaxed)
        }

        fn monotonic(&self) -> Duration {
            Duration::from_millis(self.monotonic_ms.load(Ordering::Relaxed))
        }
    }

    #[test]
    fn a_jump_of_the_system_clock_moves_nothing_and_is_seen() {
        let machine = Arc::new(SetClock::default());
        machine.wall_ms.store(1_000, Ordering::Relaxed);
        machine.monotonic_ms.store(70, Ordering::Relaxed);
        let steady = SteadyClock::start(Arc::clone(&machine) as Arc<dyn Clock>);
        // Monotonic time passed, what the wall shows then, steady time, how far the wall is ahead.
        let cases = [
            (0, 1_000, 1_000, 0),
            (50, 1_050, 1_050, 0),
            (60, 3_601_060, 1_060, 3_600_000),
            (70, -9_000, 1_070, -10_070),
            (80, i64::MAX, 1_080, i64::MAX - 1_080),
        ];
        for (passed_ms, wall_ms, expected_ms, ahead_ms) in cases {
            machine
                .monotonic_ms
                .store(70 + passed_ms, Ordering::Relaxed);
            machine.wall_ms.store(wall_ms, Ordering::Relaxed);
            assert_eq!(steady.now_ms(), expected_ms, "after {passed_ms} ms");
            assert_eq!(steady.system_ahead_ms(), ahead_ms, "after {passed_ms} ms");
        }
    }
}
