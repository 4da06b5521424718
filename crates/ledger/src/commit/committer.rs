//! The committer: one step decides a batch, appends it to the log as one frame, and answers.
//!
//! It is a state machine without a thread of its own: [`crate::Partition`] runs it in a loop, a
//! simulation step by step. It builds whole links and knows nothing of how the log keeps them. An
//! error from any of its calls is fatal: the process has to stop, and the next start recovers what
//! is in the log.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use durable::{Clock, SteadyClock};

use crate::commit::chain_writer::{ChainWriter, segment_bytes};
use crate::commit::clock_state::ClockState;
use crate::commit::held_close::Hold;
use crate::commit::options::{OnFull, Options};
use crate::commit::recovery_report::RecoveryReport;
use crate::commit::shared::Shared;
use crate::commit::snapshotter::Snapshotter;
use crate::commit::state::PartitionState;
use crate::commit::timekeeper::Timekeeper;
use crate::commit::work::{Step, Unsettled, Work};
use crate::decide::arbiter::Arbiter;
use crate::decide::draft::Draft;
use crate::decide::submission::{Decision, Reply, Submission};
use crate::decide::voted::Voted;
use crate::decide::window::DecisionTimes;
use crate::error::LedgerError;
use crate::format::body::InvalidReason;
use crate::format::entropy::Entropy;
use crate::format::link::LinkKind;
use crate::format::shape::Shape;
use crate::log::{Append, Barrier, Claim, Lease, Log, Room};
use crate::replay::snapshot::Snapshots;
use crate::replay::standby::StandBy;

/// Counted invalid attempts wait no longer than this for a frame of their own.
const INVALID_WAIT: Duration = Duration::from_secs(1);

/// The one writer of a partition.
pub struct Committer<R: Reply> {
    log: Arc<dyn Log>,
    partition: u16,
    entropy: Box<dyn Entropy>,
    arbiter: Arbiter,
    writer: ChainWriter,
    snapshotter: Option<Snapshotter>,
    /// Told where the disk is full, once, and where there is room again.
    on_full: OnFull,
    shared: Arc<Shared>,
    time: Timekeeper,
    /// Windows that ended by then need no closing frame any more: the time of the last frame.
    written_ms: i64,
    hold: Hold,
    last_commit: Duration,
    /// The link that may have been appended or not. Nothing else is decided before that is known.
    unsettled: Option<Unsettled<R>>,
    /// Fenced, or in conflict with the log: nothing is appended any more.
    ended: bool,
    /// Dropped last: until then nobody else may own the partition.
    lease: Box<dyn Lease>,
}

impl<R: Reply> Committer<R> {
    /// Takes the lease of the partition, recovers its chain and stands ready.
    ///
    /// # Errors
    /// As [`crate::Partition::open`].
    pub fn open(
        log: Arc<dyn Log>,
        snapshots: Option<Snapshots>,
        clock: Arc<SteadyClock>,
        shape: Shape,
        options: Options,
    ) -> Result<(Committer<R>, RecoveryReport), LedgerError> {
        let (shape, partition) = (Arc::new(shape), options.partition);
        let standby = StandBy::begin(log, snapshots.as_ref(), Arc::clone(&shape), partition)?;
        Committer::take_over(standby, snapshots, clock, shape, options)
    }

    /// The same for whoever has stood by: reads only what it has not read before.
    ///
    /// # Errors
    /// As [`crate::Partition::open`].
    pub fn take_over(
        standby: StandBy,
        snapshots: Option<Snapshots>,
        clock: Arc<SteadyClock>,
        shape: Arc<Shape>,
        options: Options,
    ) -> Result<(Committer<R>, RecoveryReport), LedgerError> {
        let StandBy {
            log,
            partition,
            followed,
            mut rebuild,
            ..
        } = standby;
        let claim = Claim {
            partition,
            segment_bytes: segment_bytes(&shape, options.segment_bytes),
        };
        let mut lease = log.lease(claim)?;
        let recovery = lease.recover(followed, &mut |item| rebuild.visit(item))?;
        let rebuilt = rebuild.finish(&*log, options.accept_rollback)?;
        let last_commit = clock.monotonic();
        let time = Timekeeper::begin(
            clock,
            &recovery,
            &shape.ballots,
            options.accept_clock_behind,
            options.on_clock,
        )?;
        let mut report = RecoveryReport::of(&recovery, &rebuilt);
        for path in &rebuilt.not_used {
            let snapshots = snapshots.as_ref();
            let snapshots = snapshots.expect("they hold the one that was not used");
            report.kept.push(snapshots.keep_aside(path)?);
        }
        let snapshotter = snapshots.map(|snapshots| {
            let shape = Arc::clone(&shape);
            Snapshotter::new(snapshots, shape, partition, options.snapshot_votes)
        });
        let started_ms = time.now_ms();
        let committer = Committer {
            log,
            last_commit,
            time,
            partition,
            entropy: options.entropy,
            shared: Shared::of(&shape, &rebuilt.voted, recovery.position.cursor.sequence),
            arbiter: Arbiter::new(rebuilt.voted, rebuilt.recent, &shape.ballots),
            writer: ChainWriter::new(shape, partition, claim.segment_bytes, &recovery)?,
            snapshotter,
            on_full: options.on_full,
            written_ms: recovery.time_ms.unwrap_or(i64::MIN),
            hold: Hold::begin(last_commit, started_ms),
            unsettled: None,
            ended: false,
            lease,
        };
        report.closes_held = committer.closes_held();
        Ok((committer, report))
    }

