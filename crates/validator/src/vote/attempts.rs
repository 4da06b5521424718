//! Votes that are refused for their credential or repeated, counted against their NAS and their client.
//!
//! The first keeps anybody from guessing one voter's code; the second keeps a client from using up
//! the quotas of other voters' NASs, or the disk by repeating recorded votes: each of those is
//! written to the ledger.

use super::refusal::Refusal;
use credentials::Nas;
use listener::client::Prefix;
use listener::throttle::{Key, Quota, Throttle};
use std::time::Duration;

/// Cells that NASs share: 16 MiB of counters. With a refused vote a minute earned back in each, it
/// takes 35,000 refused votes a second to keep them all used up.
const NAS_CELLS: usize = 1 << 21;

/// How many refused or repeated votes are left to each NAS and to each client.
#[derive(Debug)]
pub(crate) struct Attempts {
    of_nas: Throttle,
    of_clients: Throttle,
}

/// A vote that will be charged if it is refused or repeated. The NAS cannot be read from it.
#[derive(Debug)]
pub(crate) struct Attempt {
    nas: Key,
    client: Option<Key>,
}

impl Attempts {
    /// `of_nas` holds for each NAS, `of_clients` for each client that is counted.
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
    ) -> Result<Attempt, Refusal> {
        let attempt = Attempt {
            nas: self.of_nas.key(nas.number()),
            client: client.map(|client| self.of_clients.key(client)),
        };
        if let Some(client) = attempt.client {
            let left = self.of_clients.peek(client, now);
            left.map_err(|wait| Refusal::ClientOverQuota { wait })?;
        }
        let left = self.of_nas.peek(attempt.nas, now);
        left.map_err(|wait| Refusal::NasOverQuota { wait })?;
        Ok(attempt)
    }

    /// Takes a refused or repeated vote from both quotas. A quota that others have used up since is
    /// left as it is: this vote was not recorded either way.
    pub(super) fn charge(&self, attempt: &Attempt, now: Duration) {
        let _ = self.of_nas.take(attempt.nas, now);
        if let Some(client) = attempt.client {
            let _ = self.of_clients.take(client, now);
        }
    }
}
