//! The hold on a data directory: one process has it, for as many partitions as it owns there.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use durable::{Storage, StorageLock};

use crate::error::LedgerError;
use crate::log::files::recovery::lock;

/// What this process holds of a directory, if anything.
#[derive(Default)]
pub(crate) struct Holds(Mutex<Weak<Locked>>);

/// The locked directory, and the partitions of it that somebody holds.
struct Locked {
    partitions: Mutex<BTreeSet<u16>>,
    /// Never asked for; the mutex lets leases of several threads share it.
    _lock: Mutex<Box<dyn StorageLock>>,
}

/// One partition is held until this is dropped; the directory stays locked until the last one is.
pub(crate) struct Hold {
    partition: u16,
    locked: Arc<Locked>,
}

impl Holds {
    /// Takes a partition of a directory.
    ///
    /// # Errors
    /// [`LedgerError::Locked`] where another process has the directory, or this one the partition; the system's.
    pub(crate) fn take(
        &self,
        storage: &dyn Storage,
        data_dir: &Path,
        partition: u16,
    ) -> Result<Hold, LedgerError> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let locked = match known.upgrade() {
            Some(locked) => locked,
            None => Arc::new(Locked {
                partitions: Mutex::default(),
                _lock: Mutex::new(lock(storage, data_dir)?),
            }),
        };
        *known = Arc::downgrade(&locked);
        let is_free = locked.partitions().insert(partition);
        if is_free {
            Ok(Hold { partition, locked })
        } else {
            Err(LedgerError::Locked {
                path: data_dir.to_path_buf(),
            })
        }
    }
}

impl Locked {
    fn partitions(&self) -> MutexGuard<'_, BTreeSet<u16>> {
        self.partitions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.locked.partitions().remove(&self.partition);
    }
}
