//! What every start does before it serves: read the whole ledger, refuse damage, cut a torn tail,
//! make sure that what was read is what the disk holds, rebuild the voted bitsets.

use std::path::{Path, PathBuf};

use durable::Storage;

use crate::decide::voted::Voted;
use crate::error::LedgerError;
use crate::format::chain::{Cursor, LinkHash};
use crate::format::decoder::Item;
use crate::format::frame::Frame;
use crate::format::shape::Shape;
use crate::log::files::index::{FrameIndex, FrameStart};
use crate::log::files::layout::{lock_file, partition_dir, prepared_file};
use crate::log::files::scan::{LastSegment, Origin, Scanned, scan};
use crate::log::files::sidecar::Sidecar;
use crate::log::files::witness::Witness;
use crate::replay::restore::Restored;

/// What a start found and did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecoveryReport {
    /// Segments found.
    pub segments: u64,
    /// Frames found, each verified.
    pub frames: u64,
    /// Number of this start, from 1.
    pub epoch: u32,
    /// The last frame.
    pub last: Cursor,
    /// What was cut from the end of the ledger.
    pub torn_tail: Option<TornTail>,
    /// Whether the sidecar was damaged while the ledger was whole; it was rewritten.
    pub sidecar_damaged: bool,
    /// Bitsets taken from snapshots; the others were replayed from nothing.
    pub snapshots_used: u64,
    /// Snapshots that could not be used, and why.
    pub snapshots_refused: Vec<String>,
    /// Frames replayed into bitsets.
    pub replayed: u64,
}

/// The end of the last segment, cut because a crash tore the write of a frame nobody was told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TornTail {
    /// The segment.
    pub path: PathBuf,
    /// Where the valid frames end.
    pub offset: u64,
    /// Bytes cut, up to the last that was not zero.
    pub bytes: u64,
}

/// What the committer starts from.
pub(crate) struct Recovered {
    pub(crate) voted: Voted,
    pub(crate) index: FrameIndex,
    pub(crate) cursor: Cursor,
    pub(crate) link: LinkHash,
    pub(crate) time_ms: i64,
    pub(crate) epoch: u32,
    pub(crate) next_segment: u32,
    pub(crate) sidecar: Sidecar,
    pub(crate) report: RecoveryReport,
}

/// Where a ledger lies and what it must be.
pub(crate) struct Site<'a> {
    pub(crate) storage: &'a dyn Storage,
    pub(crate) data_dir: &'a Path,
    pub(crate) shape: &'a Shape,
    pub(crate) partition: u16,
}

/// A scan with its replay.
struct Replay {
    scanned: Scanned,
    voted: Voted,
    index: FrameIndex,
    replayed: u64,
    witness: Witness,
    /// A snapshot named a frame that the ledger does not have.
    contradicted: bool,
}

/// Recovers the ledger of `site`; the caller holds the lock.
pub(crate) fn recover(site: &Site<'_>) -> Result<Recovered, LedgerError> {
    let dir = partition_dir(site.data_dir, site.partition);
    let witness = Witness::read(site.storage, &dir)?;
    let Site {
        storage,
        data_dir,
        shape,
        partition,
    } = *site;
    let mut restored = Restored::read(storage, data_dir, shape, partition)?;
    let mut replay = site.replay(&dir, &restored, witness)?;
    if replay.contradicted {
        let refused = std::mem::take(&mut restored.refused);
        restored = Restored::nothing(shape, refused);
        restored
            .refused
            .push("snapshots of another history: replayed from nothing".to_owned());
        replay = site.replay(&dir, &restored, witness)?;
    }
    replay.witness.judge(&dir, &replay.scanned)?;
    let Replay {
        scanned,
        voted,
        index,
        replayed,
        ..
    } = replay;
    if let Some(last) = &scanned.last {
        make_stable(site.storage, &dir, last)?;
    }
    remove_prepared(site.storage, &dir)?;
    let sidecar = Sidecar::create(site.storage, &dir, site.partition, scanned.cursor)?;
    let epoch = scanned.last.as_ref().map_or(0, |last| last.epoch) + 1;
    let report = RecoveryReport {
        segments: scanned.segments,
        frames: scanned.frames,
        epoch,
        last: scanned.cursor,
        torn_tail: scanned.torn,
        sidecar_damaged: witness.is_damaged(),
        snapshots_used: restored.used,
        snapshots_refused: restored.refused,
        replayed,
    };
    Ok(Recovered {
        voted,
        index,
        cursor: scanned.cursor,
        link: scanned.link,
        time_ms: scanned.time_ms.unwrap_or(i64::MIN),
        epoch,
        next_segment: scanned.last.map_or(0, |last| last.number) + 1,
        sidecar,
        report,
    })
}

