//! A ledger on this machine's disk: read whole, offline, or followed beside a running validator.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use durable::{OsStorage, Storage};
use ledger::layout::{checkpoint_file, partition_dir_name};
use ledger::log::files::{self, FilesLog};
use ledger::{Cursor, Follower, Item, LedgerError, ReadEnd};
use transparency::NOTE_BYTES_MAX;

use crate::covered::Covered;
use crate::gate::{Gate, Gates};
use crate::news::News;
use crate::package_roll::PackageRoll;
use crate::reading::{Fact, Reading};
use crate::release::MaskHand;

/// How often a follower looks for new frames; well below what a reader of results notices.
const POLL: Duration = Duration::from_millis(20);
/// How often a follower that has frames to read looks for a newer checkpoint.
const LOOK: Duration = Duration::from_secs(1);

/// A ledger directory, and the package of the event that its segments must name.
#[derive(Clone)]
pub(crate) struct Directory {
    path: PathBuf,
    package: Arc<PackageRoll>,
}

/// Where reading a whole ledger ended, by partition.
#[derive(Default)]
pub(crate) struct Ends {
    /// Of the frames that are there.
    pub(crate) read: BTreeMap<u16, ReadEnd>,
    /// Of those that are covered; empty where the event names no log.
    pub(crate) covered: Vec<Covered>,
}

/// What a follower of one partition hears.
pub(crate) enum Heard<'a> {
    /// What may be counted next.
    Item(&'a Item),
    /// Nothing is new now, but log and witnesses have signed more than is here, or nothing yet.
    Waiting,
    /// Nothing is new now, and all that is known to be signed was handed over.
    CaughtUp {
        /// Sequence of the last frame that was read.
        read: u64,
    },
}

