//! The log as files of a data directory: segments, the sidecar beside them, and what a start does.
//! `docs/ledger.md` gives the bytes, the rules of recovery and what is assumed of disks.

mod begun;
mod find;
mod hold;
mod index;
pub mod layout;
mod mirror;
mod offline;
mod owner;
mod recovery;
mod repair;
mod scan;
mod segments;
mod sidecar;
mod stream;
mod window;
mod witness;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use durable::Storage;

use crate::error::LedgerError;
use crate::format::decoder::Item;
use crate::format::frame::Frame;
use crate::log::{Claim, Lease, LinkStream, Log, Visit};
use begun::{begin, is_begun};
use find::find_frame;
use hold::{Hold, Holds};
use index::FrameIndex;
use offline::read_all;
use owner::FilesLease;
use scan::scan;
use stream::SegmentStream;

pub use mirror::Mirror;
pub use offline::ReadEnd;
pub use repair::{Repair, repair_tail};

/// The log of a ledger directory, for its owner and for readers.
pub struct FilesLog {
    storage: Arc<dyn Storage>,
    ledger_dir: PathBuf,
    /// The data directory around it, which an owner locks.
    data_dir: Option<PathBuf>,
    /// Where frames start, by partition, as far as an owner in this process has seen them.
    indexes: Mutex<BTreeMap<u16, Arc<FrameIndex>>>,
    holds: Holds,
}

/// The ledger of a data directory (`<data>/ledger`), to be owned or read. Nothing is touched yet.
pub fn open(storage: Arc<dyn Storage>, data_dir: &Path) -> FilesLog {
    FilesLog {
        storage,
        ledger_dir: layout::ledger_dir(data_dir),
        data_dir: Some(data_dir.to_path_buf()),
        indexes: Mutex::default(),
        holds: Holds::default(),
    }
}

/// A ledger directory, wherever it was copied to, for reading only.
pub fn open_copy(storage: Arc<dyn Storage>, ledger_dir: &Path) -> FilesLog {
    FilesLog {
        storage,
        ledger_dir: ledger_dir.to_path_buf(),
        data_dir: None,
        indexes: Mutex::default(),
        holds: Holds::default(),
    }
}

impl FilesLog {
    /// Reads all of a partition and hands every item to `visit`, in order; changes nothing. For a
    /// ledger whose validator has stopped; beside a running one, use [`crate::Follower`].
    ///
    /// # Errors
    /// Damage named by file and byte, a frame missing at the end that the sidecar beside the
    /// segments knows voters were answered for, or whatever `visit` returns.
    pub fn read_all<E: From<LedgerError>>(
        &self,
        partition: u16,
        visit: impl FnMut(&Item) -> Result<(), E>,
    ) -> Result<ReadEnd, E> {
        let dir = self.partition_dir(partition);
        read_all(&*self.storage, (&dir, partition), visit)
    }

    /// Hands every valid link to `visit`, whatever the sidecar says. What `visit` finds wrong with
    /// one is reported with its file and byte.
    pub(crate) fn scan(&self, partition: u16, visit: &mut Visit<'_>) -> Result<(), LedgerError> {
        scan(
            &*self.storage,
            &self.partition_dir(partition),
            |item, origin| visit(item).map_err(|defect| origin.refused(defect)),
        )
        .map(drop)
    }

    /// Goes on with a copy of a partition in this data directory, or begins one. What was copied before is verified
    /// whole, and each link of it is handed to `visit`.
    ///
    /// # Errors
    /// Damage, a validator or another mirror that runs there, what `visit` refuses, or the system's.
    pub fn mirror(&self, partition: u16, visit: &mut Visit<'_>) -> Result<Mirror, LedgerError> {
        let (dir, hold) = self.hold_new(partition)?;
        Mirror::open(&self.storage, (dir, hold), partition, visit)
    }

    /// Makes the directory of a partition, where there is none, and takes it.
    fn hold_new(&self, partition: u16) -> Result<(PathBuf, Hold), LedgerError> {
        let (storage, data_dir) = (&*self.storage, self.owned_dir()?);
        let dir = self.partition_dir(partition);
        storage
            .create_dir_all(&dir)
            .map_err(LedgerError::io("create", &dir))?;
        let hold = self.holds.take(storage, data_dir, partition)?;
        Ok((dir, hold))
    }

    /// The data directory, where this ledger may be written.
    fn owned_dir(&self) -> Result<&Path, LedgerError> {
        self.data_dir.as_deref().ok_or(LedgerError::ReadOnly {
            path: self.ledger_dir.clone(),
        })
    }

    fn partition_dir(&self, partition: u16) -> PathBuf {
        self.ledger_dir.join(layout::partition_dir_name(partition))
    }

    fn index(&self, partition: u16) -> Arc<FrameIndex> {
        let mut indexes = self.indexes.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(indexes.entry(partition).or_default())
    }
}

impl Log for FilesLog {
    fn name(&self) -> String {
        self.ledger_dir.display().to_string()
    }

    fn begin(&self, partition: u16) -> Result<(), LedgerError> {
        let (dir, _hold) = self.hold_new(partition)?;
        begin(&*self.storage, &dir, partition)
    }

    fn lease(&self, claim: Claim) -> Result<Box<dyn Lease>, LedgerError> {
        let data_dir = self.owned_dir()?;
        let dir = self.partition_dir(claim.partition);
        if !is_begun(&*self.storage, &dir)? {
            return Err(LedgerError::Missing {
                log: dir.display().to_string(),
            });
        }
        let hold = self.holds.take(&*self.storage, data_dir, claim.partition)?;
        // A new owner reads every frame again.
        let index = Arc::new(FrameIndex::default());
        let mut indexes = self.indexes.lock().unwrap_or_else(PoisonError::into_inner);
        indexes.insert(claim.partition, Arc::clone(&index));
        let storage = Arc::clone(&self.storage);
        Ok(Box::new(FilesLease::new(storage, dir, claim, index, hold)))
    }

    fn read_from(&self, partition: u16, after: u64) -> Result<Box<dyn LinkStream>, LedgerError> {
        let (storage, dir) = (Arc::clone(&self.storage), self.partition_dir(partition));
        Ok(Box::new(SegmentStream::open(storage, &dir, after)?))
    }

    fn frame(&self, partition: u16, sequence: u64) -> Result<Option<Frame>, LedgerError> {
        let start = self.index(partition).locate(sequence);
        find_frame(
            &*self.storage,
            &self.partition_dir(partition),
            sequence,
            start,
        )
    }
}
