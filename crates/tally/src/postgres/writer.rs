//! Follows the ledger into the database, exactly once.
//!
//! One transaction takes a group of frames: rows of who, counts that are due, and the cursor's step,
//! all or nothing. Whatever crashes, the next session reads the cursor and folds the ledger from
//! its start again, skipping what the tables already hold. One tally writes a partition at a time:
//! others wait behind an advisory lock, and the cursor's row lock guards what the lock may miss.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use database::Target;
use tokio_postgres::Transaction;

use super::definition::define;
use super::error::DbError;
use super::gathering::{Gathering, Until};
use super::migrate::{WRITER_LOCK, check_version, migrate};
use super::pending::Pending;
use super::positions::{self, Positions};
use super::progress::{Progress, lock};
use super::session::Session;
use crate::feed::Source;
use crate::gate::Gates;
use crate::package_roll::PackageRoll;
use crate::release::MaskHand;

/// How often a tally that stands by asks for its turn.
const TICK: Duration = Duration::from_secs(1);
const BACKOFF_MIN: Duration = Duration::from_millis(200);
const BACKOFF_MAX: Duration = Duration::from_secs(5);

/// The writer of one tally.
pub(crate) struct Writer {
    pub(crate) target: Target,
    pub(crate) source: Source,
    pub(crate) package: Arc<PackageRoll>,
    pub(crate) hand: Option<MaskHand>,
    pub(crate) progress: Arc<Mutex<Progress>>,
}

impl Writer {
    /// Writes until the ledger ends (see [`Until`]), connecting again whenever the server goes away, and
    /// where it is to run until it is stopped also when the server refuses, as after a table was dropped.
    ///
    /// # Errors
    /// What no new connection mends: another ledger, a damaged ledger; a refusal where a person waits.
    pub(crate) async fn run(&self, until: Until) -> anyhow::Result<()> {
        let mut backoff = BACKOFF_MIN;
        loop {
            let transactions = lock(&self.progress).transactions;
            let error = match self.session(until).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            match error.downcast_ref::<DbError>() {
                Some(passing) if passing.is_transient() => {
                    tracing::warn!(error = format!("{error:#}"), "database writer starts again");
                }
                // The ledger is not at fault: who reads results must not pay for the database.
                Some(DbError::Refused { .. } | DbError::NewerSchema { .. })
                    if until == Until::Stopped =>
                {
                    tracing::error!(
                        error = format!("{error:#}"),
                        "the database cannot be written, results are served from the ledger; the writer tries again"
                    )
                }
                _ => return Err(error),
            }
            self.set_trouble(Some(format!("{error:#}")));
            let progressed = lock(&self.progress).transactions > transactions;
            backoff = if progressed {
                BACKOFF_MIN
            } else {
                (backoff * 2).min(BACKOFF_MAX)
            };
            tokio::time::sleep(backoff).await;
        }
    }

    /// Connects once and makes sure that the database can be written. A server that is not there is
    /// no reason not to start: [`Writer::run`] waits for it, and catches up.
    ///
    /// # Errors
    /// The server refuses or cannot prove who it is, the schema is newer, or the database is of another ledger.
    pub(crate) async fn prepare(&self) -> anyhow::Result<()> {
        match self.ready().await {
            Ok(_) => Ok(()),
            Err(error @ DbError::Unreachable { .. }) => {
                tracing::warn!(
                    error = format!("{error:#}"),
                    "starting without the database, it is filled as soon as it is there"
                );
                self.set_trouble(Some(format!("{error:#}")));
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// [`Writer::run`] on a runtime of its own, on this thread.
    pub(crate) fn run_here(&self, until: Until) -> anyhow::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(self.run(until))
    }

    /// A connection to a database with the schema and this event in it.
    async fn ready(&self) -> Result<Session, DbError> {
        let mut session = Session::connect(&self.target).await?;
        migrate(&mut session).await?;
        let identity = self.package.identity();
        define(
            &mut session,
            self.package.event(),
            &identity,
            self.hand.is_some(),
        )
        .await?;
        Ok(session)
    }

    /// One connection, from the first frame on.
    async fn session(&self, until: Until) -> anyhow::Result<()> {
        let mut session = self.ready().await?;
        let partitions = self.source.partitions().await;
        for partition in &partitions {
            self.wait_for_turn(&session, *partition).await?;
        }
        // A newer tally may have migrated while this one stood by.
        check_version(&mut session).await?;
        let positions = self.positions(&mut session).await?;
        {
            let mut progress = lock(&self.progress);
            if progress.trouble.take().is_some() {
                tracing::info!("the database is back, catching up with the ledger");
            }
            let at = positions
                .cursors
                .iter()
                .map(|(partition, cursor)| (*partition, cursor.sequence));
            progress.heads = at.collect();
        }
        let gates = Gates::open(&self.package)?;
        let feed = self.source.follow(&partitions, self.hand.clone(), &gates);
        let mut gathering = Gathering {
            pending: Pending::new(self.package.event(), &*self.package),
            positions,
            behind: partitions,
            short: BTreeMap::new(),
            progress: &self.progress,
        };
        gathering.run(&mut session, feed, until).await
    }

    async fn positions(&self, session: &mut Session) -> Result<Positions, DbError> {
        let event = self.package.event();
        let read = async |tx: &Transaction<'_>| positions::read(tx, event).await;
        session.transact("read the cursors", read).await
    }

    /// Waits until no other tally writes this partition.
    async fn wait_for_turn(&self, session: &Session, partition: u16) -> anyhow::Result<()> {
        let mut told = false;
        while !session.try_lock(WRITER_LOCK | i64::from(partition)).await? {
            if !told {
                tracing::info!(partition, "another tally writes this database, standing by");
                self.set_trouble(Some("standing by: another tally writes".to_owned()));
                told = true;
            }
            tokio::time::sleep(TICK).await;
        }
        Ok(())
    }

    fn set_trouble(&self, trouble: Option<String>) {
        lock(&self.progress).trouble = trouble;
    }
}
