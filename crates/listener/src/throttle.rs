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

use crate::client::{NETWORKS, Prefix};

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

    /// How many uses a key has left at `now`.
    pub fn left(&self, key: Key, now: Duration) -> u32 {
        let now_ns = nanoseconds(now);
        let seen = self.cells[key.0].load(Ordering::Relaxed);
        let owed = seen.saturating_sub(now_ns);
        let left = self.burst_ns.saturating_sub(owed) / self.period_ns;
        u32::try_from(left).expect("no more than the burst, 32 bits")
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

/// A throttle of clients. A client of IPv6 is counted by each network that one party may hold
/// ([`crate::client`]): the wider ones have a larger quota each, so that a provider's customers are
/// not one client.
#[derive(Debug)]
pub struct ClientThrottle {
    by_network: [Throttle; NETWORKS.len()],
}

impl ClientThrottle {
    /// `quota` is that of an IPv4 address, or of the narrowest network.
    pub fn new(quota: Quota) -> ClientThrottle {
        let by_network = NETWORKS.map(|network| {
            let quota = Quota {
                period: quota.period / network.quotas,
                burst: quota.burst.saturating_mul(network.quotas),
            };
            let cells = if network.quotas == 1 {
                CELLS
            } else {
                CELLS / 2
            };
            Throttle::with_cells(quota, cells)
        });
        ClientThrottle { by_network }
    }

    /// Takes one use at `now` (monotonic) from each network of the client, or says how long to wait
    /// until all of them have one.
    pub fn take(&self, client: Prefix, now: Duration) -> Result<(), Duration> {
        self.peek(client, now)?;
        for (throttle, key) in self.keys(client) {
            // What another request took since is no reason to refuse this one.
            let _ = throttle.take(key, now);
        }
        Ok(())
    }

    /// Whether a use would be left at `now`, without taking it.
    pub fn peek(&self, client: Prefix, now: Duration) -> Result<(), Duration> {
        let waits = self
            .keys(client)
            .map(|(throttle, key)| throttle.peek(key, now));
        waits.filter_map(Result::err).max().map_or(Ok(()), Err)
    }

    /// How many uses are left at `now`.
    pub fn left(&self, client: Prefix, now: Duration) -> u32 {
        let left = self
            .keys(client)
            .map(|(throttle, key)| throttle.left(key, now));
        left.min().expect("a client is in one network at least")
    }

    fn keys(&self, client: Prefix) -> impl Iterator<Item = (&Throttle, Key)> {
        let networks = self.by_network.iter().zip(client.networks());
        networks.map(|(throttle, network)| (throttle, throttle.key(network)))
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).expect("no process runs for 584 years")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Addresses;

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
    fn what_is_left_is_what_can_be_taken() {
        let throttle = Throttle::new(QUOTA);
        let key = throttle.key("a");
        for (second, expected) in [(0, 3), (0, 2), (0, 1), (0, 0), (1, 0), (2, 1), (9, 3)] {
            let left = throttle.left(key, at(second));
            assert_eq!(left, expected, "at {second} s");
            assert_eq!(throttle.take(key, at(second)).is_ok(), left > 0);
        }
    }

    /// IPv4 addresses by themselves; a /56 as four, a /48 as sixteen networks of 64 bits.
    #[test]
    fn invariant_9_a_client_is_counted_by_its_networks() {
        for (network, expected) in [
            ("203.0.113.", 250 * 3),
            ("2001:db8:1:100::", 3),
            ("2001:db8:1:1", 4 * 3),
            ("2001:db8:1:", 16 * 3),
        ] {
            let clients = ClientThrottle::new(QUOTA);
            let address = |n: u32| match network {
                "203.0.113." => format!("{network}{n}"),
                "2001:db8:1:100::" => format!("{network}{n:x}"),
                "2001:db8:1:1" => format!("{network}{n:02x}::1"),
                _ => format!("{network}{:x}::1", n << 8),
            };
            let mut taken = 0;
            for n in 0..250 {
                let address = address(n).parse().expect("an address");
                let client = Addresses::default().of_connection(address);
                let client = client.expect("a client that is counted");
                for _ in 0..4 {
                    taken += u32::from(clients.take(client, at(0)).is_ok());
                }
            }
            // Two addresses may share a cell.
            let least = expected - expected / 50;
            assert!((least..=expected).contains(&taken), "{network}: {taken}");
        }
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