impl Directory {
    pub(crate) fn new(path: &Path, package: &Arc<PackageRoll>) -> Directory {
        Directory {
            path: path.to_owned(),
            package: Arc::clone(package),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The validator's data directory; none where this is a ledger copied elsewhere.
    pub(crate) fn data_dir(&self) -> Option<&Path> {
        let is_ledger = self.path.file_name() == Some("ledger".as_ref());
        self.path.parent().filter(|_| is_ledger)
    }

    /// The ledger in this directory, for reading.
    pub(crate) fn log(&self) -> FilesLog {
        files::open_copy(Arc::new(OsStorage), &self.path)
    }

    /// Numbers of the partitions, ascending: those that the package says, no fewer and no more.
    pub(crate) fn partitions(&self) -> anyhow::Result<Vec<u16>> {
        let named = || format!("cannot read ledger {}", self.path.display());
        let names = OsStorage.list(&self.path).with_context(named)?;
        let number = |name: &String| -> Option<u16> {
            let number = name.strip_prefix('p')?.parse().ok()?;
            (partition_dir_name(number) == *name).then_some(number)
        };
        let mut partitions: Vec<u16> = names.iter().filter_map(number).collect();
        partitions.sort_unstable();
        if partitions.is_empty() {
            bail!(
                "{} holds no partition (p0000): name the ledger directory of a validator, such as data/ledger",
                self.path.display()
            );
        }
        let expected = self.package.partitions();
        if partitions != expected {
            bail!(
                "{} holds partitions {partitions:?}, the package says that the ledger has {expected:?}: copy all of them",
                self.path.display()
            );
        }
        Ok(partitions)
    }

    /// Hands everything that the ledger tells to `visit`, partition by partition, and tells where each
    /// ended. The validator has stopped, or what it writes meanwhile may look like a torn tail.
    ///
    /// # Errors
    /// Damage named by file and byte, a ledger of another event, choices that do not open, a ledger that
    /// is not the one which log and witnesses signed, or whatever `visit` returns.
    pub(crate) fn read(
        &self,
        hand: Option<&MaskHand>,
        visit: impl FnMut(&Fact) -> anyhow::Result<()>,
    ) -> anyhow::Result<Ends> {
        self.read_until(hand, visit, Reading::check_end)
    }

    /// The same beside a validator and a count hand that go on: what is not released yet is left out, as a follower
    /// leaves it out.
    ///
    /// # Errors
    /// As [`Directory::read`], but of missing releases only where their file is missing, too.
    pub(crate) fn read_so_far(
        &self,
        hand: Option<&MaskHand>,
        visit: impl FnMut(&Fact) -> anyhow::Result<()>,
    ) -> anyhow::Result<Ends> {
        self.read_until(hand, visit, Reading::check_file)
    }

    /// `check` looks at each partition's reading when it is at its end.
    fn read_until(
        &self,
        hand: Option<&MaskHand>,
        mut visit: impl FnMut(&Fact) -> anyhow::Result<()>,
        check: impl Fn(&mut Reading) -> anyhow::Result<()>,
    ) -> anyhow::Result<Ends> {
        let gates = Gates::open(&self.package)?;
        let mut ends = Ends::default();
        for partition in self.partitions()? {
            let mut reading = Reading::new(&self.package, partition, hand);
            let (end, covered) = self.read_items(partition, gates.gate(partition), |item| {
                reading.take(item)?.iter().try_for_each(&mut visit)
            })?;
            for fact in reading.released()? {
                visit(&fact)?;
            }
            check(&mut reading)?;
            ends.read.insert(partition, end);
            ends.covered.extend(covered);
        }
        Ok(ends)
    }

    /// Hands every verified item of a partition that passes the gate to `visit`, and tells where it ended.
    ///
    /// # Errors
    /// Damage named by file and byte, no sound checkpoint where there must be one, another ledger than the one
    /// that log and witnesses signed, or whatever `visit` returns.
    pub(crate) fn read_items(
        &self,
        partition: u16,
        mut gate: Gate,
        mut visit: impl FnMut(&Item) -> anyhow::Result<()>,
    ) -> anyhow::Result<(ReadEnd, Option<Covered>)> {
        self.take_checkpoint(partition, &mut gate)?;
        let named = || format!("ledger {}", self.path.display());
        let end = loop {
            let end = self.log().read_all(partition, |item| {
                if !gate.is_shut() {
                    return visit(item).map_err(Interrupted);
                }
                gate.take(item.clone())?;
                while let Some(item) = gate.next() {
                    visit(&item)?;
                }
                Ok(())
            });
            let end = end
                .map_err(|Interrupted(error)| error)
                .with_context(named)?;
            // Frames that were let go before the root over them was known are read again.
            if gate.rewind().is_none() {
                break end;
            }
        };
        let covered = gate.end().with_context(named)?;
        Ok((end, covered))
    }

    /// Follows one partition from its start: hands every verified item that passes the gate to `visit`, and
    /// says so each time nothing new is there, until it breaks.
    ///
    /// # Errors
    /// As [`Directory::read_items`], but a checkpoint that is missing or no use is waited for.
    pub(crate) fn follow_items(
        &self,
        partition: u16,
        mut gate: Gate,
        mut visit: impl FnMut(Heard<'_>) -> anyhow::Result<ControlFlow<()>>,
    ) -> anyhow::Result<()> {
        let mut follower = Follower::open(&self.log(), partition, Cursor::default())?;
        let mut looked: Option<Instant> = None;
        loop {
            let item = follower.next_item()?;
            let is_idle = item.is_none();
            if let Some(item) = item {
                gate.take(item)?;
            }
            if is_idle || looked.is_none_or(|looked| looked.elapsed() > LOOK) {
                self.offer_checkpoint(partition, &mut gate, looked.is_none())?;
                looked = Some(Instant::now());
            }
            while let Some(item) = gate.next() {
                if visit(Heard::Item(&item))?.is_break() {
                    return Ok(());
                }
            }
            if let Some(cursor) = gate.rewind() {
                follower = Follower::open(&self.log(), partition, cursor)?;
            } else if is_idle {
                std::thread::sleep(POLL);
                let heard = match gate.is_current() {
                    true => Heard::CaughtUp { read: gate.read() },
                    false => Heard::Waiting,
                };
                if visit(heard)?.is_break() {
                    return Ok(());
                }
            }
        }
    }

    /// Follows one partition from its start: hands over everything that it tells, and that it has caught up each
    /// time nothing new is there, until `visit` breaks.
    ///
    /// # Errors
    /// As [`Directory::follow_items`], and those of [`Reading::take`].
    pub(crate) fn follow(
        &self,
        partition: u16,
        (hand, gate): (Option<&MaskHand>, Gate),
        mut visit: impl FnMut(News) -> ControlFlow<()>,
    ) -> anyhow::Result<()> {
        let mut reading = Reading::new(&self.package, partition, hand);
        self.follow_items(partition, gate, |heard| {
            let (facts, caught_up) = match heard {
                Heard::Item(item) => (reading.take(item)?, None),
                Heard::Waiting => (reading.released()?, None),
                Heard::CaughtUp { read } => (
                    reading.released()?,
                    Some(News::CaughtUp { partition, read }),
                ),
            };
            let mut told = facts.into_iter().map(News::Fact).chain(caught_up);
            Ok(told.try_for_each(&mut visit))
        })
    }

    /// Checks that each partition has a checkpoint of which the policy thinks enough, where the event names a log.
    ///
    /// # Errors
    /// The first partition that has none.
    pub(crate) fn check_checkpoints(&self) -> anyhow::Result<()> {
        let gates = Gates::open(&self.package)?;
        let each = self.partitions()?.into_iter();
        each.into_iter()
            .try_for_each(|partition| self.take_checkpoint(partition, &mut gates.gate(partition)))
    }

    /// Where the newest checkpoint of a partition lies.
    fn checkpoint_file(&self, partition: u16) -> PathBuf {
        checkpoint_file(&self.path.join(partition_dir_name(partition)))
    }

    /// The newest checkpoint of a partition, as it lies there; none where there is none.
    fn read_checkpoint(&self, partition: u16) -> anyhow::Result<Option<Vec<u8>>> {
        let path = self.checkpoint_file(partition);
        let named = || format!("cannot read {}", path.display());
        let file = match File::open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            opened => opened.with_context(named)?,
        };
        // One byte more than a note has, which its reader refuses.
        let mut file = file.take(NOTE_BYTES_MAX as u64 + 1);
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).with_context(named)?;
        Ok(Some(bytes))
    }

    /// Gives the gate the checkpoint of a ledger that was copied.
    fn take_checkpoint(&self, partition: u16, gate: &mut Gate) -> anyhow::Result<()> {
        if !gate.is_shut() {
            return Ok(());
        }
        let path = self.checkpoint_file(partition);
        let bytes = self.read_checkpoint(partition)?.with_context(|| {
            format!(
                "there is no checkpoint {}: a ledger of this event is counted as far as its log and witnesses have signed it, and no further; copy that file from the validator's data directory too, as `tally mirror` does",
                path.display()
            )
        })?;
        let taken = gate.checkpoint(&bytes);
        taken.with_context(|| format!("nothing is counted: checkpoint {}", path.display()))
    }

    /// Gives the gate the checkpoint of a ledger that grows, if there is one.
    fn offer_checkpoint(
        &self,
        partition: u16,
        gate: &mut Gate,
        is_first: bool,
    ) -> anyhow::Result<()> {
        if !gate.is_shut() {
            return Ok(());
        }
        match self.read_checkpoint(partition)? {
            Some(bytes) => gate.offer(&bytes)?,
            None if is_first => {
                let path = self.checkpoint_file(partition);
                tracing::warn!(path = %path.display(), "waiting for the first checkpoint");
            }
            None => {}
        }
        Ok(())
    }
}

/// Carries our own errors through the ledger's reader.
struct Interrupted(anyhow::Error);

impl From<LedgerError> for Interrupted {
    fn from(error: LedgerError) -> Interrupted {
        Interrupted(error.into())
    }
}

impl From<anyhow::Error> for Interrupted {
    fn from(error: anyhow::Error) -> Interrupted {
        Interrupted(error)
    }
}
