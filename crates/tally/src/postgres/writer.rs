//! Follows the ledger into the database, exactly once.
//!
//! One transaction takes a group of frames: rows of who, counts that are due, and the cursor's step,
//! all or nothing. Whatever crashes, the next session reads the cursor and folds the ledger from
//! its start again, skipping what the tables already hold. One tally writes a partition at a time:
//! others wait behind an advisory lock, and the cursor's row lock guards what the lock may miss.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use durable::{Clock, SystemClock};
use ledger::{BoxSecretKey, Cursor, LinkHash};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_postgres::Transaction;

use super::definition::define;
use super::error::DbError;
use super::migrate::migrate;
use super::pending::{Pending, Unit};
use super::rows::{add_law, add_region, signed};
use super::session::{Session, WorkError};
use super::target::Target;
use crate::feed::Source;
use crate::inputs::PackageRoll;
use crate::news::News;
use crate::opened::OpenedFrame;

/// A group is closed when it has so many votes or frames, or is this old.
const GROUP_VOTES_MAX: u64 = 100_000;
const GROUP_FRAMES_MAX: usize = 2_000;
const GROUP_AGE_MAX: Duration = Duration::from_millis(50);
/// Looks for counts that have come due, such as of a ballot that closed.
const TICK: Duration = Duration::from_secs(1);
const BACKOFF_MIN: Duration = Duration::from_millis(200);
const BACKOFF_MAX: Duration = Duration::from_secs(5);
/// First half of the advisory lock's number: "scr". The partition is the second half.
const WRITER_LOCK: i64 = 0x0073_6372 << 32;

/// What the writer has done so far, for health and metrics.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress {
    /// Last sequence in the database, by partition.
    pub(crate) heads: BTreeMap<u16, u64>,
    /// Votes written by this process.
    pub(crate) votes: u64,
    /// Transactions of groups committed by this process.
    pub(crate) transactions: u64,
    /// Why nothing is written at the moment.
    pub(crate) trouble: Option<String>,
}

/// The writer of one tally.
pub(crate) struct Writer {
    pub(crate) target: Target,
    pub(crate) source: Source,
    pub(crate) package: Arc<PackageRoll>,
    pub(crate) key: Option<Arc<BoxSecretKey>>,
    pub(crate) progress: Arc<Mutex<Progress>>,
}

/// When [`Writer::run`] ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    /// Never: follow the tail.
    Stopped,
    /// Once everything acknowledged is in the database.
    CaughtUp,
}

/// Where the tables stand.
#[derive(Default)]
struct Positions {
    cursors: BTreeMap<u16, Cursor>,
    steps: BTreeMap<Unit, u64>,
}

impl Writer {
    /// Writes until the ledger ends (see [`Until`]), connecting again whenever the server goes away.
    ///
    /// # Errors
    /// What no new connection mends: a refusal, another ledger, a damaged ledger.
    pub(crate) async fn run(&self, until: Until) -> anyhow::Result<()> {
        let mut backoff = BACKOFF_MIN;
        loop {
            let transactions = self.progress().transactions;
            let error = match self.session(until).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            if !error
                .downcast_ref::<DbError>()
                .is_some_and(DbError::is_transient)
            {
                return Err(error);
            }
            tracing::warn!(error = format!("{error:#}"), "database writer starts again");
            self.set_trouble(Some(format!("{error:#}")));
            let progressed = self.progress().transactions > transactions;
            backoff = if progressed {
                BACKOFF_MIN
            } else {
                (backoff * 2).min(BACKOFF_MAX)
            };
            tokio::time::sleep(backoff).await;
        }
    }

    /// Connects once and makes sure that the database can be written.
    ///
    /// # Errors
    /// The server is not there or refuses, the schema is newer, or the database is of another ledger.
    pub(crate) async fn prepare(&self) -> anyhow::Result<()> {
        self.ready().await.map(drop).map_err(Into::into)
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
            self.key.is_some(),
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
        let positions = read_positions(&mut session, self.package.event()).await?;
        {
            let mut progress = self.progress();
            progress.trouble = None;
            let at = positions
                .cursors
                .iter()
                .map(|(partition, cursor)| (*partition, cursor.sequence));
            progress.heads = at.collect();
        }
        let feed = self.source.follow(&partitions, self.key.clone());
        let mut fold = Fold {
            writer: self,
            pending: Pending::new(self.package.event(), &*self.package),
            positions,
            behind: partitions,
        };
        fold.run(&mut session, feed, until).await
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

    fn progress(&self) -> std::sync::MutexGuard<'_, Progress> {
        // Nobody panics while holding it; its numbers stay true if somebody did.
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_trouble(&self, trouble: Option<String>) {
        self.progress().trouble = trouble;
    }
}

/// The fold of one session.
struct Fold<'a> {
    writer: &'a Writer,
    pending: Pending<'a>,
    positions: Positions,
    /// Partitions that have not caught up yet.
    behind: Vec<u16>,
}

