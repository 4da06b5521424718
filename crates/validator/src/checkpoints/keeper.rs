//! Keeps the log of one partition: reads every frame that is appended, signs what the owner holds at least every second,
//! asks the witnesses, and shows what they cosigned.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use durable::{OsStorage, replace_file};
use ledger::log::Log;
use ledger::{Cursor, Follower, Item};
use listener::log::Gate;
use tokio::runtime::Handle;
use transparency::{Checkpoint, Note};

use super::asking::Asking;
use super::shelf::Shelf;
use crate::partitions::{Partitions, Place};

/// How often new frames are looked for.
const LOOK: Duration = Duration::from_millis(50);
/// How old a frame is before it is signed. A mirror that is no further behind has everything that witnesses have seen, so
/// that it can go on where the machine is lost.
const SETTLED: Duration = Duration::from_millis(250);
/// The same while another validator owns the partition: what was read need not be read after a takeover.
const LOOK_BESIDE: Duration = Duration::from_secs(1);
/// A log that grows is signed as often: every frame within a second.
const SIGN: Duration = Duration::from_millis(700);
/// Where it does not grow, witnesses say as often that they are there.
const SIGN_AGAIN: Duration = Duration::from_secs(10);
/// Where too few witnesses have cosigned, they are asked again after this.
const ASK_AGAIN: Duration = Duration::from_secs(1);
/// Frames that are read before anybody else may read the tree.
const FRAMES_AT_ONCE: usize = 256;
/// Longest that frames are read before the tree is signed.
const READ_MAX: Duration = Duration::from_millis(500);

/// Lines about logs that cannot be kept, one a second at most.
static FAILURES: Gate = Gate::new();

/// The thread that keeps one log.
pub(super) struct Keeper {
    pub(super) partition: u16,
    pub(super) shelf: Arc<Shelf>,
    pub(super) ledger: Arc<dyn Log>,
    pub(super) partitions: Arc<Partitions>,
    pub(super) asking: Asking,
    pub(super) runtime: Handle,
    pub(super) stopping: Arc<AtomicBool>,
    /// Where the checkpoint that is shown rests; none where the ledger is not in files.
    pub(super) file: Option<PathBuf>,
    pub(super) reading: Reading,
    pub(super) signed: Option<Signed>,
}

/// How far the ledger was read.
#[derive(Default)]
pub(super) struct Reading {
    follower: Option<Follower>,
    cursor: Cursor,
    /// Whether the ledger was compared with the checkpoint that rests beside it.
    is_compared: bool,
    /// How many frames there were when, while this validator owns the partition; the first of them may be signed.
    sizes: VecDeque<(Instant, u64)>,
}

impl Reading {
    /// Notes how many frames there are now.
    fn note(&mut self, size: u64) {
        if self.sizes.back().is_none_or(|(_, last)| *last < size) {
            self.sizes.push_back((Instant::now(), size));
        }
        let is_settled = |(at, _): &(Instant, u64)| at.elapsed() >= SETTLED;
        while self.sizes.get(1).is_some_and(is_settled) {
            self.sizes.pop_front();
        }
    }

    /// How many frames may be signed; none before the ledger was read to its end.
    fn settled(&self) -> Option<u64> {
        self.sizes.front().map(|(_, size)| *size)
    }
}

/// What was signed last, and when.
pub(super) struct Signed {
    size: u64,
    at: Instant,
    /// Whether enough witnesses have cosigned it.
    counts: bool,
}

impl Keeper {
    /// Until told to stop, and then once more to the end.
    pub(super) fn run(mut self) {
        while !self.stopping.load(Ordering::Relaxed) {
            self.look(false);
            let is_owner = self.is_owner();
            std::thread::sleep(if is_owner { LOOK } else { LOOK_BESIDE });
        }
        self.look(true);
    }

    fn look(&mut self, is_last: bool) {
        if let Err(error) = self.step(is_last) {
            self.reading.follower = None;
            let partition = self.partition;
            FAILURES.run(|unsaid| {
                tracing::error!(
                    partition,
                    error = format!("{error:#}"),
                    unsaid,
                    "the ledger's log cannot be kept"
                );
            });
        }
    }

