//! A copy of a ledger that follows it link by link: the same files, byte for byte, each frame verified
//! and on stable storage before the next one is taken. A validator can be started on the copy.

use std::path::PathBuf;
use std::sync::Arc;

use durable::Storage;

use crate::error::LedgerError;
use crate::format::chain::Cursor;
use crate::format::decoder::{Decoder, Item};
use crate::format::frame::{self, Frame};
use crate::format::header::SegmentHeader;
use crate::log::Visit;
use crate::log::files::begun::{begin, is_begun};
use crate::log::files::hold::Hold;
use crate::log::files::index::FrameIndex;
use crate::log::files::recovery::recover;
use crate::log::files::segments::Segments;
use crate::log::files::sidecar::Sidecar;

/// What a segment's file gets reserved: as much as the validator's segments are long by default.
const SEGMENT_BYTES: u64 = 64 << 20;

/// The copy of one partition, owned by whoever holds this.
pub struct Mirror {
    dir: PathBuf,
    decoder: Decoder,
    /// Number of the last segment; 0 where there is none.
    segment: u32,
    segments: Segments,
    sidecar: Sidecar,
    /// Dropped last: until then nobody else may open the directory.
    _hold: Hold,
}

impl Mirror {
    /// See [`FilesLog::mirror`](super::FilesLog::mirror): `dir` is the partition's, and exists.
    pub(crate) fn open(
        storage: &Arc<dyn Storage>,
        (dir, hold): (PathBuf, Hold),
        partition: u16,
        visit: &mut Visit<'_>,
    ) -> Result<Mirror, LedgerError> {
        if !is_begun(&**storage, &dir)? {
            begin(&**storage, &dir, partition)?;
        }
        let recovered = recover(&**storage, &dir, partition, &FrameIndex::default(), visit)?;
        let last = recovered.scanned.last;
        let mut segments = Segments::new(Arc::clone(storage), &dir, SEGMENT_BYTES, None)?;
        if let Some(last) = &last {
            segments.reopen(last.number, last.valid_bytes)?;
        }
        Ok(Mirror {
            dir,
            decoder: Decoder::resume(recovered.scanned.cursor),
            segment: last.map_or(0, |last| last.number),
            segments,
            sidecar: recovered.sidecar,
            _hold: hold,
        })
    }

    /// The last frame that is on stable storage here.
    pub fn cursor(&self) -> Cursor {
        self.decoder.cursor()
    }

    /// Begins to read a new stream, which starts behind [`Mirror::cursor`].
    pub fn resume(&mut self) {
        self.decoder = Decoder::resume(self.cursor());
    }

    /// Takes the next bytes of the stream, which may end anywhere. On return every whole frame among them
    /// is verified and on stable storage.
    ///
    /// # Errors
    /// What follows does not fit what is here, or `visit` refuses it: the stream is damaged, or of another
    /// history. Or the system's, which are fatal: see [`crate::log::Lease::append`].
    pub fn push(&mut self, bytes: &[u8], visit: &mut Visit<'_>) -> Result<(), LedgerError> {
        self.decoder.push(bytes);
        loop {
            let sequence = self.cursor().sequence;
            let refused = |defect| LedgerError::Followed {
                log: self.dir.display().to_string(),
                sequence,
                defect,
            };
            let decoded = self.decoder.next_item();
            let Some(item) = decoded.map_err(|error| refused(error.defect))? else {
                return Ok(());
            };
            visit(&item).map_err(refused)?;
            match item {
                Item::Segment(header) => self.begin_segment(header)?,
                Item::Frame(frame) => self.append(&frame)?,
            }
        }
    }

    /// A stream begins with the header of the segment in which it goes on: that one is here already.
    fn begin_segment(&mut self, mut header: SegmentHeader) -> Result<(), LedgerError> {
        if header.number <= self.segment {
            return Ok(());
        }
        let number = header.number;
        self.segments.begin(number, &header.seal_bytes())?;
        self.segment = number;
        Ok(())
    }

    fn append(&mut self, frame: &Frame) -> Result<(), LedgerError> {
        let header = &frame.header;
        let encoded = frame::encode(
            header.sequence,
            header.previous,
            header.epoch,
            header.time_ms,
            frame.body_bytes(),
        );
        let (bytes, link) = encoded.expect("a frame that was decoded is no longer than a frame");
        assert!(link == frame.link, "a frame has one encoding");
        self.segments.append(&bytes)?;
        self.segments.watch()?;
        self.sidecar.watch()?;
        self.sidecar.note(frame.cursor())
    }

    /// Gives back reserved space: the last call of an orderly stop.
    ///
    /// # Errors
    /// The system's.
    pub fn close(&mut self) -> Result<(), LedgerError> {
        self.segments.close()
    }
}
