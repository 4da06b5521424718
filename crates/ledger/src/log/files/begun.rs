//! Whether a ledger was begun in a directory: a segment or the sidecar says so. An empty directory, such
//! as the place where a disk is not mounted, is no ledger.

use std::path::Path;

use durable::Storage;

use crate::error::LedgerError;
use crate::format::chain::Cursor;
use crate::log::files::layout::acknowledged_file;
use crate::log::files::scan::segment_numbers;
use crate::log::files::sidecar::{self, Acknowledged, Sidecar};

/// Begins a ledger in a partition's directory, which exists; the caller holds the lock.
///
/// What is refused as begun survives a crash: an earlier try may have failed after the sidecar had its
/// name and before the name was stable, so a sidecar that nothing followed is written again first.
pub(crate) fn begin(storage: &dyn Storage, dir: &Path, partition: u16) -> Result<(), LedgerError> {
    let begin = || Sidecar::create(storage, dir, partition, Cursor::default()).map(drop);
    let found = match (
        segment_numbers(storage, dir)?.is_empty(),
        sidecar::read(storage, dir)?,
    ) {
        (true, Acknowledged::Unknown) => return begin(),
        (true, noted) => {
            if noted == Acknowledged::UpTo(Cursor::default()) {
                begin()?;
            }
            acknowledged_file(dir)
        }
        (false, _) => dir.to_path_buf(),
    };
    Err(LedgerError::Begun {
        found: found.display().to_string(),
    })
}

/// Whether a ledger was begun here. Segments that are missing although the sidecar knows of frames are
/// for recovery to judge.
pub(crate) fn is_begun(storage: &dyn Storage, dir: &Path) -> Result<bool, LedgerError> {
    #[cfg(test)]
    if crate::sabotage::is(crate::sabotage::Sabotage::BeginAnew) {
        storage
            .create_dir_all(dir)
            .map_err(LedgerError::io("create", dir))?;
        return Ok(true);
    }
    let noted = matches!(sidecar::read(storage, dir)?, Acknowledged::UpTo(_));
    Ok(noted || !segment_numbers(storage, dir)?.is_empty())
}