    fn is_owner(&self) -> bool {
        matches!(self.partitions.place(self.partition), Place::Here(_))
    }

    fn step(&mut self, is_last: bool) -> Result<()> {
        let is_at_end = self.read(is_last)?;
        if !self.is_owner() {
            self.reading.sizes.clear();
            return Ok(());
        }
        if is_at_end && !self.reading.is_compared {
            self.compare().inspect_err(|_| self.refuse_votes())?;
            self.reading.is_compared = true;
        }
        let all = self.shelf.tree().size();
        // What another owner signed before is read wholly first.
        if is_at_end || !self.reading.sizes.is_empty() {
            self.reading.note(all);
        }
        let size = if is_last {
            Some(all)
        } else {
            self.reading.settled()
        };
        match size {
            Some(size) if self.reading.is_compared && (self.is_due(size) || is_last) => {
                self.sign(size)
            }
            _ => Ok(()),
        }
    }

    /// Reads what is new, or much of it. Returns whether that is all.
    fn read(&mut self, to_the_end: bool) -> Result<bool> {
        let began = Instant::now();
        while to_the_end || began.elapsed() < READ_MAX {
            if !self.read_some()? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns whether there may be more.
    fn read_some(&mut self) -> Result<bool> {
        let Reading {
            follower, cursor, ..
        } = &mut self.reading;
        let follower = match follower {
            Some(follower) => follower,
            None => follower.insert(Follower::open(&*self.ledger, self.partition, *cursor)?),
        };
        let mut frames = Vec::with_capacity(FRAMES_AT_ONCE);
        let mut is_more = true;
        while is_more && frames.len() < FRAMES_AT_ONCE {
            match follower.next_item()? {
                Some(Item::Frame(frame)) => frames.push(frame),
                Some(Item::Segment(_)) => {}
                None => is_more = false,
            }
        }
        if !frames.is_empty() {
            let mut tree = self.shelf.tree_mut();
            for frame in &frames {
                tree.append(frame)?;
                *cursor = frame.cursor();
            }
        }
        Ok(is_more)
    }

    /// Compares the ledger with what was signed of it before.
    ///
    /// # Errors
    /// The ledger is an older copy or another history: nothing more may be signed.
    fn compare(&self) -> Result<()> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        let named = || file.display().to_string();
        let bytes = match std::fs::read(file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error).with_context(named),
        };
        let note = Note::parse(&bytes).with_context(named)?;
        let Checkpoint { size, root, .. } = Checkpoint::parse(note.text()).with_context(named)?;
        let tree = self.shelf.tree();
        if tree.root_at(size)? == Some(root) {
            return Ok(());
        }
        bail!(
            "{} was signed of {size} frames, and this ledger of {} frames does not begin with them: it is an older copy or another history. Nothing is signed and no vote taken; restore the whole data directory from a newer copy, and see docs/rollback.md",
            file.display(),
            tree.size()
        );
    }

    fn is_due(&self, now: u64) -> bool {
        let Some(Signed { size, at, counts }) = &self.signed else {
            return true;
        };
        let wait = match (now > *size, counts) {
            (true, _) => SIGN,
            (false, true) => SIGN_AGAIN,
            (false, false) => ASK_AGAIN,
        };
        at.elapsed() >= wait
    }

    fn sign(&mut self, size: u64) -> Result<()> {
        let at = Instant::now();
        let mut note = self.shelf.sign(size)?;
        // Where no witness is required, the log's own signature is enough.
        self.shelf.publish(&note);
        self.runtime
            .block_on(self.asking.ask(&self.shelf, &mut note, size));
        let shown = self.shelf.published();
        let counts = shown.is_some_and(|shown| shown.size() == size);
        self.signed = Some(Signed { size, at, counts });
        if self.asking.is_outvoted() {
            self.refuse_votes();
        } else if counts {
            self.partitions.take_votes(self.partition, true);
        }
        if counts {
            self.keep(&note)?;
        }
        Ok(())
    }

    fn refuse_votes(&self) {
        self.partitions.take_votes(self.partition, false);
    }

    fn keep(&self, note: &Note) -> Result<()> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        replace_file(&OsStorage, file, note.to_string().as_bytes())
            .with_context(|| format!("cannot write {}", file.display()))
    }
}