    /// Ballots that are neither open nor closed, because the start found their close in the past.
    fn closes_held(&self) -> Vec<u16> {
        let held = match self.hold.started_ms(self.now()) {
            Some(started_ms) => self.arbiter.ended_between(self.written_ms, started_ms),
            None => Vec::new(),
        };
        let count = held.len() as u64;
        let state = &self.shared.state;
        state.closes_held.store(count, Ordering::Relaxed);
        held
    }

    /// While a close is held, votes on other ballots carry the time of the last frame: any later one
    /// would write the close.
    fn decision_times(&self) -> DecisionTimes {
        let now_ms = self.time.now_ms();
        // Asked even when the hold is over, so that the state then tells of no close held.
        let is_held = !self.closes_held().is_empty();
        let started_ms = self.hold.started_ms(self.now()).filter(|_| is_held);
        DecisionTimes {
            stamp_ms: match started_ms {
                Some(_) => self.time.of_votes_that_close_nothing(now_ms),
                None => now_ms,
            },
            now_ms,
            held: started_ms.map(|started_ms| (self.written_ms, started_ms)),
        }
    }

    /// Counters, as whoever runs beside the owner reads them.
    pub fn state(&self) -> &PartitionState {
        &self.shared.state
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
        self.writer.position().cursor.sequence
    }

    /// Whether nobody knows if the last link was appended. The batch that it belongs to waits, and
    /// so does everybody behind it: call [`Committer::step`] again after a moment.
    pub fn is_unsettled(&self) -> bool {
        self.unsettled.is_some()
    }

    /// Counts an attempt that was refused before it reached the ledger.
    pub fn note_invalid(&self, ballot: Option<u16>, reason: InvalidReason) {
        self.shared.invalid.add(ballot, reason, 1);
    }

    /// Decides and commits the first [`crate::BATCH_SUBMISSIONS_MAX`] submissions of `batch`, taking
    /// them out. With an empty batch it commits invalid attempts that have waited for a second, and
    /// the closing frame of a ballot whose window has ended. Takes nothing out while an earlier link is not settled.
    ///
    /// # Errors
    /// Fatal; nobody of the batch is answered.
    pub fn step(&mut self, batch: &mut Vec<Submission<R>>) -> Result<(), LedgerError> {
        let waited = self.now().saturating_sub(self.last_commit) >= INVALID_WAIT;
        self.decide_and_commit(batch, waited)
    }

    /// Commits what waits for a frame: invalid attempts, and the closing frame of a ballot whose window has ended.
    ///
    /// # Errors
    /// Fatal.
    pub(crate) fn flush(&mut self) -> Result<(), LedgerError> {
        self.decide_and_commit(&mut Vec::new(), true)
    }

    fn decide_and_commit(
        &mut self,
        batch: &mut Vec<Submission<R>>,
        flush_invalid: bool,
    ) -> Result<(), LedgerError> {
        if !self.settle()? {
            return Ok(());
        }
        let in_doubt = self.time.look(&self.shared.state) == ClockState::InDoubt;
        if in_doubt {
            self.turn_away(batch);
        }
        let times = self.decision_times();
        let mut draft = self.arbiter.decide(batch, &times, &self.shared.invalid);
        self.shared.state.note_decided(draft.submissions());
        let (last_ms, now_ms) = (self.written_ms, times.now_ms);
        let may_close = !in_doubt && times.held.is_none();
        let closes = may_close && self.arbiter.any_ended_between(last_ms, now_ms);
        if draft.needs_frame() || flush_invalid || closes {
            draft.invalid = self.shared.invalid.take();
        }
        if !draft.needs_frame() && draft.invalid.is_empty() && !closes {
            draft.answer_turned_away();
            return Ok(());
        }
        let time_ms = match draft.votes() {
            0 if !closes => self.time.of_attempts(now_ms),
            _ => times.stamp_ms,
        };
        self.commit(draft, time_ms)
    }

