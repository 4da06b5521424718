//! Time as a dependency, so that a simulation can set it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};

/// What a component may know about time.
pub trait Clock: Send + Sync {
    /// Milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted. May step backwards when
    /// the system's clock is corrected: whoever needs order keeps the largest value seen.
    fn now_ms(&self) -> i64;

    /// Time since an arbitrary start, the time included in which the machine was suspended. Never
    /// steps backwards, and no correction of the system's clock moves it.
    fn monotonic(&self) -> Duration;
}

/// The machine's clocks: `CLOCK_REALTIME`, and `CLOCK_BOOTTIME`, which is monotonic and does not stand
/// still while the machine is suspended.
#[derive(Debug, Clone)]
pub struct SystemClock {
    started: Duration,
}

impl SystemClock {
    /// A clock whose [`Clock::monotonic`] counts from now.
    pub fn new() -> SystemClock {
        SystemClock {
            started: since_boot(),
        }
    }
}

impl Default for SystemClock {
    fn default() -> SystemClock {
        SystemClock::new()
    }
}

impl Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        let ms = |distance: Duration| {
            let ms = i64::try_from(distance.as_millis());
            ms.expect("an i64 of milliseconds reaches 292 million years from 1970")
        };
        // A clock that stands before 1970 reads as negative.
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(after) => ms(after),
            Err(before) => -ms(before.duration()),
        }
    }

    fn monotonic(&self) -> Duration {
        since_boot().saturating_sub(self.started)
    }
}

fn since_boot() -> Duration {
    let time = clock_gettime(ClockId::Boottime);
    Duration::try_from(time).expect("the machine booted before now")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_clocks_run() {
        let clock = SystemClock::new();
        let first = clock.monotonic();
        assert!(
            clock.now_ms() > 1_700_000_000_000,
            "the system clock is set before 2023"
        );
        assert!(clock.monotonic() >= first);
    }
}
