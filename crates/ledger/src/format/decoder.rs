//! Decodes a stream of segment headers and frames, wherever the bytes come from: a file, an HTTP
//! response, a test. It checks every checksum and the chain, buffers one item at most, and never
//! does input or output itself.

use crate::format::chain::{Cursor, LinkHash};
use crate::format::defect::Defect;
use crate::format::frame::{FRAME_HEADER_BYTES, Frame, FrameHeader, check_length};
use crate::format::header::{MAGIC, PEEK_BYTES, SegmentHeader};

/// What a ledger consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// The header with which a segment starts.
    Segment(SegmentHeader),
    /// The next frame of the segment.
    Frame(Frame),
}

/// Something wrong in a stream. The decoder stays at it: every further call returns it again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("byte {offset}: {defect}")]
pub struct DecodeError {
    /// Bytes from the first one pushed to the start of the defective item.
    pub offset: u64,
    /// What is wrong with that item.
    pub defect: Defect,
}

/// The segment whose frames are being read.
#[derive(Debug, Clone)]
struct Current {
    number: u32,
    epoch: u32,
    partition: u16,
    event_id: String,
    manifest_sha256: [u8; 32],
}

/// Sans-io reader of a ledger: [`Decoder::push`] bytes, then call [`Decoder::next_item`] until it
/// wants more.
#[derive(Debug, Clone, Default)]
pub struct Decoder {
    buffer: Vec<u8>,
    /// Bytes of `buffer` already decoded.
    done: usize,
    /// Bytes decoded in all.
    offset: u64,
    cursor: Cursor,
    /// What the next item must name as previous; differs from the cursor's behind a header.
    link: LinkHash,
    time_ms: i64,
    current: Option<Current>,
    failed: Option<DecodeError>,
}

impl Decoder {
    /// From the start of a ledger.
    pub fn new() -> Decoder {
        Decoder::resume(Cursor::default())
    }

    /// Behind a frame that was read before: the stream must start with a segment header, and the
    /// next frame must follow `cursor` in the chain.
    pub fn resume(cursor: Cursor) -> Decoder {
        Decoder {
            cursor,
            link: cursor.link,
            time_ms: i64::MIN,
            ..Decoder::default()
        }
    }

    /// The last frame decoded.
    pub fn cursor(&self) -> Cursor {
        self.cursor
    }

    /// What the next item must name as its previous link.
    pub fn link(&self) -> LinkHash {
        self.link
    }

    /// Bytes decoded since the first push.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Bytes pushed and not decoded: 0 at the end of a stream that ends between two items.
    pub fn pending(&self) -> usize {
        self.buffer.len() - self.done
    }

    /// What was pushed and not decoded.
    fn rest(&self) -> &[u8] {
        let rest = self.buffer.get(self.done..);
        rest.expect("no more is decoded than was pushed")
    }