    /// Nobody knows what time it is: nobody's vote is decided, and nothing of it is counted.
    fn turn_away(&self, batch: &mut Vec<Submission<R>>) {
        self.shared.state.note_decided(batch.len() as u64);
        for submission in batch.drain(..) {
            submission.reply.reply(Decision::ClockInDoubt);
        }
    }

    fn now(&self) -> Duration {
        self.time.clock().monotonic()
    }

    /// Appends the draft's frame, behind the header of a new segment where it needs one.
    fn commit(&mut self, draft: Draft<R>, time_ms: i64) -> Result<(), LedgerError> {
        let bytes = draft.frame_bytes_max();
        let work = match self.writer.next_header(bytes, &mut *self.entropy)? {
            Some((link, segment)) => Work {
                draft,
                time_ms,
                link,
                step: Step::Header(segment),
            },
            None => self.frame(draft, time_ms)?,
        };
        self.append(work)
    }

    fn frame(&mut self, mut draft: Draft<R>, time_ms: i64) -> Result<Work<R>, LedgerError> {
        let trackers = draft.draw_trackers(&mut *self.entropy);
        let trackers = trackers.map_err(|source| LedgerError::Keys { source })?;
        let link = self.writer.frame(&mut draft, &trackers, time_ms)?;
        Ok(Work {
            draft,
            time_ms,
            link,
            step: Step::Frame(trackers),
        })
    }

    /// Appends the link of `work` and what has to follow it, up to the frame.
    fn append(&mut self, mut work: Work<R>) -> Result<(), LedgerError> {
        loop {
            assert!(!self.ended, "an owner that was fenced appends nothing more");
            let before = self.now();
            match note_answer(self.lease.append(&work.link)?) {
                Append::Appended => {}
                Append::Full(error) => {
                    self.refuse(work, &error);
                    return Ok(());
                }
                Append::Unknown(why) => {
                    self.leave_open(work, why);
                    return Ok(());
                }
                Append::Fenced => return Err(self.fenced()),
                Append::Conflict => return Err(self.conflict(work.link.number)),
            }
            let took = self.now().saturating_sub(before);
            match self.appended(work, Some(took))? {
                Some(next) => work = next,
                None => return Ok(()),
            }
        }
    }

    /// The link was appended: the frame behind a header comes next, a frame is answered.
    fn appended(
        &mut self,
        work: Work<R>,
        took: Option<Duration>,
    ) -> Result<Option<Work<R>>, LedgerError> {
        match work.step {
            Step::Header(segment) => {
                self.writer.header_appended(&work.link, segment);
                self.frame(work.draft, work.time_ms).map(Some)
            }
            Step::Frame(trackers) => {
                let LinkKind::Frame { sequence } = work.link.kind else {
                    panic!("a header has no trackers");
                };
                self.writer.frame_appended(&work.link, sequence);
                self.time.advance(work.time_ms);
                self.written_ms = work.time_ms;
                self.last_commit = self.now();
                self.confirm(&work.draft, work.link.bytes.len() as u64, took);
                self.tell_room()?;
                work.draft
                    .answer(&trackers, self.partition, sequence, work.time_ms);
                Ok(None)
            }
        }
    }

    /// There is no room: the batch is as if it had never come, but that it was told so.
    fn refuse(&mut self, work: Work<R>, error: &LedgerError) {
        self.tell_full(error);
        self.writer.close_segment();
        self.arbiter.take_back(&work.draft);
        self.shared.invalid.put_back(&work.draft.invalid);
        let refused = work.draft.votes() + work.draft.repeats();
        self.shared.state.full.fetch_add(refused, Ordering::Relaxed);
        work.draft.answer_full();
    }

    /// Asks the log behind a barrier what became of the link that nobody knows of, and goes on from
    /// there: it was appended, or the identical bytes are sent again.
    /// `true` where nothing is left open.
    ///
    /// # Errors
    /// Fatal.
    pub fn settle(&mut self) -> Result<bool, LedgerError> {
        let Some(Unsettled { work, .. }) = self.unsettled.take() else {
            return Ok(true);
        };
        assert!(!self.ended, "an owner that was fenced asks nothing more");
        match self.lease.barrier()? {
            Barrier::Reached(head) if head == work.link.hash => {
                if let Some(next) = self.appended(work, None)? {
                    self.append(next)?;
                }
            }
            Barrier::Reached(head) if head == work.link.previous => self.resend(work)?,
            Barrier::Reached(_) => return Err(self.conflict(work.link.number)),
            Barrier::Fenced => return Err(self.fenced()),
            Barrier::Unknown(why) => self.leave_open(work, why),
        }
        let is_settled = self.unsettled.is_none();
        self.note_reach(is_settled);
        Ok(is_settled)
    }