impl Site<'_> {
    fn replay(
        &self,
        dir: &Path,
        restored: &Restored,
        mut witness: Witness,
    ) -> Result<Replay, LedgerError> {
        let mut voted = restored.voted.clone();
        let replay_after = voted.oldest();
        let index = FrameIndex::default();
        let (mut replayed, mut confirmed) = (0, 0);
        let scanned = scan(self.storage, dir, |item, origin| {
            let frame = match item {
                Item::Segment(header) => return self.check_header(header, origin),
                Item::Frame(frame) => frame,
            };
            let sequence = frame.header.sequence;
            index.add(FrameStart {
                sequence,
                segment: origin.segment,
                offset: origin.offset,
            });
            confirmed += usize::from(restored.is_claimed(frame));
            witness.see(frame);
            if sequence > replay_after {
                replayed += 1;
                apply(&mut voted, frame, origin)?;
            }
            Ok(())
        })?;
        let contradicted = confirmed != restored.claims();
        Ok(Replay {
            scanned,
            voted,
            index,
            replayed,
            witness,
            contradicted,
        })
    }

    fn check_header(
        &self,
        header: &crate::format::header::SegmentHeader,
        origin: &Origin<'_>,
    ) -> Result<(), LedgerError> {
        header
            .check(self.shape, self.partition)
            .map_err(|defect| LedgerError::AnotherLedger {
                path: origin.path.to_path_buf(),
                defect,
            })
    }
}

fn apply(voted: &mut Voted, frame: &Frame, origin: &Origin<'_>) -> Result<(), LedgerError> {
    let body = frame.body().map_err(|error| origin.damaged(error.into()))?;
    voted
        .apply(frame.header.sequence, &body)
        .map_err(|error| origin.damaged(error.into()))
}

/// Cuts what stands behind the last frame (a torn write, or reserved space) and puts the last frame
/// on the disk: what recovery read may have come from the page cache only, where a failed fsync
/// left it marked clean. Earlier frames were synced before the last one was written.
pub(crate) fn make_stable(
    storage: &dyn Storage,
    dir: &Path,
    last: &LastSegment,
) -> Result<(), LedgerError> {
    let path = &last.path;
    let mut file = storage.open(path).map_err(LedgerError::io("open", path))?;
    if last.file_bytes > last.valid_bytes {
        file.truncate(last.valid_bytes)
            .map_err(LedgerError::io("cut", path))?;
    }
    let from = last.last_frame.unwrap_or(0);
    let mut bytes = vec![0; usize::try_from(last.valid_bytes - from).unwrap_or(0)];
    file.read_at(from, &mut bytes)
        .map_err(LedgerError::io("read", path))?;
    #[cfg(test)]
    if crate::sabotage::is(crate::sabotage::Sabotage::TrustPageCache) {
        bytes.clear();
    }
    file.write_at(from, &bytes)
        .map_err(LedgerError::io("rewrite", path))?;
    file.fdatasync().map_err(LedgerError::sync(path))?;
    storage.fsync_dir(dir).map_err(LedgerError::sync(dir))
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

/// Takes the one lock of a data directory, making the directory where it is missing.
pub(crate) fn lock(
    storage: &dyn Storage,
    data_dir: &Path,
) -> Result<Box<dyn durable::StorageLock>, LedgerError> {
    storage
        .create_dir_all(data_dir)
        .map_err(LedgerError::io("create", data_dir))?;
    let path = lock_file(data_dir);
    storage
        .lock_exclusive(&path)
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::WouldBlock => LedgerError::Locked { path },
            _ => LedgerError::io("lock", &path)(error),
        })
}
