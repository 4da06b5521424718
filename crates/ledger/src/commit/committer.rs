//! The committer: one step decides a batch, writes it as one frame, syncs, and answers.
//!
//! It is a state machine without a thread of its own: [`crate::Partition`] runs it in a loop, a
//! simulation step by step. An error from any of its calls is fatal: the process has to stop, and
//! the next start recovers what is on the disk.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use durable::{Clock, Storage, StorageLock};

use crate::commit::partition::{OnFatal, OnFull, Options};
use crate::commit::state::PartitionState;
use crate::decide::arbiter::{Arbiter, Draft};
use crate::decide::invalid::InvalidCounters;
use crate::decide::submission::{Reply, Submission};
use crate::decide::voted::Voted;
use crate::error::LedgerError;
use crate::format::body::{InvalidReason, TRACKER_BYTES};
use crate::format::entropy::Entropy;
use crate::format::frame;
use crate::format::limits::FRAME_BYTES_MAX;
use crate::format::shape::Shape;
use crate::log::files::index::{FrameIndex, FrameStart};
use crate::log::files::layout::partition_dir;
use crate::log::files::recovery::{RecoveryReport, Site, lock, recover};
use crate::log::files::sidecar::Sidecar;
use crate::log::files::writer::{Start, Writer};
use crate::replay::snapshot::Slot;

/// Counted invalid attempts wait no longer than this for a frame of their own.
const INVALID_WAIT: Duration = Duration::from_secs(1);

/// What the committer shares with everybody else.
pub(crate) struct Shared {
    pub(crate) state: PartitionState,
    pub(crate) invalid: InvalidCounters,
    pub(crate) index: FrameIndex,
}

/// The one writer of a partition.
pub struct Committer<R: Reply> {
    storage: Arc<dyn Storage>,
    clock: Arc<dyn Clock>,
    data_dir: PathBuf,
    shape: Arc<Shape>,
    partition: u16,
    entropy: Box<dyn Entropy>,
    arbiter: Arbiter,
    writer: Writer,
    sidecar: Sidecar,
    /// The disk was too full to note the last frame.
    sidecar_lags: bool,
    /// Told where the disk is full, once, and where there is room again.
    on_full: OnFull,
    shared: Arc<Shared>,
    /// Commit time of the last frame: time never goes back.
    time_ms: i64,
    last_commit: Duration,
    snapshot_votes: u64,
    votes_since_snapshot: u64,
    /// Bitsets that the snapshot under way still has to write.
    snapshot_due: Vec<(u16, u32)>,
    /// Dropped last: until then nobody else may open the directory.
    _lock: Box<dyn StorageLock>,
    _replies: std::marker::PhantomData<fn(R)>,
}

