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
use ledger::{BoxSecretKey, Cursor, Follower, Item, LedgerError, ReadEnd, SegmentHeader};

use crate::inputs::Identity;
use crate::opened::{FrameOpener, OpenedFrame};

/// How often a follower looks for new frames; well below what a reader of results notices.
const POLL: Duration = Duration::from_millis(20);

/// A ledger directory, and the event that its segments must name.
#[derive(Clone)]
pub(crate) struct Directory {
    path: PathBuf,
    identity: Identity,
}

impl Directory {
    pub(crate) fn new(path: &Path, identity: Identity) -> Directory {
        Directory {
            path: path.to_owned(),
            identity,
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

    /// Numbers of the partitions, ascending; at least one.
    pub(crate) fn partitions(&self) -> anyhow::Result<Vec<u16>> {
        let named = || format!("cannot read ledger {}", self.path.display());
        let names = OsStorage.list(&self.path).with_context(named)?;
        let number = |name: &String| -> Option<u16> {
            let number = name.strip_prefix('p')?.parse().ok()?;
            (partition_dir_name(number) == *name).then_some(number)
        };
        let partitions: Vec<u16> = names.iter().filter_map(number).collect();
        if partitions.is_empty() {
            bail!(
                "{} holds no partition (p0000): name the ledger directory of a validator, such as data/ledger",
                self.path.display()
            );
        }
        Ok(partitions)
    }

    /// Hands every frame to `visit`, partition by partition, and tells where each ended. The validator has stopped, or what
    /// it writes meanwhile may look like a torn tail.
    ///
    /// # Errors
    /// Damage named by file and byte, a ledger of another event, choices that do not open, or
    /// whatever `visit` returns.
    pub(crate) fn read(
        &self,
        key: Option<&BoxSecretKey>,
        mut visit: impl FnMut(&OpenedFrame) -> anyhow::Result<()>,
    ) -> anyhow::Result<BTreeMap<u16, ReadEnd>> {
        let (log, mut ends) = (self.log(), BTreeMap::new());
        for partition in self.partitions()? {
            let mut items = Items::new(&self.identity, key);
            let end = log.read_all(partition, |item| {
                if let Some(frame) = items.take(item)? {
                    visit(&frame)?;
                }
                Ok::<(), Interrupted>(())
            });
            let end = end
                .map_err(|Interrupted(error)| error)
                .with_context(|| format!("ledger {}", self.path.display()))?;
            ends.insert(partition, end);
        }
        Ok(ends)
    }

    /// Follows one partition from its start: hands over every frame, and `None` each time nothing
    /// new is there, until `visit` breaks.
    ///
    /// # Errors
    /// As [`Directory::read`].
    pub(crate) fn follow(
        &self,
        partition: u16,
        key: Option<&BoxSecretKey>,
        mut visit: impl FnMut(Option<OpenedFrame>) -> ControlFlow<()>,
    ) -> anyhow::Result<()> {
        let mut items = Items::new(&self.identity, key);
        let mut follower = Follower::open(&self.log(), partition, Cursor::default())?;
        loop {
            let news = match follower.next_item()? {
                Some(item) => match items.take(&item)? {
                    Some(frame) => Some(frame),
                    None => continue,
                },
                None => {
                    std::thread::sleep(POLL);
                    None
                }
            };
            if visit(news).is_break() {
                return Ok(());
            }
        }
    }
}

/// Items of one partition in order, turned into opened frames.
pub(crate) struct Items {
    identity: Identity,
    opener: FrameOpener,
    header: Option<SegmentHeader>,
}

impl Items {
    pub(crate) fn new(identity: &Identity, key: Option<&BoxSecretKey>) -> Items {
        Items {
            identity: identity.clone(),
            opener: FrameOpener::new(key),
            header: None,
        }
    }

    /// The frame that `item` is; none where it begins a segment.
    pub(crate) fn take(&mut self, item: &Item) -> anyhow::Result<Option<OpenedFrame>> {
        match item {
            Item::Segment(header) => {
                self.identity.check(header)?;
                self.header = Some(header.clone());
                Ok(None)
            }
            Item::Frame(frame) => {
                let header = self
                    .header
                    .as_ref()
                    .context("a frame before any segment header")?;
                Ok(Some(self.opener.open(header, frame)?))
            }
        }
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
