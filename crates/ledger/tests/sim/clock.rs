//! A clock that the simulation sets, backwards too.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

#[derive(Clone, Default)]
pub(crate) struct SimClock {
    now_ms: Arc<AtomicI64>,
    monotonic_ms: Arc<AtomicU64>,
}

impl SimClock {
    pub(crate) fn pass(&self, ms: u64) {
        self.now_ms
            .fetch_add(i64::try_from(ms).expect("short steps"), Ordering::Relaxed);
        self.monotonic_ms.fetch_add(ms, Ordering::Relaxed);
    }

    /// Somebody corrects the system's clock.
    pub(crate) fn step(&self, ms: i64) {
        self.now_ms.fetch_add(ms, Ordering::Relaxed);
    }

    pub(crate) fn now(&self) -> i64 {
        self.now_ms.load(Ordering::Relaxed)
    }
}

impl durable::Clock for SimClock {
    fn now_ms(&self) -> i64 {
        self.now()
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.monotonic_ms.load(Ordering::Relaxed))
    }
}
