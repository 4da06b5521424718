//! Time as an owner counts it, so that a simulation can move it.

use std::time::Duration;

use durable::{Clock, SystemClock};

/// A clock of our own that nobody sets, and waiting by it.
pub(crate) trait Time: Send + Sync {
    /// Time since an arbitrary start. Never steps backwards, and counts while the machine is suspended.
    fn now(&self) -> Duration;

    /// Waits for so long, and no shorter.
    fn pause(&self, time: Duration);

    /// Time since a moment.
    fn since(&self, moment: Duration) -> Duration {
        self.now().saturating_sub(moment)
    }
}

/// The machine's monotonic clock.
#[derive(Default)]
pub(crate) struct MachineTime(SystemClock);

impl Time for MachineTime {
    fn now(&self) -> Duration {
        self.0.monotonic()
    }

    fn pause(&self, time: Duration) {
        std::thread::sleep(time);
    }
}
