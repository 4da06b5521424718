//! Reading a ledger directory whose validator has stopped: everything, up to a torn end.

use std::path::Path;

use durable::Storage;

use crate::error::LedgerError;
use crate::format::chain::Cursor;
use crate::format::decoder::Item;
use crate::log::TornTail;
use crate::log::files::scan::scan;
use crate::log::files::witness::Witness;

/// Where reading a ledger offline ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReadEnd {
    /// The last frame that was read.
    pub last: Cursor,
    /// The last frame that voters were answered for, which was read. None where no sidecar says so:
    /// then nobody can tell whether frames are missing behind `last`.
    pub acknowledged: Option<u64>,
    /// How many segments were read.
    pub segments: u64,
    /// A torn write behind the last frame, which the next start of the validator will cut.
    pub torn_tail: Option<TornTail>,
}

/// Reads all of a partition's directory and hands every item to `visit`, in order.
pub(crate) fn read_all<E: From<LedgerError>>(
    storage: &dyn Storage,
    (dir, partition): (&Path, u16),
    mut visit: impl FnMut(&Item) -> Result<(), E>,
) -> Result<ReadEnd, E> {
    let mut witness = Witness::read(storage, dir)?;
    let scanned = scan(storage, dir, |item, origin| {
        match item {
            Item::Segment(header) => header
                .check_partition(partition)
                .map_err(|defect| origin.refused(defect))?,
            Item::Frame(frame) => witness.see(frame),
        }
        visit(item)
    })?;
    witness.judge(dir, &scanned)?;
    Ok(ReadEnd {
        last: scanned.cursor,
        acknowledged: witness.acknowledged(),
        segments: scanned.segments,
        torn_tail: scanned.torn,
    })
}
