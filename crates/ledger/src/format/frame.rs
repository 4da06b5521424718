//! A frame: one group commit. A fixed header with its own checksum, the body, and a SHA-256 that
//! is also the link which the next frame names.
//!
//! ```text
//! offset size
//!      0    4  length of the whole frame L, header and hash included
//!      4    4  epoch: +1 at each start of the ledger
//!      8    8  sequence: +1 a frame, from 1, across segments
//!     16    8  commit time, ms since 1970 UTC, never below the frame before (signed)
//!     24   32  previous link: hash of the frame before, or of the segment header where it is first
//!     56    4  CRC32C of bytes 0..56
//!     60       body, deterministic CBOR
//!   L-32   32  SHA-256 of bytes 0..L-32
//! ```
//! Integers are little-endian. Every frame of a segment lies right behind the one before.

use sha2::{Digest, Sha256};

use crate::format::body::{Body, BodyError};
use crate::format::chain::{Cursor, HASH_BYTES, LinkHash};
use crate::format::defect::Defect;
use crate::format::limits::FRAME_BYTES_MAX;

/// Bytes of the header, checksum included.
pub(crate) const FRAME_HEADER_BYTES: usize = 60;
/// A frame without a body.
pub(crate) const FRAME_BYTES_MIN: u32 = 60 + 32;

/// The fixed part of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameHeader {
    /// Bytes of the whole frame.
    pub length: u32,
    /// Start of the ledger that wrote it.
    pub epoch: u32,
    /// Number of the frame, from 1.
    pub sequence: u64,
    /// When it was committed, ms since 1970 UTC.
    pub time_ms: i64,
    /// Hash of the link before: a frame, or the header of its segment.
    pub previous: LinkHash,
}

impl FrameHeader {
    fn encode(&self) -> [u8; FRAME_HEADER_BYTES] {
        let mut out = [0; FRAME_HEADER_BYTES];
        out[0..4].copy_from_slice(&self.length.to_le_bytes());
        out[4..8].copy_from_slice(&self.epoch.to_le_bytes());
        out[8..16].copy_from_slice(&self.sequence.to_le_bytes());
        out[16..24].copy_from_slice(&self.time_ms.to_le_bytes());
        out[24..56].copy_from_slice(&self.previous.0);
        let sum = crc32c::crc32c(&out[..56]);
        out[56..60].copy_from_slice(&sum.to_le_bytes());
        out
    }

    /// Reads a header and checks its length and checksum; what it says is not checked yet.
    pub(crate) fn decode(bytes: &[u8; FRAME_HEADER_BYTES]) -> Result<FrameHeader, Defect> {
        // Ranges into an array of known size, not into the file.
        let u32_at = |at: usize| {
            u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
        };
        let u64_at = |at: usize| u64::from(u32_at(at)) | u64::from(u32_at(at + 4)) << 32;
        let (expected, got) = (crc32c::crc32c(&bytes[..56]), u32_at(56));
        if expected != got {
            return Err(Defect::HeaderChecksum { expected, got });
        }
        let length = check_length(u32_at(0))?;
        let mut previous = LinkHash::default();
        previous.0.copy_from_slice(&bytes[24..56]);
        Ok(FrameHeader {
            length,
            epoch: u32_at(4),
            sequence: u64_at(8),
            time_ms: u64_at(16).cast_signed(),
            previous,
        })
    }
}

/// Refuses a length before anything is allocated or waited for because of it.
pub(crate) fn check_length(got: u32) -> Result<u32, Defect> {
    if (FRAME_BYTES_MIN..=FRAME_BYTES_MAX).contains(&got) {
        Ok(got)
    } else {
        Err(Defect::FrameLength {
            min: FRAME_BYTES_MIN,
            max: FRAME_BYTES_MAX,
            got,
        })
    }
}

/// A frame whose checksums fit. [`Frame::body`] decodes the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The part of fixed length.
    pub header: FrameHeader,
    /// SHA-256 of header and body: the next frame's `previous`.
    pub link: LinkHash,
    body: Vec<u8>,
}

impl Frame {
    /// Decodes and checks the body.
    ///
    /// # Errors
    /// See [`BodyError`].
    pub fn body(&self) -> Result<Body, BodyError> {
        Body::decode(&self.body)
    }

    /// The body as it stands in the file.
    pub fn body_bytes(&self) -> &[u8] {
        &self.body
    }

    /// Where the chain stands after this frame.
    pub fn cursor(&self) -> Cursor {
        Cursor {
            sequence: self.header.sequence,
            link: self.link,
        }
    }

    /// Reads the frame that fills `bytes`, checking both checksums. Whether it follows another one is the
    /// business of [`crate::Decoder`].
    ///
    /// # Errors
    /// The bytes are no frame, or were changed.
    pub fn decode(bytes: &[u8]) -> Result<Frame, Defect> {
        let truncated = || Defect::Truncated {
            expected: FRAME_BYTES_MIN.into(),
            got: bytes.len() as u64,
        };
        let header = bytes
            .first_chunk::<FRAME_HEADER_BYTES>()
            .ok_or_else(truncated)?;
        let header = FrameHeader::decode(header)?;
        let (content, hash) = bytes
            .split_last_chunk::<HASH_BYTES>()
            .ok_or_else(truncated)?;
        let link = LinkHash(Sha256::digest(content).into());
        if link.0 != *hash {
            return Err(Defect::FrameHash);
        }
        let body = content
            .get(FRAME_HEADER_BYTES..)
            .ok_or_else(truncated)?
            .to_vec();
        Ok(Frame { header, link, body })
    }
}

/// Encodes a frame: its bytes and the hash that ends them. `None` where the body is too long.
pub(crate) fn encode(
    sequence: u64,
    previous: LinkHash,
    epoch: u32,
    time_ms: i64,
    body: &[u8],
) -> Option<(Vec<u8>, LinkHash)> {
    let length = u32::try_from(body.len())
        .ok()?
        .checked_add(FRAME_BYTES_MIN)?;
    check_length(length).ok()?;
    let header = FrameHeader {
        length,
        epoch,
        sequence,
        time_ms,
        previous,
    };
    let mut bytes = Vec::with_capacity(length as usize);
    bytes.extend_from_slice(&header.encode());
    bytes.extend_from_slice(body);
    let hash = LinkHash(Sha256::digest(&bytes).into());
    bytes.extend_from_slice(&hash.0);
    Some((bytes, hash))
}
