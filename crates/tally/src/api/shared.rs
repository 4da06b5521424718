//! What every handler may look at.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, RwLockReadGuard};

use durable::{Clock, SystemClock};
use election::Ballot;
use listener::{Admission, Certificates, Connections};
use pages::{MonitorHistory, Program};
use tokio::sync::Semaphore;

use super::cache::Cache;
use super::live::Hub;
use super::request_times::RequestTimes;
use super::statement_shelf::StatementShelf;
use crate::gate::Gates;
use crate::listening::Listening;
use crate::package_roll::PackageRoll;
use crate::policy::Board;
use crate::postgres::Progress;
use crate::published::{Edition, Published};
use crate::tabulate::TabulationError;
use crate::token::TokenFile;

/// Exports at once: each has a thread and a copy of the bitsets.
const EXPORTS_MAX: usize = 2;

/// The count, and what is kept beside it while the API runs.
pub(crate) struct Shared {
    pub(crate) package: Arc<PackageRoll>,
    pub(crate) published: Published,
    /// What of the ledger passes, and the log that it is kept as.
    pub(crate) gates: Gates,
    pub(crate) clock: SystemClock,
    pub(super) cache: Cache,
    /// What certifies results that are shown.
    pub(crate) statements: StatementShelf,
    /// Set once everything that was acknowledged at the start has been folded.
    pub(crate) caught_up: AtomicBool,
    /// Where the database stands, where there is one.
    pub(crate) database: Option<Arc<Mutex<Progress>>>,
    pub(crate) times: RequestTimes,
    pub(crate) hub: Hub,
    /// Who may read audit and exports.
    pub(crate) tokens: Option<TokenFile>,
    pub(crate) exports: Arc<Semaphore>,
    /// What is left to each client.
    pub(crate) admission: Arc<Admission>,
    pub(crate) connections: Connections,
    pub(crate) certificates: Certificates,
    /// The last hour of the metrics that the monitor shows.
    pub(super) history: Mutex<MonitorHistory>,
}

impl Shared {
    pub(crate) fn new(
        gates: Gates,
        package: Arc<PackageRoll>,
        board: Board,
        database: Option<Arc<Mutex<Progress>>>,
        tokens: Option<TokenFile>,
        listening: &Listening,
    ) -> Shared {
        let event = package.event().clone();
        let ballots = event.ballots().iter();
        let registered = ballots.map(|ballot| package.registered(ballot.index.0));
        let registered = registered.collect();
        Shared {
            package,
            gates,
            published: Published::new(event, board, registered),
            clock: SystemClock::new(),
            cache: Cache::default(),
            statements: StatementShelf::default(),
            caught_up: AtomicBool::new(false),
            database,
            times: RequestTimes::default(),
            hub: Hub::new(listening.streams_per_client_max()),
            tokens,
            exports: Arc::new(Semaphore::new(EXPORTS_MAX)),
            admission: Arc::new(listening.admission()),
            connections: Connections::default(),
            certificates: Certificates::default(),
            history: Mutex::new(MonitorHistory::new(Program::Tally)),
        }
    }

    pub(crate) fn board(&self) -> RwLockReadGuard<'_, Board> {
        self.published.board()
    }

    /// The recent results of some ballots.
    pub(super) fn editions(
        &self,
        ballots: &[Ballot],
    ) -> Result<Vec<Arc<Edition>>, Arc<TabulationError>> {
        let recent = |ballot| self.published.recent(ballot);
        ballots.iter().map(recent).collect()
    }

    /// Whether everything that was acknowledged at the start has been folded, and can be counted.
    pub(crate) fn is_caught_up(&self) -> bool {
        self.caught_up.load(Ordering::Acquire) && !self.published.has_failed()
    }

    pub(super) fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }
}
