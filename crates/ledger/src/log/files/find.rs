//! Finding one frame: its sequence leads to its segment, so one segment is walked at most.

use std::path::Path;

use durable::Storage;

use crate::error::LedgerError;
use crate::format::frame::Frame;
use crate::format::header::header_length;
use crate::log::files::index::FrameStart;
use crate::log::files::scan::segment_numbers;
use crate::log::files::window::SegmentWindow;

/// The frame of that sequence in a partition's directory, walking from a frame start known to be at
/// or before it, where there is one.
pub(crate) fn find_frame(
    storage: &dyn Storage,
    dir: &Path,
    sequence: u64,
    start: Option<FrameStart>,
) -> Result<Option<Frame>, LedgerError> {
    let mut place = match start {
        Some(start) => Some((start.segment, start.offset)),
        None => segment_of(storage, dir, sequence)?,
    };
    while let Some((number, offset)) = place {
        match walk(storage, dir, number, offset, sequence)? {
            Walk::Ended(frame) => return Ok(frame),
            // The known start may lie in an earlier segment.
            Walk::EndOfSegment => place = next_segment(storage, dir, number, sequence)?,
        }
    }
    Ok(None)
}

enum Walk {
    Ended(Option<Frame>),
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
    sequence: u64,
) -> Result<Walk, LedgerError> {
    let mut window = SegmentWindow::open(storage, dir, number)?;
    while let Some(header) = window.frame_header(offset)? {
        if header.sequence > sequence {
            return Ok(Walk::Ended(None));
        }
        if header.sequence == sequence {
            let decoded = window
                .bytes(offset, header.length as usize)?
                .map(Frame::decode);
            let frame = decoded.transpose();
            return frame
                .map(Walk::Ended)
                .map_err(|defect| window.damaged(offset, defect));
        }
        offset += u64::from(header.length);
    }
    Ok(Walk::EndOfSegment)
}