impl<R: Reply> Committer<R> {
    /// Locks the data directory, recovers the ledger and stands ready.
    ///
    /// # Errors
    /// As [`crate::Partition::open`].
    pub fn open(
        storage: Arc<dyn Storage>,
        clock: Arc<dyn Clock>,
        data_dir: &Path,
        shape: Shape,
        options: Options,
    ) -> Result<(Committer<R>, OnFatal, RecoveryReport), LedgerError> {
        shape.check()?;
        let lock = lock(&*storage, data_dir)?;
        let partition = options.partition;
        let dir = partition_dir(data_dir, partition);
        storage
            .create_dir_all(&dir)
            .map_err(LedgerError::io("create", &dir))?;
        let recovered = recover(&Site {
            storage: &*storage,
            data_dir,
            shape: &shape,
            partition,
        })?;
        let shape = Arc::new(shape);
        let start = Start::after(&recovered, partition, options.segment_bytes);
        let writer = Writer::new(Arc::clone(&storage), &dir, Arc::clone(&shape), start)?;
        let (voted, last_sequence) = (recovered.voted, recovered.cursor.sequence);
        let committer = Committer {
            last_commit: clock.monotonic(),
            storage,
            clock,
            data_dir: data_dir.to_path_buf(),
            partition,
            entropy: options.entropy,
            shared: share(&shape, &voted, recovered.index, last_sequence),
            arbiter: Arbiter::new(voted, &shape.ballots),
            shape,
            writer,
            sidecar: recovered.sidecar,
            sidecar_lags: false,
            on_full: options.on_full,
            time_ms: recovered.time_ms,
            snapshot_votes: options.snapshot_votes,
            votes_since_snapshot: 0,
            snapshot_due: Vec::new(),
            _lock: lock,
            _replies: std::marker::PhantomData,
        };
        Ok((committer, options.on_fatal, recovered.report))
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// The voted bitsets as of the last frame.
    pub fn voted(&self) -> &Voted {
        &self.arbiter.voted
    }

    /// Sequence of the last frame; 0 where there is none.
    pub fn last_sequence(&self) -> u64 {
        self.writer.cursor().sequence
    }

    /// Counts an attempt that was refused before it reached the ledger.
    pub fn note_invalid(&self, ballot: Option<u16>, reason: InvalidReason) {
        self.shared.invalid.add(ballot, reason, 1);
    }

    /// Decides and commits the first [`crate::BATCH_SUBMISSIONS_MAX`] submissions of `batch`, taking
    /// them out. With an empty batch it commits invalid attempts that have waited for a second.
    ///
    /// # Errors
    /// Fatal; nobody of the batch is answered.
    pub fn step(&mut self, batch: &mut Vec<Submission<R>>) -> Result<(), LedgerError> {
        let waited = self.clock.monotonic().saturating_sub(self.last_commit) >= INVALID_WAIT;
        self.decide_and_commit(batch, waited)
    }

    fn decide_and_commit(
        &mut self,
        batch: &mut Vec<Submission<R>>,
        flush_invalid: bool,
    ) -> Result<(), LedgerError> {
        // Time stands still rather than go back: a corrected clock reopens no ballot.
        let now_ms = self.clock.now_ms().max(self.time_ms);
        let mut draft = self.arbiter.decide(batch, now_ms, &self.shared.invalid);
        let state = &self.shared.state;
        state.note_decided(draft.submissions());
        if !draft.needs_frame() && !flush_invalid {
            draft.answer_without_frame();
            return Ok(());
        }
        draft.invalid = self.shared.invalid.take();
        if !draft.needs_frame() && draft.invalid.is_empty() {
            draft.answer_without_frame();
            return Ok(());
        }
        match self.commit(&mut draft, now_ms) {
            Ok(trackers) => {
                self.confirm(&draft);
                self.tell_room();
                let sequence = self.writer.cursor().sequence;
                draft.answer(&trackers, self.partition, sequence, now_ms);
                Ok(())
            }
            Err(error) if error.is_full() => {
                self.tell_full(&error);
                self.arbiter.take_back(&draft);
                self.shared.invalid.put_back(&draft.invalid);
                let refused = draft.votes() + draft.duplicates();
                self.shared.state.full.fetch_add(refused, Ordering::Relaxed);
                draft.answer_without_frame();
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Writes the draft's frame and syncs it; returns the trackers in order of arrival.
    fn commit(
        &mut self,
        draft: &mut Draft<R>,
        now_ms: i64,
    ) -> Result<Vec<[u8; TRACKER_BYTES]>, LedgerError> {
        self.catch_up_sidecar()?;
        self.writer
            .make_room(draft.frame_bytes_max(), &mut *self.entropy)?;
        let keys = |source| LedgerError::Keys { source };
        let trackers = draft.draw_trackers(&mut *self.entropy).map_err(keys)?;
        let sealed: Option<Vec<_>> = draft
            .counts
            .iter()
            .map(|(ballot, counts)| self.writer.seal(*ballot, counts))
            .collect();
        let sealed = sealed.ok_or_else(|| keys(std::io::Error::other("no content key")))?;
        let body = draft.body(sealed, trackers.clone()).encode();
        let (cursor, epoch) = (self.writer.cursor(), self.writer.epoch());
        let frame = frame::encode(cursor, self.writer.link(), epoch, now_ms, &body).ok_or(
            LedgerError::FrameTooLong {
                sequence: cursor.sequence + 1,
                max: FRAME_BYTES_MAX,
                got: body.len(),
            },
        )?;
        let position = self.writer.position();
        let before = self.clock.monotonic();
        self.writer.append(&frame)?;
        self.last_commit = self.clock.monotonic();
        self.time_ms = now_ms;
        let state = &self.shared.state;
        state.note_sync(self.last_commit.saturating_sub(before));
        state.note_frame(frame.bytes.len() as u64, draft.votes() + draft.duplicates());
        if let Some((segment, offset)) = position {
            let sequence = frame.cursor.sequence;
            self.shared.index.add(FrameStart {
                sequence,
                segment,
                offset,
            });
        }
        self.note_acknowledged()?;
        Ok(trackers)
    }

    /// The frame is stable; the sidecar says so before anybody is answered.
    fn note_acknowledged(&mut self) -> Result<(), LedgerError> {
        let noted = self.sidecar.note(self.writer.cursor());
        self.sidecar_lags = matches!(&noted, Err(error) if error.is_full());
        // A copy-on-write disk may be full even for this. The frame itself is safe and is answered;
        // the next one waits until the sidecar has caught up.
        unless_full(noted)
    }

    /// The sidecar may lag by one frame, never by two.
    fn catch_up_sidecar(&mut self) -> Result<(), LedgerError> {
        #[cfg(test)]
        if crate::sabotage::is(crate::sabotage::Sabotage::LetSidecarLag) {
            return Ok(());
        }
        if self.sidecar_lags {
            self.sidecar.note(self.writer.cursor())?;
            self.sidecar_lags = false;
        }
        Ok(())
    }

    fn confirm(&mut self, draft: &Draft<R>) {
        self.arbiter.confirm(draft);
        let state = &self.shared.state;
        state.votes.fetch_add(draft.votes(), Ordering::Relaxed);
        state
            .duplicates
            .fetch_add(draft.duplicates(), Ordering::Relaxed);
        for (ballot, votes) in draft.votes_by_ballot() {
            state.note_voted(ballot, votes);
        }
        state
            .last_sequence
            .store(self.writer.cursor().sequence, Ordering::Release);
        self.votes_since_snapshot += draft.votes();
    }

    /// What can be done between two commits: prepare the next segment, write one bitset of a
    /// snapshot that is due. A full disk postpones both.
    ///
    /// # Errors
    /// Fatal.
    pub fn maintain(&mut self) -> Result<(), LedgerError> {
        if self.writer.wants_preparing() {
            match self.writer.prepare() {
                Err(error) if error.is_full() => self.tell_full(&error),
                other => other?,
            }
        }
        if self.snapshot_due.is_empty() && self.votes_since_snapshot >= self.snapshot_votes.max(1) {
            self.begin_snapshot();
        }
        self.write_one_snapshot()
    }

    fn tell_full(&mut self, error: &LedgerError) {
        if !self.shared.state.is_full.swap(true, Ordering::Relaxed) {
            (self.on_full)(Some(error));
        }
    }

    /// There is room where frames are written and the next segment has its place, too.
    fn tell_room(&mut self) {
        if self.shared.state.is_full() && !self.writer.wants_preparing() {
            self.shared.state.is_full.store(false, Ordering::Relaxed);
            (self.on_full)(None);
        }
    }

    fn begin_snapshot(&mut self) {
        let places = self
            .arbiter
            .voted
            .shards()
            .map(|(ballot, shard, _)| (ballot, shard));
        self.snapshot_due = places.collect();
        self.votes_since_snapshot = 0;
    }

    fn write_one_snapshot(&mut self) -> Result<(), LedgerError> {
        let Some((ballot, shard)) = self.snapshot_due.pop() else {
            return Ok(());
        };
        let Some(votes) = self.arbiter.voted.shard(ballot, shard) else {
            return Ok(());
        };
        let (data_dir, shape) = (&*self.data_dir, &*self.shape);
        let slot = Slot {
            data_dir,
            shape,
            partition: self.partition,
            ballot,
            shard,
        };
        unless_full(slot.save(&*self.storage, votes, self.writer.cursor()))
    }

    /// Commits the invalid attempts that still wait, closes the segment (its content keys are wiped)
    /// and writes a snapshot: the last call before an orderly stop.
    ///
    /// # Errors
    /// Fatal.
    pub fn close(&mut self) -> Result<(), LedgerError> {
        self.decide_and_commit(&mut Vec::new(), true)?;
        unless_full(self.writer.close())?;
        self.begin_snapshot();
        while !self.snapshot_due.is_empty() {
            self.write_one_snapshot()?;
        }
        Ok(())
    }
}

fn unless_full(done: Result<(), LedgerError>) -> Result<(), LedgerError> {
    match done {
        Err(error) if error.is_full() => Ok(()),
        other => other,
    }
}

fn share(shape: &Shape, voted: &Voted, index: FrameIndex, last_sequence: u64) -> Arc<Shared> {
    let state = PartitionState::new(shape.ballots.len());
    for ballot in (0u16..).take(shape.ballots.len()) {
        state.note_voted(ballot, voted.count(ballot));
    }
    state.last_sequence.store(last_sequence, Ordering::Release);
    let invalid = InvalidCounters::new(shape.ballots.len());
    Arc::new(Shared {
        state,
        invalid,
        index,
    })
}
