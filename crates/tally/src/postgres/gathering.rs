//! Frames gathered into groups, and each group committed by one transaction.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_postgres::Transaction;

use super::error::DbError;
use super::group::{other_history, write_group};
use super::pending::Pending;
use super::positions::Positions;
use super::progress::{Progress, lock};
use super::session::Session;
use crate::news::News;
use crate::reading::Fact;
use crate::release::Unit;

/// A group is closed when it has so many votes or frames, or is this old.
const GROUP_VOTES_MAX: u64 = 100_000;
const GROUP_FRAMES_MAX: usize = 2_000;
const GROUP_AGE_MAX: Duration = Duration::from_millis(50);
/// Looks for live rankings that have waited long enough.
const TICK: Duration = Duration::from_secs(1);
/// A ledger that ends before the tables do for so long is another one.
const KNOWN_WITHIN: Duration = Duration::from_secs(5);

/// When [`Gathering::run`] ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    /// Never: follow the tail.
    Stopped,
    /// Once everything acknowledged is in the database.
    CaughtUp,
}

/// Since when a ledger seems too short, and when that was told last.
pub(super) struct Short {
    since: Instant,
    told: Instant,
}

/// Frames of one session, gathered into groups and written.
pub(super) struct Gathering<'a> {
    pub(super) pending: Pending<'a>,
    pub(super) positions: Positions,
    /// Partitions that have not caught up yet.
    pub(super) behind: Vec<u16>,
    /// Partitions whose ledger seems to end before the tables do.
    pub(super) short: BTreeMap<u16, Short>,
    pub(super) progress: &'a Mutex<Progress>,
}

impl Gathering<'_> {
    /// Writes until the ledger ends (see [`Until`]).
    ///
    /// # Errors
    /// The ledger cannot be followed, the database not be written, or they are not of one history.
    pub(super) async fn run(
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
                Ok(Some(News::Fact(fact))) => {
                    self.take(&fact)?;
                    deadline = deadline.min(Instant::now() + GROUP_AGE_MAX);
                }
                Ok(Some(News::CaughtUp { partition, read })) => {
                    self.caught_up(partition, read)?;
                    if until == Until::CaughtUp && self.behind.is_empty() {
                        let rest = self.pending.unwritten();
                        return self.write(session, &rest).await;
                    }
                }
                Ok(Some(News::Failed(error))) => {
                    let due = self.pending.due();
                    self.write(session, &due).await?;
                    return Err(error);
                }
                Ok(None) => anyhow::bail!("the ledger's reader ended"),
                // Time to write what is there.
                Err(_) => {}
            }
            let full =
                self.pending.votes >= GROUP_VOTES_MAX || self.pending.frames >= GROUP_FRAMES_MAX;
            if full || Instant::now() >= deadline {
                let due = self.pending.due();
                self.write(session, &due).await?;
                deadline = Instant::now() + TICK;
            }
        }
    }

    fn take(&mut self, fact: &Fact) -> anyhow::Result<()> {
        let frame = match fact {
            Fact::Frame(frame) => frame,
            Fact::Released(released) => {
                let step = self.positions.step(released.unit);
                self.pending.release(released, step);
                return Ok(());
            }
        };
        let cursor = self.positions.cursor(frame.partition);
        if frame.at.sequence == cursor.sequence && frame.at != cursor {
            return Err(other_history(frame.partition, cursor, frame.at.link).into());
        }
        self.pending.add(frame, cursor.sequence)?;
        Ok(())
    }

    /// A validator that was started a moment ago, or one that does not own the partition, does not know its newest
    /// frames at once; and its newest checkpoint may be older than the one by which the tables were written.
    fn caught_up(&mut self, partition: u16, read: u64) -> anyhow::Result<()> {
        if !self.behind.contains(&partition) {
            return Ok(());
        }
        let cursor = self.positions.cursor(partition);
        if read < cursor.sequence {
            let now = Instant::now();
            let short = self.short.entry(partition).or_insert(Short {
                since: now,
                told: now,
            });
            if now - short.told > KNOWN_WITHIN / 2 {
                short.since = now; // nobody has told anything meanwhile
            }
            short.told = now;
            if now - short.since < KNOWN_WITHIN {
                return Ok(());
            }
            return Err(DbError::OtherLedger(format!(
                "database stands at frame {} of partition {partition}, the ledger ends at frame {read}: it is an older copy or another ledger; name the right one, or `tally rebuild` the database",
                cursor.sequence
            ))
            .into());
        }
        if self.pending.head(partition).sequence >= cursor.sequence {
            self.behind.retain(|other| *other != partition);
            lock(self.progress).trouble = None;
            return Ok(());
        }
        let trouble = format!(
            "the tables stand at frame {} of partition {partition}, and the newest checkpoint covers fewer: waiting for another",
            cursor.sequence
        );
        let mut progress = lock(self.progress);
        if progress.trouble.as_ref() != Some(&trouble) {
            tracing::warn!(trouble, "nothing is written to the database");
            progress.trouble = Some(trouble);
        }
        Ok(())
    }

    /// Commits the frames that wait and the counts of the units that are `due`, where there are any.
    async fn write(&mut self, session: &mut Session, due: &[Unit]) -> anyhow::Result<()> {
        if self.pending.frames == 0 && due.is_empty() {
            return Ok(());
        }
        // A partition still catching up to its cursor has nothing to write: its counts would be
        // stepped back.
        if self.lags_behind_cursor() {
            return Ok(());
        }
        let (pending, positions) = (&self.pending, &self.positions);
        let commit = async |tx: &Transaction<'_>| write_group(tx, pending, positions, due).await;
        session.transact("write a group of frames", commit).await?;
        for unit in due {
            let step = self.pending.held[unit].sequence;
            self.positions.steps.insert(*unit, step);
        }
        self.positions
            .cursors
            .extend(self.pending.heads.iter().map(|(at, head)| (*at, *head)));
        let mut progress = lock(self.progress);
        progress.transactions += 1;
        progress.votes += self.pending.votes;
        progress.heads.extend(
            self.pending
                .heads
                .iter()
                .map(|(at, head)| (*at, head.sequence)),
        );
        drop(progress);
        self.pending.written(due);
        Ok(())
    }

    fn lags_behind_cursor(&self) -> bool {
        self.positions.cursors.iter().any(|(partition, cursor)| {
            self.behind.contains(partition)
                && self.pending.head(*partition).sequence < cursor.sequence
        })
    }
}
