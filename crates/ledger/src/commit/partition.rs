//! A running partition: the commit thread around the [`Committer`], and the queue in front of it.
//!
//! The queue is the standard library's bounded channel: a submission costs a slot in a ring and,
//! only where the commit thread waits for one, one wake-up. While an fsync runs, or the thread rests
//! between two frames, it does not wait on the queue, so under load nobody makes a system call per
//! vote.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{JoinHandle, Thread};
use std::time::{Duration, Instant};

use durable::SteadyClock;

use crate::commit::committer::Committer;
use crate::commit::options::{OnFatal, Options};
use crate::commit::pace::{Bell, Pace};
use crate::commit::recovery_report::RecoveryReport;
use crate::commit::shared::Shared;
use crate::commit::state::PartitionState;
use crate::decide::submission::{Reply, Submission};
use crate::error::LedgerError;
use crate::format::body::InvalidReason;
use crate::format::limits::BATCH_SUBMISSIONS_MAX;
use crate::format::shape::Shape;
use crate::log::Log;
use crate::replay::snapshot::Snapshots;
use crate::replay::standby::StandBy;

/// Invalid attempts wait no longer than this for a frame.
const IDLE_FLUSH: Duration = Duration::from_secs(1);
/// How often a log that could not tell is asked again what became of a link.
const SETTLE_PAUSE: Duration = Duration::from_millis(20);
/// How long an orderly stop asks.
const SETTLE_AT_STOP_MAX: Duration = Duration::from_secs(10);

enum Message<R> {
    Submit(Submission<R>),
    Stop,
}

/// One partition of the ledger, open for votes.
pub struct Partition<R: Reply> {
    queue: SyncSender<Message<R>>,
    bell: Arc<Bell>,
    /// Set before the queue is told to stop, for a commit thread that does not look at it.
    stopping: Arc<AtomicBool>,
    commit_thread: Thread,
    joined: Mutex<Option<JoinHandle<()>>>,
    shared: Arc<Shared>,
}

impl<R: Reply> Partition<R> {
    /// Takes the lease of a partition in `log`, recovers its chain or begins it, and starts its
    /// commit thread. The lease is held until the partition is dropped. `snapshots` spare a start
    /// most of the replay; without them every start replays every frame.
    ///
    /// # Errors
    /// Another owner, another event, damage, or the system's. Damage is named by file and byte and
    /// nothing is changed.
    pub fn open(
        log: Arc<dyn Log>,
        snapshots: Option<Snapshots>,
        clock: Arc<SteadyClock>,
        shape: Shape,
        options: Options,
    ) -> Result<(Partition<R>, RecoveryReport), LedgerError> {
        Partition::start(options, |options| {
            Committer::open(log, snapshots, clock, shape, options)
        })
    }

    /// The same for whoever has stood by: reads only what it has not read before.
    ///
    /// # Errors
    /// As [`Partition::open`].
    pub fn take_over(
        standby: StandBy,
        snapshots: Option<Snapshots>,
        clock: Arc<SteadyClock>,
        shape: Arc<Shape>,
        options: Options,
    ) -> Result<(Partition<R>, RecoveryReport), LedgerError> {
        Partition::start(options, |options| {
            Committer::take_over(standby, snapshots, clock, shape, options)
        })
    }

    /// Starts the commit thread of what `open` opens.
    fn start(
        mut options: Options,
        open: impl FnOnce(Options) -> Result<(Committer<R>, RecoveryReport), LedgerError>,
    ) -> Result<(Partition<R>, RecoveryReport), LedgerError> {
        let (queue, receiver) = sync_channel(options.queue_submissions_max);
        let (bell, stopping) = (Arc::new(Bell::default()), Arc::new(AtomicBool::new(false)));
        let incoming = Incoming {
            queue: receiver,
            bell: Arc::clone(&bell),
            stopping: Arc::clone(&stopping),
            taken: 0,
            pace: Pace::default(),
            frame_interval: options.frame_interval,
        };
        let on_fatal = std::mem::replace(&mut options.on_fatal, Box::new(|_| {}));
        let (committer, report) = open(options)?;
        let shared = Arc::clone(committer.shared());
        let thread = std::thread::Builder::new()
            .name("ledger-commit".to_owned())
            .spawn(move || run(committer, incoming, on_fatal))
            .map_err(|source| LedgerError::Thread { source })?;
        let opened = Partition {
            queue,
            bell,
            stopping,
            commit_thread: thread.thread().clone(),
            joined: Mutex::new(Some(thread)),
            shared,
        };
        Ok((opened, report))
    }

    /// Queues a vote. The decision on it comes through its `reply`.
    ///
    /// # Errors
    /// The submission comes back where the queue is full or the partition is stopping: answer 503.
    pub fn submit(&self, submission: Submission<R>) -> Result<(), Submission<R>> {
        self.shared.state.note_submitted();
        match self.queue.try_send(Message::Submit(submission)) {
            Ok(()) => {
                if self.bell.note_queued() {
                    self.commit_thread.unpark();
                }
                Ok(())
            }
            Err(TrySendError::Full(message) | TrySendError::Disconnected(message)) => {
                self.shared.state.note_decided(1);
                match message {
                    Message::Submit(submission) => Err(submission),
                    Message::Stop => panic!("the queue gave back what was not sent"),
                }
            }
        }
    }

