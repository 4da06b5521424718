//! Who holds how many connections: all clients together, and each by its networks. Looked at when a
//! connection comes and goes, never on a request's way; holds no more networks than there are
//! connections.
//!
//! The fuller the house, the less each may hold: no more than a share of what is free. So however
//! many connections a few clients ask for, some are left for others, and a client that comes alone
//! always gets one while there is one.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::client::{NETWORKS, Network, Prefix};

/// Connections that a client may have in the fullest house: as many as a browser opens.
const ALWAYS: usize = 6;
/// In the fullest house the next request is waited for by a quarter of the usual time.
const HURRY_MAX: u32 = 4;

/// Counts connections and bounds them.
#[derive(Debug, Clone)]
pub struct Seats(Arc<House>);

#[derive(Debug)]
struct House {
    /// Seats that there are in all.
    max: usize,
    per_client_max: usize,
    taken: AtomicUsize,
    /// Seats of each network. A network is told from a wider one by its place in [`NETWORKS`].
    by_network: Mutex<HashMap<(usize, IpAddr), usize>>,
}

/// One connection, until it is dropped.
#[derive(Debug)]
pub struct Seat {
    house: Arc<House>,
    client: Option<Prefix>,
}

impl Seats {
    /// `max` seats, of which no client holds more than `per_client_max` at once.
    #[must_use]
    pub fn new(max: usize, per_client_max: usize) -> Seats {
        Seats(Arc::new(House {
            max,
            per_client_max,
            taken: AtomicUsize::new(0),
            by_network: Mutex::default(),
        }))
    }

    /// A seat for a client; none where one of its networks has as many as it may. Uncounted clients
    /// always get one.
    #[must_use]
    pub fn take(&self, client: Option<Prefix>) -> Option<Seat> {
        let house = &self.0;
        if let Some(client) = client {
            let free = house.free();
            let mut by_network = house.lock();
            let held = |at, network| by_network.get(&(at, network)).copied().unwrap_or(0); // none
            let mut networks = client.networks().enumerate();
            if networks.any(|(at, network)| held(at, network) >= house.cap(&NETWORKS[at], free)) {
                return None;
            }
            for network in client.networks().enumerate() {
                *by_network.entry(network).or_insert(0) += 1;
            }
        }
        house.taken.fetch_add(1, Ordering::Relaxed);
        Some(Seat {
            house: Arc::clone(house),
            client,
        })
    }
}

impl House {
    fn free(&self) -> usize {
        self.max.saturating_sub(self.taken.load(Ordering::Relaxed))
    }

    /// Seats that a network may hold while `free` are free.
    fn cap(&self, network: &Network, free: usize) -> usize {
        let most = self.per_client_max * network.quotas as usize;
        most.min((free / network.free_per_seat).max(ALWAYS))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(usize, IpAddr), usize>> {
        self.by_network
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// How long the connection may be waited for, which is `usual` while half of the house is free,
    /// and less and less beyond that.
    pub(crate) fn patience(&self, usual: Duration) -> Duration {
        let (free, half) = (self.house.free(), self.house.max.div_ceil(2));
        if free >= half {
            return usual;
        }
        let share = |of: usize| u32::try_from(of).expect("settings allow a million connections");
        (usual * share(free) / share(half)).max(usual / HURRY_MAX)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.house.taken.fetch_sub(1, Ordering::Relaxed);
        let Some(client) = self.client else { return };
        let mut by_network = self.house.lock();
        for network in client.networks().enumerate() {
            if let Entry::Occupied(mut count) = by_network.entry(network) {
                *count.get_mut() -= 1;
                if *count.get() == 0 {
                    count.remove();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Addresses;

    /// Name, addresses by number, how many they are, connections that must stay free.
    type Greedy<'a> = (&'a str, &'a dyn Fn(u32) -> String, u32, usize);

    fn client(address: &str) -> Option<Prefix> {
        Addresses::default().of_connection(address.parse().expect("an address"))
    }

    /// Takes seats for `addresses` in turn until nobody gets one more.
    fn fill(seats: &Seats, addresses: &[String]) -> Vec<Seat> {
        let mut held = Vec::new();
        loop {
            let before = held.len();
            held.extend(addresses.iter().filter_map(|a| seats.take(client(a))));
            if held.len() == before {
                return held;
            }
        }
    }

    #[test]
    fn invariant_9_a_client_has_only_so_many_seats() {
        let seats = Seats::new(1_000, 2);
        let first = seats.take(client("203.0.113.1"));
        let _second = seats.take(client("203.0.113.1")).expect("a second seat");
        assert!(first.is_some() && seats.take(client("203.0.113.1")).is_none());
        assert!(seats.take(client("203.0.113.2")).is_some());
        drop(first);
        assert!(seats.take(client("203.0.113.1")).is_some());
        assert_eq!(
            seats.0.lock().len(),
            1,
            "clients without connections are forgotten"
        );
        for _ in 0..5 {
            assert!(seats.take(None).is_some());
        }
    }

    /// The house of the defaults: 10,000 seats, 256 for a client.
    #[test]
    fn invariant_9_a_few_clients_do_not_hold_the_house() {
        let ipv4 = |n: u32| format!("203.0.{}.{}", n / 250, n % 250);
        let of_64 = |n: u32| format!("2001:db8:1:1::{n:x}");
        let of_56 = |n: u32| format!("2001:db8:1:1{:02x}::1", n % 256);
        let of_48 = |n: u32| format!("2001:db8:1:{n:x}::1");
        let of_46 = |n: u32| format!("2001:db8:{:x}:{n:x}::1", n % 4);
        let named: [Greedy<'_>; 6] = [
            ("40 addresses", &ipv4, 40, 2_800),
            ("1,000 addresses", &ipv4, 1_000, 100),
            ("a /64", &of_64, 1_000, 9_700),
            ("a /56", &of_56, 256, 8_800),
            ("a /48", &of_48, 4_000, 7_900),
            ("a /46", &of_46, 4_000, 4_900),
        ];
        for (name, address, count, free_min) in named {
            let seats = Seats::new(10_000, 256);
            let addresses: Vec<String> = (0..count).map(address).collect();
            let held = fill(&seats, &addresses);
            let free = 10_000 - held.len();
            assert!(free >= free_min, "{name}: {free} free");
            let others = ["198.51.100.1", "2001:db9::1"];
            assert!(
                others
                    .iter()
                    .all(|other| seats.take(client(other)).is_some())
            );
        }
    }

    #[test]
    fn the_next_request_is_waited_for_less_as_the_house_fills() {
        let seats = Seats::new(100, 100);
        let usual = Duration::from_secs(8);
        let mut held = Vec::new();
        for (taken, expected_s) in [(1, 8), (50, 8), (75, 4), (88, 2), (99, 2), (150, 2)] {
            while held.len() < taken {
                held.push(seats.take(None).expect("nobody counts it"));
            }
            let patience = held[0].patience(usual);
            assert_eq!(patience.as_secs(), expected_s, "{taken} taken");
        }
    }
}
