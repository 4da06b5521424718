//! Finding the vote of a receipt: the request id names its frame, so one segment is walked at most.

use std::path::Path;

use durable::Storage;

use crate::error::LedgerError;
use crate::format::frame::Frame;
use crate::format::header::header_length;
use crate::format::receipt::{Receipt, RequestId};
use crate::log::files::index::FrameStart;
use crate::log::files::layout::partition_dir_name;
use crate::log::files::scan::segment_numbers;
use crate::log::files::window::SegmentWindow;

/// Looks a request id up in a ledger directory (`<data>/ledger`); `None` where no such vote is
/// recorded.
///
/// # Errors
/// The segment cannot be read or is damaged.
pub fn find_receipt(
    storage: &dyn Storage,
    ledger_dir: &Path,
    id: &RequestId,
) -> Result<Option<Receipt>, LedgerError> {
    find_from(
        storage,
        &ledger_dir.join(partition_dir_name(id.partition)),
        id,
        None,
    )
}

/// As [`find_receipt`], in a partition's directory, from a frame start known to be at or before.
pub(crate) fn find_from(
    storage: &dyn Storage,
    dir: &Path,
    id: &RequestId,
    start: Option<FrameStart>,
) -> Result<Option<Receipt>, LedgerError> {
    let mut place = match start {
        Some(start) => Some((start.segment, start.offset)),
        None => segment_of(storage, dir, id.sequence)?,
    };
    while let Some((number, offset)) = place {
        match walk(storage, dir, number, offset, id)? {
            Walk::Found(receipt) => return Ok(receipt),
            // The known start may lie in an earlier segment.
            Walk::EndOfSegment => place = next_segment(storage, dir, number, id.sequence)?,
        }
    }
    Ok(None)
}

enum Walk {
    Found(Option<Receipt>),
    EndOfSegment,
}

/// The last segment that begins at or before `sequence`, and its first frame.
fn segment_of(
    storage: &dyn Storage,
    dir: &Path,
    sequence: u64,
) -> Result<Option<(u32, u64)>, LedgerError> {
    for number in segment_numbers(storage, dir)?.into_iter().rev() {
        let header = SegmentWindow::open(storage, dir, number)?.header()?;
        if header.first_sequence <= sequence {
            return Ok(Some((number, header_length(header.ballots.len()) as u64)));
        }
    }
    Ok(None)
}

fn next_segment(
    storage: &dyn Storage,
    dir: &Path,
    number: u32,
    sequence: u64,
) -> Result<Option<(u32, u64)>, LedgerError> {
    let place = segment_of(storage, dir, sequence)?;
    Ok(place.filter(|(later, _)| *later > number))
}

fn walk(
    storage: &dyn Storage,
    dir: &Path,
    number: u32,
    mut offset: u64,
    id: &RequestId,
) -> Result<Walk, LedgerError> {
    let mut window = SegmentWindow::open(storage, dir, number)?;
    while let Some(header) = window.frame_header(offset)? {
        if header.sequence > id.sequence {
            return Ok(Walk::Found(None));
        }
        if header.sequence == id.sequence {
            let decoded = window
                .bytes(offset, header.length as usize)?
                .map(Frame::decode);
            let Some(frame) = decoded else {
                return Ok(Walk::Found(None));
            };
            let frame = frame.map_err(|defect| window.damaged(offset, defect))?;
            let body = frame
                .body()
                .map_err(|error| window.damaged(offset, error.into()))?;
            let found = body.trackers.binary_search(&id.tracker).is_ok();
            let receipt = Receipt {
                time_ms: frame.header.time_ms,
            };
            return Ok(Walk::Found(found.then_some(receipt)));
        }
        offset += u64::from(header.length);
    }
    Ok(Walk::EndOfSegment)
}