    /// Counts attempts that were refused before they reached the ledger. The count goes into the
    /// next frame, or into one of its own within about a second.
    pub fn note_invalid(&self, ballot: Option<u16>, reason: InvalidReason, count: u64) {
        self.shared.invalid.add(ballot, reason, count);
    }

    /// Whether no further submission is taken: it was told to stop, or its commit thread has ended.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Counters, read without a lock.
    pub fn state(&self) -> &PartitionState {
        &self.shared.state
    }

    /// Commits what waits, writes the voted bitsets and stops. Later submissions are refused.
    /// Further calls return at once.
    pub fn shutdown(&self) {
        let thread = self
            .joined
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            self.stopping.store(true, Ordering::Relaxed);
            // A closed queue means that the thread has ended already.
            let _ = self.queue.send(Message::Stop);
            thread
                .join()
                .expect("a panic of the commit thread ends the process");
        }
    }
}

impl<R: Reply> Drop for Partition<R> {
    fn drop(&mut self) {
        self.shutdown();
    }
}

/// What the commit thread does.
fn run<R: Reply>(mut committer: Committer<R>, mut incoming: Incoming<R>, on_fatal: OnFatal) {
    let _guard = AbortOnPanic;
    if let Err(error) = serve(&mut committer, &mut incoming) {
        incoming.stopping.store(true, Ordering::Relaxed);
        on_fatal(&error);
    }
}

/// An invariant that is broken must stop the process, not the commit thread alone: a validator
/// without one would refuse every vote and look alive.
struct AbortOnPanic;

impl Drop for AbortOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            std::process::abort();
        }
    }
}

fn serve<R: Reply>(
    committer: &mut Committer<R>,
    incoming: &mut Incoming<R>,
) -> Result<(), LedgerError> {
    let mut batch = Vec::with_capacity(BATCH_SUBMISSIONS_MAX);
    let mut stopping = false;
    committer.maintain()?;
    let mut began = Instant::now();
    while !stopping {
        stopping = incoming.gather(&mut batch, began);
        began = Instant::now();
        incoming.pace.note_frame(batch.len() as u64);
        committer.step(&mut batch)?;
        committer.maintain()?;
        while committer.is_unsettled() && !stopping {
            std::thread::sleep(SETTLE_PAUSE);
            committer.settle()?;
            stopping = incoming.stopping.load(Ordering::Relaxed);
        }
    }
    finish(committer, incoming, &mut batch)
}

fn finish<R: Reply>(
    committer: &mut Committer<R>,
    incoming: &mut Incoming<R>,
    batch: &mut Vec<Submission<R>>,
) -> Result<(), LedgerError> {
    let deadline = Instant::now() + SETTLE_AT_STOP_MAX;
    loop {
        while !committer.settle()? {
            if Instant::now() >= deadline {
                return committer.close(); // says that it is not known
            }
            std::thread::sleep(SETTLE_PAUSE);
        }
        incoming.drain(batch);
        if !batch.is_empty() {
            committer.step(batch)?;
            continue;
        }
        // What was counted since the last frame goes into one more, whose outcome may have to be waited for, too.
        committer.flush()?;
        if !committer.is_unsettled() {
            return committer.close();
        }
    }
}

/// The commit thread's end of the queue.
struct Incoming<R> {
    queue: Receiver<Message<R>>,
    bell: Arc<Bell>,
    stopping: Arc<AtomicBool>,
    /// Submissions taken from the queue since the start.
    taken: u64,
    pace: Pace,
    frame_interval: Duration,
}

impl<R> Incoming<R> {
    /// Waits for a submission and then, by the rule of [`crate::commit::pace`], for others; takes
    /// all that wait, up to a batch. `began` is when the last frame began. `true` = stop afterwards.
    fn gather(&mut self, batch: &mut Vec<Submission<R>>, began: Instant) -> bool {
        if self.take_first(batch) || self.drain(batch) {
            return true;
        }
        if batch.is_empty() {
            return false; // a second has passed: invalid attempts may want a frame
        }
        let missing = self.pace.enough().saturating_sub(batch.len() as u64);
        if missing > 0 && batch.len() < BATCH_SUBMISSIONS_MAX {
            let deadline = began + self.frame_interval;
            self.bell.rest(self.taken + missing, deadline);
            return self.drain(batch);
        }
        false
    }

    fn take_first(&mut self, batch: &mut Vec<Submission<R>>) -> bool {
        match self.queue.recv_timeout(IDLE_FLUSH) {
            Ok(Message::Submit(submission)) => {
                self.taken += 1;
                batch.push(submission);
                false
            }
            Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => true,
            Err(RecvTimeoutError::Timeout) => false,
        }
    }

    fn drain(&mut self, batch: &mut Vec<Submission<R>>) -> bool {
        while batch.len() < BATCH_SUBMISSIONS_MAX {
            match self.queue.try_recv() {
                Ok(Message::Submit(submission)) => {
                    self.taken += 1;
                    batch.push(submission);
                }
                Ok(Message::Stop) => return true,
                Err(_) => return false,
            }
        }
        false
    }
}
