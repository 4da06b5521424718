//! Reads single items of a segment file at given offsets, with read-ahead.

use std::path::{Path, PathBuf};

use durable::{Storage, StorageFile};

use crate::error::LedgerError;
use crate::format::defect::Defect;
use crate::format::frame::{FRAME_HEADER_BYTES, FrameHeader};
use crate::format::header::{PEEK_BYTES, SegmentHeader};
use crate::log::files::layout::segment_file_name;

const READ_AHEAD_BYTES: usize = 256 << 10;

/// A segment file that may still grow.
pub(crate) struct SegmentWindow {
    file: Box<dyn StorageFile>,
    path: PathBuf,
    buffer: Vec<u8>,
    /// Offset of the buffer's first byte.
    start: u64,
}

impl SegmentWindow {
    pub(crate) fn open(
        storage: &dyn Storage,
        dir: &Path,
        number: u32,
    ) -> Result<SegmentWindow, LedgerError> {
        let path = dir.join(segment_file_name(number));
        let file = storage
            .open_read(&path)
            .map_err(LedgerError::io("open", &path))?;
        Ok(SegmentWindow {
            file,
            path,
            buffer: Vec::new(),
            start: 0,
        })
    }

    /// Drops what was read ahead: the file may have grown into it.
    pub(crate) fn forget(&mut self) {
        self.buffer.clear();
    }

    /// The error that the item at `offset` is damaged.
    pub(crate) fn damaged(&self, offset: u64, defect: Defect) -> LedgerError {
        LedgerError::damaged(&self.path, offset, defect)
    }

    /// The header as it stands in the file.
    pub(crate) fn header_bytes(&mut self) -> Result<&[u8], LedgerError> {
        let truncated = |expected: usize| Defect::Truncated {
            expected: expected as u64,
            got: 0,
        };
        let peek = self
            .bytes(0, PEEK_BYTES)?
            .and_then(|bytes| bytes.first_chunk().copied());
        let peek = peek.ok_or_else(|| self.damaged(0, truncated(PEEK_BYTES)))?;
        let length = SegmentHeader::peek_length(&peek).map_err(|defect| self.damaged(0, defect))?;
        let too_short = self.damaged(0, truncated(length));
        self.bytes(0, length)?.ok_or(too_short)
    }

    /// The segment's header, whose checksum was verified.
    pub(crate) fn header(&mut self) -> Result<SegmentHeader, LedgerError> {
        let decoded = SegmentHeader::decode(self.header_bytes()?);
        decoded.map_err(|defect| self.damaged(0, defect))
    }

    /// The header of the frame at `offset`; `None` where no frame has been written there yet.
    pub(crate) fn frame_header(&mut self, offset: u64) -> Result<Option<FrameHeader>, LedgerError> {
        let bytes = self.bytes(offset, FRAME_HEADER_BYTES)?;
        let Some(header) = bytes.and_then(|bytes| bytes.first_chunk::<FRAME_HEADER_BYTES>()) else {
            return Ok(None);
        };
        // Reserved space reads as zeros.
        if header.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        match FrameHeader::decode(header) {
            Ok(header) => Ok(Some(header)),
            Err(defect) => Err(self.damaged(offset, defect)),
        }
    }

    /// `len` bytes at `offset`; `None` where the file ends before.
    pub(crate) fn bytes(&mut self, offset: u64, len: usize) -> Result<Option<&[u8]>, LedgerError> {
        if self.buffered(offset, len).is_none() {
            self.buffer.resize(len.max(READ_AHEAD_BYTES), 0);
            let read = self.file.read_at(offset, &mut self.buffer);
            let read = read.map_err(LedgerError::io("read", &self.path))?;
            self.buffer.truncate(read);
            self.start = offset;
        }
        Ok(self
            .buffered(offset, len)
            .and_then(|range| self.buffer.get(range)))
    }

    fn buffered(&self, offset: u64, len: usize) -> Option<std::ops::Range<usize>> {
        let from = usize::try_from(offset.checked_sub(self.start)?).ok()?;
        let to = from.checked_add(len)?;
        (to <= self.buffer.len()).then_some(from..to)
    }
}
