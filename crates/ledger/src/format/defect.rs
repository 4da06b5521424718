//! What can be wrong with a ledger's bytes. A defect says what was expected and what was there;
//! whoever reads the file adds its name and the offset.

use election::instant_text;

use crate::format::body::BodyError;
use crate::format::chain::LinkHash;

/// One thing wrong at one place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant names its fields")]
#[non_exhaustive]
pub enum Defect {
    /// Not the start of a segment.
    #[error("not a ledger segment: expected magic SCRLEDG2, got {got:02x?}")]
    Magic { got: [u8; 8] },
    /// Written by another version of this program.
    #[error(
        "format version {got}, this program reads version {expected}: use the release that began this ledger; where its earlier segments can be read, this one is damaged: restore it from a copy"
    )]
    Version {
        /// The version read here.
        expected: u32,
        got: u32,
    },
    /// A segment header whose length does not fit what it holds.
    #[error("segment header of {got} bytes, expected {expected}")]
    HeaderLength {
        /// What its number of ballots needs.
        expected: u64,
        /// The length that the header says.
        got: u64,
    },
    /// A field of the segment header that must be zero, or text that is not an id.
    #[error("segment header field {field} is malformed")]
    HeaderField { field: &'static str },
    /// The hash at the end of a segment header does not fit.
    #[error("the segment header's SHA-256 does not fit its bytes")]
    SegmentHash,
    /// The ledger of something else.
    #[error(
        "segment of another {what}: expected {expected}, got {got}; name the data directory of this event"
    )]
    Another {
        /// What differs, such as the event.
        what: &'static str,
        expected: String,
        got: String,
    },
    /// Segments are numbered without gaps.
    #[error("segment number {got}, expected {expected}: a segment file is missing or renamed")]
    SegmentNumber {
        /// The number after that of the segment before.
        expected: u32,
        got: u32,
    },
    /// A frame of no possible length.
    #[error("frame length {got}, expected {min} to {max}")]
    FrameLength {
        /// Bytes of the shortest frame.
        min: u32,
        /// Bytes of the longest frame.
        max: u32,
        got: u32,
    },
    /// The CRC32C of a frame header does not fit.
    #[error("frame header checksum {got:08x}, expected {expected:08x}")]
    HeaderChecksum {
        /// Over the bytes found.
        expected: u32,
        got: u32,
    },
    /// The hash at the end of a frame does not fit.
    #[error("the frame's SHA-256 does not fit its bytes")]
    FrameHash,
    /// A frame is missing, or one was inserted.
    #[error("sequence {got}, expected {expected}: a frame is missing or out of place")]
    Sequence {
        /// The number after that of the frame before.
        expected: u64,
        got: u64,
    },
    /// The frame does not follow the one before.
    #[error("previous link {got}, expected {expected}: this is another history")]
    Chain {
        /// Hash of what stands before.
        expected: LinkHash,
        /// What the frame or header names.
        got: LinkHash,
    },
    /// An epoch that went back, or differs from its segment's.
    #[error("epoch {got}, expected {expected}")]
    Epoch {
        /// The segment's, or the least possible.
        expected: u32,
        got: u32,
    },
    /// Commit times never go back.
    #[error("commit time {got} ms, expected {expected} or later")]
    Time {
        /// Of the frame before.
        expected: i64,
        got: i64,
    },
    /// The body is malformed.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The marks cannot be.
    #[error(transparent)]
    Mark(#[from] MarkError),
    /// Marks of a ballot that took no votes at the time of their frame.
    #[error(
        "votes on ballot {ballot} stamped {time}, but its window is from {opens} until before {closes}: no validator of ours writes this",
        time = instant_text(*time_ms), opens = instant_text(*opens_ms), closes = instant_text(*closes_ms)
    )]
    OutsideWindow {
        ballot: String,
        /// Of the frame, ms since 1970 UTC, as the next two.
        time_ms: i64,
        opens_ms: i64,
        closes_ms: i64,
    },
    /// A segment in the directory of another partition.
    #[error(
        "segment of partition {got} in the directory of partition {expected}: it was copied or renamed; move it out of the ledger, or give it back the name of its partition"
    )]
    Partition {
        /// By the name of the directory.
        expected: u16,
        /// By the segment's header.
        got: u16,
    },
    /// The file ends inside a frame or header.
    #[error("{got} bytes left, expected {expected}")]
    Truncated { expected: u64, got: u64 },
    /// Space reserved behind the last frame must read as zeros.
    #[error("a byte that is not zero behind the last frame")]
    NotZero,
}

/// Why a mark cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MarkError {
    /// No such ballot, shard or ordinal in the package.
    #[error(
        "ballot {ballot}, shard {shard}, ordinal {ordinal}: no such credential in this package"
    )]
    Unknown {
        /// Index of the ballot.
        ballot: u16,
        /// Number of the shard.
        shard: u32,
        /// Ordinal in the shard.
        ordinal: u32,
    },
    /// One credential, one vote.
    #[error("ballot {ballot}, shard {shard}, ordinal {ordinal}: marked twice")]
    Twice {
        /// Index of the ballot.
        ballot: u16,
        /// Number of the shard.
        shard: u32,
        /// Ordinal in the shard.
        ordinal: u32,
    },
    /// A duplicate of a vote that is not there.
    #[error(
        "ballot {ballot}, shard {shard}, ordinal {ordinal}: a duplicate, but no vote before it"
    )]
    DuplicateOfNone {
        /// Index of the ballot.
        ballot: u16,
        /// Number of the shard.
        shard: u32,
        /// Ordinal in the shard.
        ordinal: u32,
    },
}