impl Fold<'_> {
    async fn run(
        &mut self,
        session: &mut Session,
        mut feed: mpsc::Receiver<News>,
        until: Until,
    ) -> anyhow::Result<()> {
        // Of the group that is being gathered, where there is one; else of the next look at what
        // has come due.
        let mut deadline = Instant::now() + TICK;
        loop {
            match tokio::time::timeout_at(deadline, feed.recv()).await {
                Ok(Some(News::Frame(frame))) => {
                    self.take(&frame)?;
                    if self.pending.frames == 1 {
                        deadline = deadline.min(Instant::now() + GROUP_AGE_MAX);
                    }
                }
                Ok(Some(News::CaughtUp(partition))) => {
                    self.caught_up(partition)?;
                    if until == Until::CaughtUp && self.behind.is_empty() {
                        return self.write(session).await;
                    }
                }
                Ok(Some(News::Failed(error))) => {
                    self.write(session).await?;
                    return Err(error);
                }
                Ok(None) => anyhow::bail!("the ledger's reader ended"),
                // Time to write what is there.
                Err(_) => {}
            }
            let full =
                self.pending.votes >= GROUP_VOTES_MAX || self.pending.frames >= GROUP_FRAMES_MAX;
            if full || Instant::now() >= deadline {
                self.write(session).await?;
                deadline = Instant::now() + TICK;
            }
        }
    }

    fn take(&mut self, frame: &OpenedFrame) -> anyhow::Result<()> {
        let cursor = self
            .positions
            .cursors
            .get(&frame.partition)
            .copied()
            .unwrap_or_default();
        if frame.at.sequence == cursor.sequence && frame.at != cursor {
            return Err(other_history(frame.partition, cursor, frame.at.link).into());
        }
        let steps = &self.positions.steps;
        let step = |unit: Unit| steps.get(&unit).copied().unwrap_or(0);
        self.pending.add(frame, cursor.sequence, step)?;
        Ok(())
    }

    fn caught_up(&mut self, partition: u16) -> anyhow::Result<()> {
        if !self.behind.contains(&partition) {
            return Ok(());
        }
        let cursor = self
            .positions
            .cursors
            .get(&partition)
            .copied()
            .unwrap_or_default();
        let head = self
            .pending
            .heads
            .get(&partition)
            .copied()
            .unwrap_or_default();
        if head.sequence < cursor.sequence {
            if matches!(self.writer.source, Source::Stream(_)) {
                // A silent stream may only be slow: wait, and write nothing meanwhile.
                return Ok(());
            }
            return Err(DbError::OtherLedger(format!(
                "database stands at frame {} of partition {partition}, the ledger ends at frame {}: it is an older copy or another ledger; name the right one, or `tally rebuild` the database",
                cursor.sequence, head.sequence
            ))
            .into());
        }
        self.behind.retain(|other| *other != partition);
        Ok(())
    }

    /// Commits what waits, where something does.
    async fn write(&mut self, session: &mut Session) -> anyhow::Result<()> {
        let due = self.pending.due(SystemClock::new().now_ms());
        if self.pending.frames == 0 && due.is_empty() {
            return Ok(());
        }
        // A partition still catching up to its cursor has nothing to write: its counts would be
        // stepped back.
        if self.lags_behind_cursor() {
            return Ok(());
        }
        let (pending, cursors) = (&self.pending, &self.positions.cursors);
        let commit = async |tx: &Transaction<'_>| write_group(tx, pending, cursors, &due).await;
        session.transact("write a group of frames", commit).await?;
        for unit in &due {
            let head = self
                .pending
                .heads
                .get(&unit.partition)
                .map_or(0, |head| head.sequence);
            self.positions.steps.insert(*unit, head);
        }
        self.positions
            .cursors
            .extend(self.pending.heads.iter().map(|(at, head)| (*at, *head)));
        let mut progress = self.writer.progress();
        progress.transactions += 1;
        progress.votes += self.pending.votes;
        progress.heads.extend(
            self.pending
                .heads
                .iter()
                .map(|(at, head)| (*at, head.sequence)),
        );
        drop(progress);
        self.pending.written(&due);
        Ok(())
    }

    fn lags_behind_cursor(&self) -> bool {
        let head = |partition| {
            self.pending
                .heads
                .get(partition)
                .map_or(0, |head| head.sequence)
        };
        self.positions.cursors.iter().any(|(partition, cursor)| {
            self.behind.contains(partition) && head(partition) < cursor.sequence
        })
    }
}

