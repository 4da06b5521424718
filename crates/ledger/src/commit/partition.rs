//! A running partition: the commit thread around the [`Committer`], and the queue in front of it.
//!
//! The queue is the standard library's bounded channel: a submission costs a slot in a ring and,
//! only where the commit thread waits for one, one wake-up. While an fsync runs, or the thread rests
//! between two frames, it does not wait on the queue, so under load nobody makes a system call per
//! vote.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use durable::{Clock, Storage};

use crate::commit::committer::{Committer, Shared};
use crate::commit::state::PartitionState;
use crate::decide::submission::{Reply, Submission};
use crate::error::LedgerError;
use crate::format::body::InvalidReason;
use crate::format::entropy::{Entropy, SystemEntropy};
use crate::format::limits::BATCH_SUBMISSIONS_MAX;
use crate::format::receipt::{Receipt, RequestId};
use crate::format::shape::Shape;
use crate::log::files::recovery::RecoveryReport;
use crate::log::files::stream::SegmentStream;

/// Invalid attempts wait no longer than this for a frame.
const IDLE_FLUSH: Duration = Duration::from_secs(1);

/// What happens when the ledger must not go on. The process has to end: nothing that was queued
/// is answered, and the next start recovers.
pub type OnFatal = Box<dyn FnOnce(&LedgerError) + Send>;

/// Told once when the disk is full, with the file that found no room: votes are refused, or will be
/// when the open segment is full. Told `None` when there is room again; nobody has to restart anything.
pub type OnFull = Box<dyn FnMut(Option<&LedgerError>) + Send>;

/// How a partition runs. The defaults are right for one machine.
pub struct Options {
    /// Which partition of the event; 0 where there is one.
    pub partition: u16,
    /// Submissions that may wait; one more is refused.
    pub queue_submissions_max: usize,
    /// Size at which a segment is closed and the next one begun, in bytes.
    pub segment_bytes: u64,
    /// Least time between the beginnings of two frames. A frame costs system calls, interrupts and
    /// changes of thread whatever it holds; where the disk is faster than this, votes that arrive
    /// meanwhile share one. A vote that comes after a pause does not wait.
    pub frame_interval: Duration,
    /// Votes between two snapshots of the voted bitsets.
    pub snapshot_votes: u64,
    /// Where content keys and trackers come from.
    pub entropy: Box<dyn Entropy>,
    /// Called once, on the commit thread; the default prints the error and aborts the process.
    pub on_fatal: OnFatal,
    /// Called on the commit thread; the default prints.
    pub on_full: OnFull,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            partition: 0,
            queue_submissions_max: 16_384,
            segment_bytes: 64 << 20,
            frame_interval: Duration::from_micros(500),
            snapshot_votes: 1_000_000,
            entropy: Box::new(SystemEntropy),
            on_fatal: Box::new(abort),
            on_full: Box::new(print_full),
        }
    }
}

/// Ends the process without running destructors: whatever they would write must not be written.
fn abort(error: &LedgerError) {
    eprintln!("fatal: {error}; stopping at once, start again to recover the ledger");
    std::process::abort();
}

fn print_full(full: Option<&LedgerError>) {
    match full {
        Some(error) => eprintln!("the disk is full: {error}; free space, no restart is needed"),
        None => eprintln!("there is room on the disk again"),
    }
}

enum Message<R> {
    Submit(Submission<R>),
    Stop,
}

/// One partition of the ledger, open for votes.
pub struct Partition<R: Reply> {
    queue: SyncSender<Message<R>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    shared: Arc<Shared>,
    storage: Arc<dyn Storage>,
    data_dir: PathBuf,
    partition: u16,
}

impl<R: Reply> Partition<R> {
    /// Recovers the ledger under `data_dir`, or begins it, and starts its commit thread. The data
    /// directory is locked until the partition is dropped.
    ///
    /// # Errors
    /// Another owner, another event, damage, or the system's. Damage is named by file and byte and
    /// nothing is changed.
    pub fn open(
        storage: Arc<dyn Storage>,
        clock: Arc<dyn Clock>,
        data_dir: &Path,
        shape: Shape,
        options: Options,
    ) -> Result<(Partition<R>, RecoveryReport), LedgerError> {
        let partition = options.partition;
        let frame_interval = options.frame_interval;
        let (queue, receiver) = sync_channel(options.queue_submissions_max);
        let (committer, on_fatal, report) =
            Committer::open(Arc::clone(&storage), clock, data_dir, shape, options)?;
        let shared = Arc::clone(committer.shared());
        let thread = std::thread::Builder::new()
            .name("ledger-commit".to_owned())
            .spawn(move || run(committer, &receiver, frame_interval, on_fatal))
            .map_err(|source| LedgerError::Thread { source })?;
        let opened = Partition {
            queue,
            thread: Mutex::new(Some(thread)),
            shared,
            storage,
            data_dir: data_dir.to_path_buf(),
            partition,
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
            Ok(()) => Ok(()),
            Err(TrySendError::Full(message) | TrySendError::Disconnected(message)) => {
                self.shared.state.note_decided(1);
                match message {
                    Message::Submit(submission) => Err(submission),
                    // Not sent here; a stop has nothing to give back.
                    Message::Stop => Ok(()),
                }
            }
        }
    }

