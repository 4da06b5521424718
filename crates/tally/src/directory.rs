//! A ledger on this machine's disk: read whole, offline, or followed beside a running validator.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use durable::{OsStorage, Storage};
use ledger::layout::partition_dir_name;
use ledger::log::files::{self, FilesLog};
use ledger::{Cursor, Follower, Item, LedgerError, ReadEnd};

use crate::package_roll::PackageRoll;
use crate::reading::{Fact, Reading};
use crate::release::MaskHand;

/// How often a follower looks for new frames; well below what a reader of results notices.
const POLL: Duration = Duration::from_millis(20);

/// A ledger directory, and the package of the event that its segments must name.
#[derive(Clone)]
pub(crate) struct Directory {
    path: PathBuf,
    package: Arc<PackageRoll>,
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
    /// Damage named by file and byte, a ledger of another event, choices that do not open, or
    /// whatever `visit` returns.
    pub(crate) fn read(
        &self,
        hand: Option<&MaskHand>,
        mut visit: impl FnMut(&Fact) -> anyhow::Result<()>,
    ) -> anyhow::Result<BTreeMap<u16, ReadEnd>> {
        let mut ends = BTreeMap::new();
        for partition in self.partitions()? {
            let mut reading = Reading::new(&self.package, partition, hand);
            let end = self.read_items(partition, |item| {
                reading.take(item)?.iter().try_for_each(&mut visit)
            })?;
            for fact in reading.released()? {
                visit(&fact)?;
            }
            reading.check_end()?;
            ends.insert(partition, end);
        }
        Ok(ends)
    }

    /// Hands every verified item of a partition to `visit`, and tells where it ended.
    ///
    /// # Errors
    /// Damage named by file and byte, or whatever `visit` returns.
    pub(crate) fn read_items(
        &self,
        partition: u16,
        mut visit: impl FnMut(&Item) -> anyhow::Result<()>,
    ) -> anyhow::Result<ReadEnd> {
        let end = self
            .log()
            .read_all(partition, |item| visit(item).map_err(Interrupted));
        end.map_err(|Interrupted(error)| error)
            .with_context(|| format!("ledger {}", self.path.display()))
    }

    /// Follows one partition from its start: hands every verified item to `visit`, and `None` each time
    /// nothing new is there, until it breaks.
    ///
    /// # Errors
    /// As [`Directory::read_items`].
    pub(crate) fn follow_items(
        &self,
        partition: u16,
        mut visit: impl FnMut(Option<&Item>) -> anyhow::Result<ControlFlow<()>>,
    ) -> anyhow::Result<()> {
        let mut follower = Follower::open(&self.log(), partition, Cursor::default())?;
        loop {
            let item = follower.next_item()?;
            if item.is_none() {
                std::thread::sleep(POLL);
            }
            if visit(item.as_ref())?.is_break() {
                return Ok(());
            }
        }
    }

    /// Follows one partition from its start: hands over everything that it tells, and `None` each
    /// time nothing new is there, until `visit` breaks.
    ///
    /// # Errors
    /// As [`Directory::read`].
    pub(crate) fn follow(
        &self,
        partition: u16,
        hand: Option<&MaskHand>,
        mut visit: impl FnMut(Option<Fact>) -> ControlFlow<()>,
    ) -> anyhow::Result<()> {
        let mut reading = Reading::new(&self.package, partition, hand);
        self.follow_items(partition, |item| {
            let (facts, caught_up) = match item {
                Some(item) => (reading.take(item)?, None),
                None => (reading.released()?, Some(None)),
            };
            let mut told = facts.into_iter().map(Some).chain(caught_up);
            Ok(told.try_for_each(&mut visit))
        })
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
