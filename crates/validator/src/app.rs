//! What every request may use. Made once at the start; no lock on a vote's way is held for longer than a look.

use std::sync::{Arc, Mutex};

use durable::Clock;
use election::Event;
use ledger::log::Log;
use listener::Admission;
use listener::lifecycle::Lifecycle;
use pages::MonitorHistory;
use shards::Package;
use tokio::sync::Semaphore;

use crate::catalogue::Catalogue;
use crate::checkpoints::Desk;
use crate::http::body::BodyLimits;
use crate::http::calls::Routes;
use crate::http::cors::Cors;
use crate::http::results_address::ResultsAddress;
use crate::metrics::Metrics;
use crate::partitions::{Partitions, Recent, Steward};
use crate::vote::{Decided, PollingStation};

/// The running validator as its handlers see it.
pub(crate) struct App {
    pub(crate) station: PollingStation,
    /// Where the station's votes are recorded.
    pub(crate) partitions: Arc<Partitions>,
    /// The ledger, for those who read it, whoever writes it.
    pub(crate) ledger: Arc<dyn Log>,
    /// The validator among others that share the ledger; none where it is in files.
    pub(crate) steward: Option<Arc<Steward>>,
    /// The logs of the partitions; none where the event has none.
    pub(crate) desk: Option<Arc<Desk>>,
    /// The last decisions, for people who watch.
    pub(crate) decisions: Arc<Recent<Decided>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) catalogue: Catalogue,
    pub(crate) routes: Routes,
    pub(crate) cors: Cors,
    pub(crate) results: ResultsAddress,
    pub(crate) admission: Arc<Admission>,
    pub(crate) body: BodyLimits,
    /// Receipts that may be looked up at once: each reads the disk on a thread of its own.
    pub(crate) lookups: Semaphore,
    /// Streams of the ledger that may be read at once.
    pub(crate) streams: Arc<Semaphore>,
    pub(crate) metrics: Arc<Metrics>,
    /// The last hour of the metrics that the monitor shows.
    pub(crate) history: Mutex<MonitorHistory>,
    pub(crate) lifecycle: Lifecycle,
}

impl App {
    pub(crate) fn event(&self) -> &Event {
        self.station.event()
    }

    /// The last frame of a partition, as far as anybody has told this validator; none while nobody has told it
    /// anything.
    pub(crate) fn last_sequence(&self, partition: u16) -> Option<u64> {
        let read = self.partitions.last_sequence(partition);
        let Some(steward) = &self.steward else {
            return Some(read);
        };
        // The last one that is seen may not be acknowledged yet.
        let seen = steward.last_frame(partition)?.saturating_sub(1);
        Some(read.max(seen))
    }

    pub(crate) fn package(&self) -> &Package {
        &self.station.roll.package
    }
}
