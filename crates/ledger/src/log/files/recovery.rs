//! What every start does before it serves: read the whole ledger, refuse damage, cut a torn tail,
//! and make sure that what was read is what the disk holds.

use std::path::{Path, PathBuf};

use durable::{Storage, StorageFile, replace_file};

use crate::error::LedgerError;
use crate::format::decoder::Item;
use crate::log::files::index::{FrameIndex, FrameStart};
use crate::log::files::layout::{lock_file, prepared_file, torn_file};
use crate::log::files::scan::{LastSegment, Scanned, scan};
use crate::log::files::sidecar::Sidecar;
use crate::log::files::witness::Witness;
use crate::log::{TornTail, Visit};

/// What the owner starts from.
pub(crate) struct Recovered {
    pub(crate) scanned: Scanned,
    pub(crate) sidecar: Sidecar,
    pub(crate) sidecar_damaged: bool,
    /// Where what was cut is kept.
    pub(crate) kept: Option<PathBuf>,
}

/// Recovers the ledger of a partition's directory, which exists; the caller holds the lock.
pub(crate) fn recover(
    storage: &dyn Storage,
    dir: &Path,
    partition: u16,
    index: &FrameIndex,
    visit: &mut Visit<'_>,
) -> Result<Recovered, LedgerError> {
    let mut witness = Witness::read(storage, dir)?;
    let scanned = scan(storage, dir, |item, origin| {
        if let Item::Frame(frame) = item {
            index.add(FrameStart {
                sequence: frame.header.sequence,
                segment: origin.segment,
                offset: origin.offset,
            });
            witness.see(frame);
        }
        visit(item).map_err(|defect| origin.refused(defect))
    })?;
    witness.judge(dir, &scanned)?;
    let kept = match &scanned.last {
        Some(last) => make_stable(storage, dir, last, scanned.torn.as_ref())?,
        None => None,
    };
    remove_prepared(storage, dir)?;
    let sidecar = Sidecar::create(storage, dir, partition, scanned.cursor)?;
    Ok(Recovered {
        scanned,
        sidecar,
        sidecar_damaged: witness.is_damaged(),
        kept,
    })
}

/// Cuts what stands behind the last frame (a torn write, or reserved space) and puts the last frame
/// on the disk: what recovery read may have come from the page cache only, where a failed fsync
/// left it marked clean. Earlier frames were synced before the last one was written. Returns where a
/// torn write is kept.
pub(crate) fn make_stable(
    storage: &dyn Storage,
    dir: &Path,
    last: &LastSegment,
    torn: Option<&TornTail>,
) -> Result<Option<PathBuf>, LedgerError> {
    let path = &last.path;
    let mut file = storage.open(path).map_err(LedgerError::io("open", path))?;
    let kept = match torn {
        Some(torn) => Some(keep(storage, &mut *file, torn)?),
        None => None,
    };
    if last.file_bytes > last.valid_bytes {
        file.truncate(last.valid_bytes)
            .map_err(LedgerError::io("cut", path))?;
    }
    // A segment without a frame: its header.
    let from = last.last_frame.unwrap_or(0);
    let length = usize::try_from(last.valid_bytes - from);
    let mut bytes = vec![0; length.expect("one link, at most 8 MiB")];
    let read = file
        .read_at(from, &mut bytes)
        .map_err(LedgerError::io("read", path))?;
    assert!(
        read == bytes.len(),
        "the scan has just read these bytes and nobody else writes"
    );
    #[cfg(test)]
    if crate::sabotage::is(crate::sabotage::Sabotage::TrustPageCache) {
        bytes.clear();
    }
    file.write_at(from, &bytes)
        .map_err(LedgerError::io("rewrite", path))?;
    file.fdatasync().map_err(LedgerError::sync(path))?;
    storage.fsync_dir(dir).map_err(LedgerError::sync(dir))?;
    Ok(kept)
}

/// Copies what will be cut into a file of its own, stably. Reserved space behind it is given back first,
/// so that there is room for the copy.
fn keep(
    storage: &dyn Storage,
    file: &mut dyn StorageFile,
    torn: &TornTail,
) -> Result<PathBuf, LedgerError> {
    let path = torn_file(&torn.path, torn.offset);
    let length = usize::try_from(torn.bytes).expect("no longer than a segment");
    file.truncate(torn.offset + torn.bytes)
        .map_err(LedgerError::io("cut", &torn.path))?;
    let mut bytes = vec![0; length];
    let read = file
        .read_at(torn.offset, &mut bytes)
        .map_err(LedgerError::io("read", &torn.path))?;
    bytes.truncate(read);
    replace_file(storage, &path, &bytes).map_err(LedgerError::io("write", &path))?;
    Ok(path)
}

/// A segment that was being prepared has no frames.
fn remove_prepared(storage: &dyn Storage, dir: &Path) -> Result<(), LedgerError> {
    let path = prepared_file(dir);
    match storage.remove(&path) {
        Ok(()) => storage.fsync_dir(dir).map_err(LedgerError::sync(dir)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(LedgerError::io("remove", &path)(error)),
    }
}

/// Takes the one lock of a data directory.
pub(crate) fn lock(
    storage: &dyn Storage,
    data_dir: &Path,
) -> Result<Box<dyn durable::StorageLock>, LedgerError> {
    let path = lock_file(data_dir);
    storage
        .lock_exclusive(&path)
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::WouldBlock => LedgerError::Locked { path },
            _ => LedgerError::io("lock", &path)(error),
        })
}
