//! What every request may use. Made once at the start; nothing in it is locked on a vote's way.

use crate::ballots::{Ballots, Entry};
use crate::catalogue::Catalogue;
use crate::http::body::BodyLimits;
use crate::http::cors::Cors;
use crate::http::routes::Routes;
use crate::metrics::Metrics;
use crate::vote::{Answer, Attempts};
use credentials::Hasher;
use durable::Clock;
use election::{Ballot, Event};
use ledger::Partition;
use listener::client::Addresses;
use listener::lifecycle::Lifecycle;
use listener::throttle::Throttle;
use shards::Package;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// The running validator as its handlers see it.
pub(crate) struct App {
    pub(crate) package: Package,
    pub(crate) hasher: Hasher,
    pub(crate) partition: Arc<Partition<Answer>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ballots: Ballots,
    pub(crate) catalogue: Catalogue,
    pub(crate) routes: Routes,
    pub(crate) addresses: Addresses,
    pub(crate) cors: Cors,
    pub(crate) requests: Throttle,
    pub(crate) attempts: Attempts,
    pub(crate) body: BodyLimits,
    pub(crate) commit_timeout: Duration,
    /// Receipts that may be looked up at once: each reads the disk on a thread of its own.
    pub(crate) lookups: Semaphore,
    /// Tallies that may follow the ledger at once.
    pub(crate) streams: Arc<Semaphore>,
    pub(crate) metrics: Metrics,
    pub(crate) lifecycle: Lifecycle,
}

impl App {
    pub(crate) fn event(&self) -> &Event {
        self.package.event()
    }

    /// The definition of a ballot that [`Ballots`] named.
    pub(crate) fn ballot(&self, entry: &Entry) -> &Ballot {
        // Entries are made from this very list, in which every ballot stands at its index.
        &self.event().ballots()[usize::from(entry.index.0)]
    }
}
