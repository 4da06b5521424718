//! Votes that are refused for their credential or repeated, counted against their NAS and their client.
//!
//! The first keeps anybody from guessing one voter's code; the second keeps a client from using up
//! the quotas of other voters' NASs, or the disk by repeating recorded votes: each of those is
//! written to the ledger.

use crate::http::face;
use crate::http::problem::Problem;
use credentials::Nas;
use listener::client::Prefix;
use listener::throttle::{Key, Quota, Throttle};
use std::time::Duration;

/// Cells that NASs share: 16 MiB of counters. With a refused vote a minute earned back in each, it
/// takes 35,000 refused votes a second to keep them all used up.
const NAS_CELLS: usize = 1 << 21;

/// What is left to NASs and clients.
#[derive(Debug)]
pub(crate) struct Attempts {
    of_nas: Throttle,
    of_clients: Throttle,
}

/// A vote that may turn out to be one. Does not tell the NAS.
#[derive(Debug)]
pub(crate) struct Attempt {
    nas: Key,
    client: Option<Key>,
}

impl Attempts {
    /// For each NAS and for each client that is counted.
    pub(crate) fn new(of_nas: Quota, of_clients: Quota) -> Attempts {
        Attempts {
            of_nas: Throttle::with_cells(of_nas, NAS_CELLS),
            of_clients: Throttle::new(of_clients),
        }
    }

    /// Whether a vote may be looked at.
    ///
    /// # Errors
    /// NAS or client have none left at `now` (monotonic), whether code and roll agree or not.
    pub(super) fn begin(
        &self,
        nas: &Nas,
        client: Option<Prefix>,
        now: Duration,
    ) -> Result<Attempt, Problem> {
        let attempt = Attempt {
            nas: self.of_nas.key(nas.number()),
            client: client.map(|client| self.of_clients.key(client)),
        };
        if let Some(client) = attempt.client {
            let left = self.of_clients.peek(client, now);
            left.map_err(|wait| Problem::retry_after(&face::TOO_MANY_REQUESTS, wait))?;
        }
        let left = self.of_nas.peek(attempt.nas, now);
        left.map_err(|wait| Problem::retry_after(&face::TOO_MANY_FAILURES, wait))?;
        Ok(attempt)
    }

    /// It was refused or repeated. Where others have used a quota up since, it was refused anyway.
    pub(super) fn charge(&self, attempt: &Attempt, now: Duration) {
        let _ = self.of_nas.take(attempt.nas, now);
        if let Some(client) = attempt.client {
            let _ = self.of_clients.take(client, now);
        }
    }
}
