//! How many connections each client holds. Looked at when a connection comes and goes, never on a
//! request's way; holds no more clients than there are connections.

use crate::client::Prefix;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counts the connections of each client and bounds them.
#[derive(Debug, Clone)]
pub struct Seats {
    taken: Arc<Mutex<HashMap<Prefix, usize>>>,
    per_client_max: usize,
}

/// One connection of a client, until it is dropped.
#[derive(Debug)]
pub struct Seat {
    seats: Seats,
    client: Option<Prefix>,
}

impl Seats {
    /// No client holds more than `per_client_max` at once.
    #[must_use]
    pub fn new(per_client_max: usize) -> Seats {
        Seats {
            taken: Arc::default(),
            per_client_max,
        }
    }

    /// A seat for a client; none where it has as many as it may. Uncounted clients always get one.
    #[must_use]
    pub fn take(&self, client: Option<Prefix>) -> Option<Seat> {
        if let Some(client) = client {
            let mut taken = self.lock();
            let count = taken.entry(client).or_insert(0);
            if *count >= self.per_client_max {
                return None;
            }
            *count += 1;
        }
        Some(Seat {
            seats: self.clone(),
            client,
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Prefix, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let Some(client) = self.client else { return };
        if let Entry::Occupied(mut count) = self.seats.lock().entry(client) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Addresses;

    #[test]
    fn invariant_9_a_client_has_only_so_many_seats() {
        let addresses = Addresses::default();
        let client = |text: &str| addresses.of_connection(text.parse().expect("an address"));
        let seats = Seats::new(2);
        let first = seats.take(client("203.0.113.1"));
        let _second = seats.take(client("203.0.113.1")).expect("a second seat");
        assert!(first.is_some() && seats.take(client("203.0.113.1")).is_none());
        assert!(seats.take(client("203.0.113.2")).is_some());
        drop(first);
        assert!(seats.take(client("203.0.113.1")).is_some());
        assert_eq!(
            seats.lock().len(),
            1,
            "clients without connections are forgotten"
        );
        for _ in 0..5 {
            assert!(seats.take(None).is_some());
        }
    }
}
