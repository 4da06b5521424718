//! Segment files as one stream of links that follows the tail.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use durable::Storage;

use crate::error::LedgerError;
use crate::format::defect::Defect;
use crate::log::LinkStream;
use crate::log::files::layout::acknowledged_file;
use crate::log::files::scan::segment_numbers;
use crate::log::files::sidecar::{Acknowledged, read_beside_writer};
use crate::log::files::window::SegmentWindow;

/// Reads a partition's directory as one stream: the header of the segment that holds the next
/// frame, then whole frames and headers, never beyond the last acknowledged frame.
///
/// A reader that stops and comes back gives the sequence of the last frame it has; one
/// [`crate::Decoder`] resumed at that frame's [`crate::Cursor`] then takes the new stream.
pub(crate) struct SegmentStream {
    storage: Arc<dyn Storage>,
    dir: PathBuf,
    next_sequence: u64,
    current: Option<Current>,
}

struct Current {
    window: SegmentWindow,
    number: u32,
    offset: u64,
}

impl Current {
    /// Appends the next frame to `out`, or passes over one that the reader has. `false` = the
    /// segment ends.
    fn take_frame(&mut self, next: &mut u64, out: &mut Vec<u8>) -> Result<bool, LedgerError> {
        let Some(header) = self.window.frame_header(self.offset)? else {
            return Ok(false);
        };
        if header.sequence >= *next {
            let Some(bytes) = self.window.bytes(self.offset, header.length as usize)? else {
                return Ok(false);
            };
            out.extend_from_slice(bytes);
            *next = header.sequence + 1;
        }
        self.offset += u64::from(header.length);
        Ok(true)
    }
}

impl SegmentStream {
    /// Behind frame `after`; 0 = from the start. Nothing is read yet.
    ///
    /// # Errors
    /// `after` is beyond the last acknowledged frame: the reader follows another history.
    pub(crate) fn open(
        storage: Arc<dyn Storage>,
        partition_dir: &Path,
        after: u64,
    ) -> Result<SegmentStream, LedgerError> {
        let mut stream = SegmentStream {
            storage,
            dir: partition_dir.to_path_buf(),
            next_sequence: 1,
            current: None,
        };
        let last = stream.acknowledged()?;
        if after > last {
            return Err(LedgerError::Followed {
                log: stream.dir.display().to_string(),
                sequence: after,
                defect: Defect::Sequence {
                    expected: last + 1,
                    got: after.saturating_add(1), // any number may be asked for
                },
            });
        }
        stream.next_sequence = after + 1;
        Ok(stream)
    }

    /// Sequence of the last acknowledged frame, as far as the sidecar tells.
    fn acknowledged(&self) -> Result<u64, LedgerError> {
        match read_beside_writer(&*self.storage, &self.dir)? {
            Acknowledged::UpTo(cursor) => Ok(cursor.sequence),
            Acknowledged::Unknown => Ok(0),
            Acknowledged::Damaged => Err(LedgerError::Damaged {
                path: acknowledged_file(&self.dir),
                offset: 0,
                defect: Defect::HeaderField {
                    field: "acknowledged",
                },
            }),
        }
    }

    /// Opens the segment that holds the next frame. Where that is the first of its segment, starts
    /// at the earliest segment that begins with it, so that the chain of empty segments is whole.
    fn begin(&mut self, out: &mut Vec<u8>) -> Result<(), LedgerError> {
        let mut chosen = None;
        for number in segment_numbers(&*self.storage, &self.dir)? {
            let first = SegmentWindow::open(&*self.storage, &self.dir, number)?
                .header()?
                .first_sequence;
            if first <= self.next_sequence {
                chosen = Some(number);
            }
            if first >= self.next_sequence {
                break;
            }
        }
        match chosen {
            Some(number) => self.enter(number, out),
            None => Err(self.lost(0)),
        }
    }

    fn enter(&mut self, number: u32, out: &mut Vec<u8>) -> Result<(), LedgerError> {
        let mut window = SegmentWindow::open(&*self.storage, &self.dir, number)?;
        let header = window.header_bytes()?;
        out.extend_from_slice(header);
        let offset = header.len() as u64;
        self.current = Some(Current {
            window,
            number,
            offset,
        });
        Ok(())
    }

    fn next_segment(&mut self, acknowledged: u64, out: &mut Vec<u8>) -> Result<(), LedgerError> {
        let last = self.current.as_ref().map(|current| current.number);
        let number = last.and_then(|last| last.checked_add(1));
        match number {
            Some(number) if segment_numbers(&*self.storage, &self.dir)?.contains(&number) => {
                self.enter(number, out)
            }
            _ => Err(self.lost(acknowledged)),
        }
    }

    fn lost(&self, acknowledged: u64) -> LedgerError {
        LedgerError::AcknowledgedLost {
            path: self.dir.clone(),
            offset: self.current.as_ref().map_or(0, |current| current.offset),
            acknowledged,
            last: self.next_sequence - 1,
        }
    }
}

impl LinkStream for SegmentStream {
    fn next_bytes(&mut self, bytes_max: usize) -> Result<Vec<u8>, LedgerError> {
        let acknowledged = self.acknowledged()?;
        // What was read ahead in an earlier call may have been half-written then. Everything up to
        // this call's acknowledged frame is whole.
        if let Some(current) = &mut self.current {
            current.window.forget();
        }
        let mut out = Vec::new();
        while self.next_sequence <= acknowledged && out.len() < bytes_max {
            let next = &mut self.next_sequence;
            let taken = match &mut self.current {
                Some(current) => current.take_frame(next, &mut out)?,
                None => {
                    self.begin(&mut out)?;
                    continue;
                }
            };
            if !taken {
                self.next_segment(acknowledged, &mut out)?;
            }
        }
        Ok(out)
    }
}
