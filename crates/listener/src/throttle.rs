//! Rate limits in a table of fixed size, without locks, sweeps or stored keys.
//!
//! Each cell is one generic cell rate algorithm (GCRA, ITU-T I.371) in an atomic integer. A key is
//! hashed (SipHash under a random key of this process) to a cell and not kept, so the table can
//! neither grow under attack nor tell whom it counts. Two keys may share a cell: with 2^18 cells, a
//! voter meets one of a thousand busy attackers with probability 0.4 %. Where strangers choose the
//! keys, they can use up every cell, as fast as all cells together earn uses back: there the number
//! of cells is what they have to keep up with.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hash};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Cells of a table for clients: 2 MiB of counters.
const CELLS: usize = 1 << 18;

/// How often something may happen: `burst` at once, then one each `period`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Time in which one use is earned back.
    pub period: Duration,
    /// Uses available after a long rest, at least 1.
    pub burst: u32,
}

/// Uses left per key, for any number of keys.
#[derive(Debug)]
pub struct Throttle {
    /// Theoretical arrival time of each cell: nanoseconds on the monotonic clock.
    cells: Box<[AtomicU64]>,
    hasher: RandomState,
    period_ns: u64,
    burst_ns: u64,
}

/// The cell of a key, which cannot be told from it.
#[derive(Debug, Clone, Copy)]
pub struct Key(usize);

impl Throttle {
    /// A throttle with as many cells as clients need.
    pub fn new(quota: Quota) -> Throttle {
        Throttle::with_cells(quota, CELLS)
    }

    /// `cells` is at least 1.
    pub fn with_cells(quota: Quota, cells: usize) -> Throttle {
        let period_ns = nanoseconds(quota.period).max(1);
        Throttle {
            cells: (0..cells).map(|_| AtomicU64::new(0)).collect(),
            hasher: RandomState::new(),
            period_ns,
            burst_ns: period_ns.saturating_mul(u64::from(quota.burst.max(1))),
        }
    }

    /// Where the uses of a key are counted.
    pub fn key(&self, of: impl Hash) -> Key {
        let cells = self.cells.len() as u64; // usize has 64 bits at most
        let at = self.hasher.hash_one(of) % cells;
        Key(usize::try_from(at).expect("below the number of cells, a usize"))
    }

    /// Takes one use at `now` (monotonic), or says how long to wait for one.
    pub fn take(&self, key: Key, now: Duration) -> Result<(), Duration> {
        let now_ns = nanoseconds(now);
        let cell = &self.cells[key.0];
        let mut seen = cell.load(Ordering::Relaxed);
        loop {
            let next = seen.max(now_ns).saturating_add(self.period_ns);
            self.within(next, now_ns)?;
            match cell.compare_exchange_weak(seen, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Ok(()),
                Err(other) => seen = other,
            }
        }
    }

    /// Whether a use would be left at `now`, without taking it.
    pub fn peek(&self, key: Key, now: Duration) -> Result<(), Duration> {
        let now_ns = nanoseconds(now);
        let seen = self.cells[key.0].load(Ordering::Relaxed);
        self.within(seen.max(now_ns).saturating_add(self.period_ns), now_ns)
    }

    fn within(&self, next_ns: u64, now_ns: u64) -> Result<(), Duration> {
        match next_ns.saturating_sub(now_ns).checked_sub(self.burst_ns) {
            None | Some(0) => Ok(()),
            Some(wait_ns) => Err(Duration::from_nanos(wait_ns)),
        }
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).expect("no process runs for 584 years")
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUOTA: Quota = Quota {
        period: Duration::from_secs(2),
        burst: 3,
    };

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(1_000 + seconds)
    }

    #[test]
    fn burst_then_one_each_period() {
        let throttle = Throttle::new(QUOTA);
        for _ in 0..3 {
            assert_eq!(throttle.take(throttle.key("a"), at(0)), Ok(()));
        }
        assert_eq!(
            throttle.take(throttle.key("a"), at(0)),
            Err(Duration::from_secs(2))
        );
        assert_eq!(
            throttle.take(throttle.key("a"), at(1)),
            Err(Duration::from_secs(1))
        );
        assert_eq!(throttle.take(throttle.key("a"), at(2)), Ok(()));
        assert_eq!(
            throttle.take(throttle.key("a"), at(2)),
            Err(Duration::from_secs(2))
        );
    }

    #[test]
    fn a_refused_use_costs_nothing() {
        let throttle = Throttle::new(QUOTA);
        for _ in 0..100 {
            let _ = throttle.take(throttle.key("a"), at(0));
        }
        assert_eq!(throttle.take(throttle.key("a"), at(2)), Ok(()));
    }

    #[test]
    fn peeking_takes_nothing() {
        let throttle = Throttle::new(Quota { burst: 1, ..QUOTA });
        assert_eq!(throttle.peek(throttle.key("a"), at(0)), Ok(()));
        assert_eq!(throttle.take(throttle.key("a"), at(0)), Ok(()));
        assert_eq!(
            throttle.peek(throttle.key("a"), at(0)),
            Err(Duration::from_secs(2))
        );
        assert_eq!(throttle.peek(throttle.key("b"), at(0)), Ok(()));
    }

    #[test]
    fn invariant_9_the_table_does_not_grow() {
        let throttle = Throttle::new(QUOTA);
        for key in 0..1_000_000_u32 {
            let _ = throttle.take(throttle.key(key), at(0));
        }
        assert_eq!(throttle.cells.len(), CELLS);
    }
}