    /// Counts an attempt that was refused before it reached the ledger. The count goes into the
    /// next frame, or into one of its own within about a second.
    pub fn note_invalid(&self, ballot: Option<u16>, reason: InvalidReason) {
        self.shared.invalid.add(ballot, reason, 1);
    }

    /// Counters, read without a lock.
    pub fn state(&self) -> &PartitionState {
        &self.shared.state
    }

    /// The bytes of this ledger behind frame `after`, as they become durable.
    ///
    /// # Errors
    /// See [`SegmentStream::open`].
    pub fn stream(&self, after: u64) -> Result<SegmentStream, LedgerError> {
        let dir = crate::log::files::layout::partition_dir(&self.data_dir, self.partition);
        SegmentStream::open(Arc::clone(&self.storage), &dir, after)
    }

    /// Looks a request id up; `None` where no such vote is recorded.
    ///
    /// # Errors
    /// The segment cannot be read or is damaged.
    pub fn find_receipt(&self, id: &RequestId) -> Result<Option<Receipt>, LedgerError> {
        if id.partition != self.partition || id.sequence > self.shared.state.last_sequence() {
            return Ok(None);
        }
        let dir = crate::log::files::layout::partition_dir(&self.data_dir, self.partition);
        let start = self.shared.index.locate(id.sequence);
        crate::replay::lookup::find_from(&*self.storage, &dir, id, start)
    }

    /// Commits what waits, writes the voted bitsets and stops. Later submissions are refused.
    /// Further calls return at once.
    pub fn shutdown(&self) {
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            // A closed queue means that the thread has ended already.
            let _ = self.queue.send(Message::Stop);
            // A panic of the thread was printed by the panic hook.
            let _ = thread.join();
        }
    }
}

impl<R: Reply> Drop for Partition<R> {
    fn drop(&mut self) {
        self.shutdown();
    }
}

/// The commit thread.
fn run<R: Reply>(
    mut committer: Committer<R>,
    queue: &Receiver<Message<R>>,
    frame_interval: Duration,
    on_fatal: OnFatal,
) {
    let mut batch = Vec::with_capacity(BATCH_SUBMISSIONS_MAX);
    let mut stopping = false;
    if let Err(error) = committer.maintain() {
        on_fatal(&error);
        return;
    }
    let mut began = Instant::now();
    while !stopping {
        stopping = fill(queue, &mut batch);
        let rest = frame_interval.saturating_sub(began.elapsed());
        if !rest.is_zero() && !stopping && batch.len() < BATCH_SUBMISSIONS_MAX {
            std::thread::sleep(rest);
            stopping = drain(queue, &mut batch);
        }
        began = Instant::now();
        let committed = committer
            .step(&mut batch)
            .and_then(|()| committer.maintain());
        if let Err(error) = committed {
            on_fatal(&error);
            return;
        }
    }
    if let Err(error) = finish(&mut committer, queue, &mut batch) {
        on_fatal(&error);
    }
}

/// Waits for a submission, then takes all that wait, up to a batch. `true` = stop afterwards.
fn fill<R>(queue: &Receiver<Message<R>>, batch: &mut Vec<Submission<R>>) -> bool {
    match queue.recv_timeout(IDLE_FLUSH) {
        Ok(Message::Submit(submission)) => batch.push(submission),
        Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return true,
        Err(RecvTimeoutError::Timeout) => return false,
    }
    drain(queue, batch)
}

fn drain<R>(queue: &Receiver<Message<R>>, batch: &mut Vec<Submission<R>>) -> bool {
    while batch.len() < BATCH_SUBMISSIONS_MAX {
        match queue.try_recv() {
            Ok(Message::Submit(submission)) => batch.push(submission),
            Ok(Message::Stop) => return true,
            Err(_) => return false,
        }
    }
    false
}

fn finish<R: Reply>(
    committer: &mut Committer<R>,
    queue: &Receiver<Message<R>>,
    batch: &mut Vec<Submission<R>>,
) -> Result<(), LedgerError> {
    loop {
        drain(queue, batch);
        if batch.is_empty() {
            return committer.close();
        }
        committer.step(batch)?;
    }
}
