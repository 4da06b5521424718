//! Keeps the log of one partition: reads every frame that is appended, signs what the owner holds at least every second,
//! asks the witnesses, and shows what they cosigned.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use durable::{OsStorage, replace_file};
use ledger::log::Log;
use ledger::{Cursor, Follower, Item};
use listener::log::Gate;
use tlog::leaf_of;
use tokio::runtime::Handle;
use transparency::{Checkpoint, Note};

use super::asking::Asking;
use super::shelf::{Published, Shelf};
use crate::partitions::{Answer, LogQuestion, Partitions, Place};

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
/// Leaves that are made before they go into the tree.
const LEAVES_AT_ONCE: usize = 256;
/// Time for another owner to tell its checkpoint.
const PATIENCE: Duration = Duration::from_secs(1);
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
    /// Where the checkpoint that is shown rests.
    pub(super) file: PathBuf,
    pub(super) reading: Reading,
    pub(super) signed: Option<Signed>,
    /// Whether this ledger contradicts what was signed of it before, or what too many witnesses know.
    pub(super) is_contradicted: bool,
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
        self.look(Self::restore);
        while !self.stopping.load(Ordering::Relaxed) {
            self.look(|keeper| keeper.step(false));
            let is_owner = self.is_owner();
            std::thread::sleep(if is_owner { LOOK } else { LOOK_BESIDE });
        }
        self.look(|keeper| keeper.step(true));
        self.tell_of_the_end();
    }

    fn look(&mut self, step: impl FnOnce(&mut Keeper) -> Result<()>) {
        if let Err(error) = step(self) {
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
        // Nobody votes before a checkpoint counts, nor on a ledger that is contradicted.
        let is_witnessed = self.shelf.published().is_some() && !self.is_contradicted;
        self.partitions.take_votes(self.partition, is_witnessed);
    }

    /// Nobody else signs in this validator's place: it owns the partition, or nobody does when it ends.
    fn signs(&self, is_last: bool) -> bool {
        match self.partitions.place(self.partition) {
            Place::Here(_) => true,
            Place::Nowhere => is_last,
            Place::There(_) => false,
        }
    }

    fn is_owner(&self) -> bool {
        self.signs(false)
    }

    /// Shows the checkpoint that rests beside the ledger.
    fn restore(&mut self) -> Result<()> {
        if let Some(note) = self.rests()? {
            self.shelf.publish(&note);
        }
        Ok(())
    }

    fn step(&mut self, is_last: bool) -> Result<()> {
        let is_at_end = self.read(is_last)?;
        if !self.signs(is_last) {
            self.reading.sizes.clear();
            return self.learn();
        }
        if is_at_end && !self.reading.is_compared {
            self.compare()?;
            self.reading.is_compared = true;
        }
        let all = self.shelf.tree().size();
        // What another owner signed before is read wholly first.
        if is_at_end || !self.reading.sizes.is_empty() {
            self.reading.note(all);
        }
        match self.wanted(all, is_last) {
            Some(size) if self.reading.is_compared && self.is_due(size, is_last) => self.sign(size),
            _ => Ok(()),
        }
    }

    /// How many frames are to be signed next: none before the empty log counts, unless a witness knows it further.
    fn wanted(&self, all: u64, is_last: bool) -> Option<u64> {
        if self.shelf.published().is_none() && !self.asking.is_known_further() {
            return Some(0);
        }
        if is_last {
            return Some(all);
        }
        self.reading.settled()
    }

    /// Has the owner tell its checkpoint, while this validator knows none: it then knows that the log is witnessed.
    fn learn(&self) -> Result<()> {
        if self.shelf.published().is_some() {
            return Ok(());
        }
        let question = LogQuestion::Checkpoint(self.partition);
        let asking = self
            .partitions
            .ask_owner(self.partition, question, PATIENCE);
        if let Some(Answer::Told(text)) = self.runtime.block_on(asking) {
            self.shelf.publish(&Note::parse(text.as_bytes())?);
        }
        Ok(())
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
        let partition = self.partition;
        let Reading {
            follower, cursor, ..
        } = &mut self.reading;
        let follower = match follower {
            Some(follower) => follower,
            None => follower.insert(Follower::open(&*self.ledger, partition, *cursor)?),
        };
        let mut leaves = Vec::with_capacity(LEAVES_AT_ONCE);
        let mut is_more = true;
        while is_more && leaves.len() < LEAVES_AT_ONCE {
            match follower.next_item()? {
                Some(Item::Frame(frame)) => {
                    let leaf = leaf_of(partition, &frame)?;
                    leaves.push((leaf, frame.cursor()));
                }
                Some(Item::Segment(_)) => {}
                None => is_more = false,
            }
        }
        if !leaves.is_empty() {
            let mut tree = self.shelf.tree_mut();
            for (leaf, read) in leaves {
                tree.append_leaf(&leaf)?;
                *cursor = read;
            }
        }
        Ok(is_more)
    }

    /// The checkpoint that rests beside the ledger, if there is one.
    fn rests(&self) -> Result<Option<Note>> {
        let named = || format!("cannot read {}", self.file.display());
        match std::fs::read(&self.file) {
            Ok(bytes) => Note::parse(&bytes).map(Some).with_context(named),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(named),
        }
    }

    /// Compares the ledger with what was signed of it before.
    ///
    /// # Errors
    /// The ledger is an older copy or another history: nothing more may be signed.
    fn compare(&mut self) -> Result<()> {
        let Some(note) = self.rests()? else {
            return Ok(());
        };
        let Checkpoint { size, root, .. } = Checkpoint::parse(note.text())?;
        let all = self.shelf.tree().size();
        self.is_contradicted = self.shelf.tree().root_at(size)? != Some(root);
        ensure!(
            !self.is_contradicted,
            "its checkpoint was signed of {size} frames, and this ledger of {all} frames does not begin with them: it is an older copy or another history. Nothing is signed and no vote taken; restore the whole data directory from a newer copy, and see docs/rollback.md"
        );
        Ok(())
    }

    fn is_due(&self, now: u64, is_last: bool) -> bool {
        let Some(Signed { size, at, counts }) = &self.signed else {
            return true;
        };
        let wait = match (now > *size, counts) {
            (false, true) if is_last => return false,
            _ if is_last => return true,
            // It was asked for the empty log, and knows a longer one.
            (true, false) if self.asking.is_known_further() => return true,
            (true, _) => SIGN,
            (false, true) => SIGN_AGAIN,
            (false, false) => ASK_AGAIN,
        };
        at.elapsed() >= wait
    }

    fn sign(&mut self, size: u64) -> Result<()> {
        let at = Instant::now();
        let note = self.shelf.sign(size)?;
        let asking = self.asking.ask(&self.shelf, note, size);
        let shown = self.runtime.block_on(asking);
        let counts = shown.is_some();
        self.signed = Some(Signed { size, at, counts });
        if self.asking.is_outvoted() {
            self.is_contradicted = true;
        } else if counts {
            self.is_contradicted = false;
        }
        match shown {
            Some(shown) => self.keep(&shown),
            None => Ok(()),
        }
    }

    fn keep(&self, shown: &Published) -> Result<()> {
        replace_file(&OsStorage, &self.file, shown.note.to_string().as_bytes())
            .with_context(|| format!("cannot write {}", self.file.display()))
    }

    /// What is not covered is not counted: whoever stops the last validator must know.
    fn tell_of_the_end(&self) {
        let frames = self.shelf.tree().size();
        let covered = self.shelf.published().map_or(0, |shown| shown.size());
        if self.signs(true) && covered < frames {
            tracing::error!(
                partition = self.partition,
                frames,
                covered,
                remedy = "start the validator again when enough witnesses answer, and stop it then",
                "the last frames are covered by no checkpoint: no tally counts them"
            );
        }
    }
}