    /// Hands over the next bytes of the stream.
    pub fn push(&mut self, bytes: &[u8]) {
        // Moving the rest is paid once per item at most, since an item is decoded when complete.
        if self.done > 0 {
            self.buffer.drain(..self.done);
            self.done = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// Whether a segment's frames end here: reserved space reads as zeros, a frame's length does not.
    pub(crate) fn at_reserved_space(&self) -> bool {
        let bytes = self.rest();
        self.offset > 0 && bytes.first_chunk::<4>() == Some(&[0; 4])
    }

    /// Forgets undecoded bytes and counts offsets from 0 again: the next push is another file.
    pub(crate) fn start_file(&mut self) {
        self.buffer.clear();
        self.done = 0;
        self.offset = 0;
    }

    /// The next item; `None` where more bytes are needed.
    ///
    /// # Errors
    /// Damage, another history, or another format. Nothing behind it can be read.
    pub fn next_item(&mut self) -> Result<Option<Item>, DecodeError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        self.decode().map_err(|defect| {
            let error = DecodeError {
                offset: self.offset,
                defect,
            };
            self.failed = Some(error.clone());
            error
        })
    }

    fn decode(&mut self) -> Result<Option<Item>, Defect> {
        let bytes = self.rest();
        let Some(prefix) = bytes.first_chunk::<4>() else {
            return Ok(None);
        };
        if self.current.is_none() || MAGIC.starts_with(prefix) {
            self.decode_segment()
        } else {
            self.decode_frame(u32::from_le_bytes(*prefix))
        }
    }

    fn decode_segment(&mut self) -> Result<Option<Item>, Defect> {
        let bytes = self.rest();
        let Some(peek) = bytes.first_chunk::<PEEK_BYTES>() else {
            return Ok(None);
        };
        let length = SegmentHeader::peek_length(peek)?;
        let Some(whole) = bytes.get(..length) else {
            return Ok(None);
        };
        let header = SegmentHeader::decode(whole)?;
        self.check_segment(&header)?;
        // Resumed inside a segment: its header was chained when it was first read; the next frame
        // follows the cursor.
        if header.first_sequence == self.cursor.sequence + 1 {
            self.link = header.link;
        }
        self.current = Some(Current {
            number: header.number,
            epoch: header.epoch,
            partition: header.partition,
            event_id: header.event_id.clone(),
            manifest_sha256: header.manifest_sha256,
        });
        self.consume(length);
        Ok(Some(Item::Segment(header)))
    }

    fn check_segment(&self, header: &SegmentHeader) -> Result<(), Defect> {
        let (expected, got) = (self.cursor.sequence + 1, header.first_sequence);
        let inside = self.current.is_none() && got < expected;
        if inside {
            return Ok(());
        }
        if got != expected {
            return Err(Defect::Sequence { expected, got });
        }
        if header.previous != self.link {
            return Err(Defect::Chain {
                expected: self.link,
                got: header.previous,
            });
        }
        match &self.current {
            Some(before) => before.check_next(header),
            None if expected == 1 && header.number != 1 => Err(Defect::SegmentNumber {
                expected: 1,
                got: header.number,
            }),
            None => Ok(()),
        }
    }

    fn decode_frame(&mut self, length: u32) -> Result<Option<Item>, Defect> {
        let length = check_length(length)? as usize;
        let bytes = self.rest();
        let Some(header) = bytes.first_chunk::<FRAME_HEADER_BYTES>() else {
            return Ok(None);
        };
        // Before waiting for a body that a damaged length may have invented.
        self.check_frame(&FrameHeader::decode(header)?)?;
        let Some(whole) = bytes.get(..length) else {
            return Ok(None);
        };
        let frame = Frame::decode(whole)?;
        self.cursor = frame.cursor();
        self.link = frame.link;
        self.time_ms = frame.header.time_ms;
        self.consume(length);
        Ok(Some(Item::Frame(frame)))
    }

    fn check_frame(&self, header: &FrameHeader) -> Result<(), Defect> {
        let (expected, got) = (self.cursor.sequence + 1, header.sequence);
        if got != expected {
            return Err(Defect::Sequence { expected, got });
        }
        if header.previous != self.link {
            return Err(Defect::Chain {
                expected: self.link,
                got: header.previous,
            });
        }
        let expected = self.current.as_ref().map_or(0, |current| current.epoch);
        if header.epoch != expected {
            return Err(Defect::Epoch {
                expected,
                got: header.epoch,
            });
        }
        let (expected, got) = (self.time_ms, header.time_ms);
        if got < expected {
            Err(Defect::Time { expected, got })
        } else {
            Ok(())
        }
    }

    fn consume(&mut self, length: usize) {
        self.done += length;
        self.offset += length as u64;
    }
}

impl Current {
    fn check_next(&self, header: &SegmentHeader) -> Result<(), Defect> {
        // Behind the last number that there is, none follows.
        if self.number.checked_add(1) != Some(header.number) {
            return Err(Defect::SegmentNumber {
                expected: self.number.wrapping_add(1),
                got: header.number,
            });
        }
        if header.epoch < self.epoch {
            return Err(Defect::Epoch {
                expected: self.epoch,
                got: header.epoch,
            });
        }
        let same = header.partition == self.partition
            && header.event_id == self.event_id
            && header.manifest_sha256 == self.manifest_sha256;
        if same {
            return Ok(());
        }
        Err(Defect::Another {
            what: "event",
            expected: self.event_id.clone(),
            got: header.event_id.clone(),
        })
    }
}
