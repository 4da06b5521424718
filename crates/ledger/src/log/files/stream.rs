//! The bytes of a ledger as a stream that follows its tail: what the validator sends to a tally.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use durable::Storage;

use crate::error::LedgerError;
use crate::format::defect::Defect;
use crate::log::files::layout::acknowledged_file;
use crate::log::files::scan::segment_numbers;
use crate::log::files::sidecar::{Acknowledged, read_beside_writer};
use crate::log::files::window::SegmentWindow;

/// Reads a partition's directory as one stream: the header of the segment that holds the next
/// frame, then whole frames and headers, never beyond the last acknowledged frame.
///
/// A reader that stops and comes back gives the sequence of the last frame it has; one
/// [`crate::Decoder`] resumed at that frame's [`crate::Cursor`] then takes the new stream.
pub struct SegmentStream {
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

impl SegmentStream {
    /// Behind frame `after`; 0 = from the start. Nothing is read yet.
    ///
    /// # Errors
    /// `after` is beyond the last acknowledged frame: the reader follows another history.
    pub fn open(
        storage: Arc<dyn Storage>,
        partition_dir: &Path,
        after: u64,
    ) -> Result<SegmentStream, LedgerError> {
        let dir = partition_dir.to_path_buf();
        let stream = SegmentStream {
            storage,
            dir,
            next_sequence: after + 1,
            current: None,
        };
        let last = stream.acknowledged()?;
        if after > last {
            let defect = Defect::Sequence {
                expected: last + 1,
                got: after + 1,
            };
            return Err(LedgerError::Followed {
                path: stream.dir,
                sequence: after,
                defect,
            });
        }
        Ok(stream)
    }

    /// Up to about `bytes_max` further bytes, whole items and one at least; empty where there is
    /// nothing new yet: ask again when [`crate::PartitionState::last_sequence`] has moved, or after
    /// a while.
    ///
    /// # Errors
    /// A segment cannot be read, is damaged, or ends before the last acknowledged frame.
    pub fn next_bytes(&mut self, bytes_max: usize) -> Result<Vec<u8>, LedgerError> {
        let acknowledged = self.acknowledged()?;
        // What was read ahead in an earlier call may have been half-written then. Everything up to
        // this call's acknowledged frame is whole.
        if let Some(current) = &mut self.current {
            current.window.forget();
        }
        let mut out = Vec::new();
        while self.next_sequence <= acknowledged && out.len() < bytes_max {
            if self.current.is_none() {
                self.begin(&mut out)?;
            } else if !self.take_frame(&mut out)? {
                self.next_segment(acknowledged, &mut out)?;
            }
        }
        Ok(out)
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

    /// Appends the next frame, or passes over one that the reader has. `false` = the segment ends.
    fn take_frame(&mut self, out: &mut Vec<u8>) -> Result<bool, LedgerError> {
        let Some(current) = &mut self.current else {
            return Ok(false);
        };
        let Some(header) = current.window.frame_header(current.offset)? else {
            return Ok(false);
        };
        if header.sequence >= self.next_sequence {
            let Some(bytes) = current
                .window
                .bytes(current.offset, header.length as usize)?
            else {
                return Ok(false);
            };
            out.extend_from_slice(bytes);
            self.next_sequence = header.sequence + 1;
        }
        current.offset += u64::from(header.length);
        Ok(true)
    }

    fn next_segment(&mut self, acknowledged: u64, out: &mut Vec<u8>) -> Result<(), LedgerError> {
        let number = self.current.as_ref().map_or(0, |current| current.number) + 1;
        if segment_numbers(&*self.storage, &self.dir)?.contains(&number) {
            self.enter(number, out)
        } else {
            Err(self.lost(acknowledged))
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
