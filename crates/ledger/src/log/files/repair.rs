//! The only repair of a ledger: cutting a damaged end. Explicit, by a person, never by a start.

use std::path::{Path, PathBuf};

use durable::Storage;

use crate::error::LedgerError;
use crate::format::chain::Cursor;
use crate::log::TornTail;
use crate::log::files::layout::partition_dir;
use crate::log::files::recovery::{lock, make_stable};
use crate::log::files::scan::scan;
use crate::log::files::sidecar::{self, Acknowledged, Sidecar};

/// What [`repair_tail`] cut, and what it gave up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repair {
    /// What was cut; `None` where the segments ended cleanly.
    pub cut: Option<TornTail>,
    /// Where what was cut is kept.
    pub kept: Option<PathBuf>,
    /// The last frame that is left.
    pub last: Cursor,
    /// What the sidecar said before: frames above `last` up to this one are lost.
    pub acknowledged: Option<u64>,
}

/// Cuts invalid bytes from the end of the last segment although they may be a frame that voters
/// were answered for, and sets the sidecar to what is left. The only repair there is, for a ledger
/// that refuses to start and of which no copy exists; run by a person who knows what it loses.
///
/// # Errors
/// Damage that a valid frame follows, or in an earlier segment: nothing can be cut there.
pub fn repair_tail(
    storage: &dyn Storage,
    data_dir: &Path,
    partition: u16,
) -> Result<Repair, LedgerError> {
    let _lock = lock(storage, data_dir)?;
    let dir = partition_dir(data_dir, partition);
    let acknowledged = match sidecar::read(storage, &dir)? {
        Acknowledged::UpTo(cursor) => Some(cursor.sequence),
        Acknowledged::Unknown | Acknowledged::Damaged => None,
    };
    let scanned = scan::<LedgerError>(storage, &dir, |_, _| Ok(()))?;
    let kept = match &scanned.last {
        Some(last) => make_stable(storage, &dir, last, scanned.torn.as_ref())?,
        None => None,
    };
    Sidecar::create(storage, &dir, partition, scanned.cursor)?;
    Ok(Repair {
        cut: scanned.torn,
        kept,
        last: scanned.cursor,
        acknowledged,
    })
}