fn other_history(partition: u16, cursor: Cursor, got: LinkHash) -> DbError {
    DbError::OtherLedger(format!(
        "partition {partition} frame {}: the database holds hash {}, the ledger {got}: it follows another ledger, nothing is written; name the right database, or `tally rebuild` this one",
        cursor.sequence, cursor.link
    ))
}

/// Everything of one group, inside its transaction.
async fn write_group(
    tx: &Transaction<'_>,
    pending: &Pending<'_>,
    cursors: &BTreeMap<u16, Cursor>,
    due: &[Unit],
) -> Result<(), WorkError> {
    for partition in pending.heads.keys() {
        let expected = cursors.get(partition).copied().unwrap_or_default();
        lock_cursor(tx, *partition, expected).await?;
    }
    pending.audit.write(tx).await?;
    for unit in due {
        write_unit(tx, pending, *unit).await?;
    }
    for (partition, head) in &pending.heads {
        tx.execute(
            "UPDATE ledger_cursor SET seq = $2, hash = $3 WHERE partition = $1",
            &[
                &i32::from(*partition),
                &signed(head.sequence),
                &head.link.0.as_slice(),
            ],
        )
        .await?;
    }
    Ok(())
}

/// Locks the cursor's row and checks that nobody moved it since it was read.
async fn lock_cursor(
    tx: &Transaction<'_>,
    partition: u16,
    expected: Cursor,
) -> Result<(), WorkError> {
    let number = i32::from(partition);
    let start = LinkHash::default();
    tx.execute(
        "INSERT INTO ledger_cursor (partition, seq, hash) VALUES ($1, 0, $2) ON CONFLICT DO NOTHING",
        &[&number, &start.0.as_slice()],
    )
    .await?;
    let row = tx
        .query_one(
            "SELECT seq, hash FROM ledger_cursor WHERE partition = $1 FOR UPDATE",
            &[&number],
        )
        .await?;
    let (seq, hash): (i64, Vec<u8>) = (row.get(0), row.get(1));
    if seq != signed(expected.sequence) {
        return Err(DbError::Moved {
            partition,
            expected: expected.sequence,
            found: seq,
        }
        .into());
    }
    if hash != expected.link.0 {
        let mut found = LinkHash::default();
        found
            .0
            .iter_mut()
            .zip(&hash)
            .for_each(|(to, from)| *to = *from);
        let cursor = Cursor {
            sequence: expected.sequence,
            link: found,
        };
        return Err(other_history(partition, cursor, expected.link).into());
    }
    Ok(())
}

async fn write_unit(
    tx: &Transaction<'_>,
    pending: &Pending<'_>,
    unit: Unit,
) -> Result<(), WorkError> {
    let ballot = pending.event().ballots().get(usize::from(unit.ballot));
    let (Some(ballot), Some(held)) = (ballot, pending.held.get(&unit)) else {
        return Ok(());
    };
    match ballot.election() {
        None => add_law(tx, &ballot.id, &held.counts, held.time_ms).await?,
        Some(election) => {
            add_region(tx, election.number, unit.region, &held.counts, held.time_ms).await?;
        }
    }
    let head = pending
        .heads
        .get(&unit.partition)
        .map_or(0, |head| head.sequence);
    tx.execute(
        "INSERT INTO result_steps (partition, ballot_id, region_id, seq) VALUES ($1, $2, $3, $4)
         ON CONFLICT (partition, ballot_id, region_id) DO UPDATE SET seq = excluded.seq",
        &[
            &i32::from(unit.partition),
            &ballot.id,
            &i32::from(unit.region),
            &signed(head),
        ],
    )
    .await?;
    Ok(())
}

async fn read_positions(
    session: &mut Session,
    event: &election::Event,
) -> Result<Positions, DbError> {
    let read = async |tx: &Transaction<'_>| super::positions::read(tx, event).await;
    let (cursors, steps) = session.transact("read the cursors", read).await?;
    Ok(Positions { cursors, steps })
}