    fn leave_open(&mut self, work: Work<R>, why: String) {
        self.unsettled = Some(Unsettled { work, why });
        self.note_reach(false);
    }

    fn note_reach(&self, is_reached: bool) {
        let state = &self.shared.state;
        state.is_out_of_reach.store(!is_reached, Ordering::Relaxed);
    }

    /// Sends the identical bytes again.
    fn resend(&mut self, work: Work<R>) -> Result<(), LedgerError> {
        #[cfg(test)]
        if crate::sabotage::is(crate::sabotage::Sabotage::ResendOtherBytes)
            && matches!(work.step, Step::Frame(_))
        {
            let other = self.frame(work.draft, work.time_ms)?;
            return self.append(other);
        }
        self.append(work)
    }

    fn fenced(&mut self) -> LedgerError {
        self.ended = true;
        LedgerError::Fenced {
            log: self.log.name(),
            partition: self.partition,
            epoch: self.writer.epoch(),
        }
    }

    fn conflict(&mut self, number: u64) -> LedgerError {
        self.ended = true;
        LedgerError::Conflict {
            log: self.log.name(),
            partition: self.partition,
            number,
        }
    }

    fn confirm(&mut self, draft: &Draft<R>, bytes: u64, took: Option<Duration>) {
        let sequence = self.writer.position().cursor.sequence;
        self.arbiter.confirm(draft, sequence, self.time.last_ms());
        let state = &self.shared.state;
        if let Some(took) = took {
            state.note_sync(took);
        }
        state.note_frame(bytes, draft.votes() + draft.repeats());
        state.votes.fetch_add(draft.votes(), Ordering::Relaxed);
        state
            .duplicates
            .fetch_add(draft.repeats(), Ordering::Relaxed);
        for (ballot, votes) in draft.votes_by_ballot() {
            state.note_voted(ballot, votes);
        }
        state.last_sequence.store(sequence, Ordering::Release);
        if let Some(snapshotter) = &mut self.snapshotter {
            snapshotter.note_votes(draft.votes());
        }
    }

    /// What can be done between two commits: prepare the next segment, write one bitset of a
    /// snapshot that is due. A full disk postpones both.
    ///
    /// # Errors
    /// Fatal.
    pub fn maintain(&mut self) -> Result<(), LedgerError> {
        if self.is_unsettled() {
            return Ok(());
        }
        let room = self.lease.prepare()?;
        self.note_reach(!matches!(room, Room::OutOfReach));
        if let Room::Full(error) = room {
            self.tell_full(&error);
        }
        let cursor = self.writer.position().cursor;
        match &mut self.snapshotter {
            Some(snapshotter) => snapshotter.write_one(&self.arbiter.voted, cursor),
            None => Ok(()),
        }
    }

    fn tell_full(&mut self, error: &LedgerError) {
        if !self.shared.state.is_full.swap(true, Ordering::Relaxed) {
            (self.on_full)(Some(error));
        }
    }

    /// A frame found room. Where the disk was full and the next segment has its place, too, the
    /// operator is told so.
    fn tell_room(&mut self) -> Result<(), LedgerError> {
        if self.shared.state.is_full() && matches!(self.lease.prepare()?, Room::Ready) {
            self.shared.state.is_full.store(false, Ordering::Relaxed);
            (self.on_full)(None);
        }
        Ok(())
    }

    /// Commits the invalid attempts that still wait, closes the segment (its content keys are wiped)
    /// and writes a snapshot: the last call before an orderly stop.
    ///
    /// # Errors
    /// Fatal.
    pub fn close(&mut self) -> Result<(), LedgerError> {
        self.flush()?;
        if let Some(Unsettled { why, .. }) = &self.unsettled {
            return Err(LedgerError::Unsettled {
                log: self.log.name(),
                why: why.clone(),
            });
        }
        self.writer.close_segment();
        self.lease.release()?;
        let cursor = self.writer.position().cursor;
        match &mut self.snapshotter {
            Some(snapshotter) => snapshotter.write_all(&self.arbiter.voted, cursor),
            None => Ok(()),
        }
    }
}

/// The log's answer, as it is; a test may have it misunderstood.
fn note_answer(answer: Append) -> Append {
    #[cfg(test)]
    {
        use crate::sabotage::{Sabotage, is};
        match answer {
            Append::Unknown(_) if is(Sabotage::TakeUnknownForAppended) => return Append::Appended,
            Append::Fenced if is(Sabotage::GoOnFenced) => return Append::Appended,
            _ => {}
        }
    }
    answer
}
