//! What can be wrong with a digest set, each fault with what was expected and what was found.

use std::io;

use crate::BallotIdError;

/// A header that cannot be a digest set's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant names its fields")]
pub enum HeaderFault {
    /// Other first bytes: not a digest set.
    #[error("not a digest set: it does not begin with SCRDGST1; name a file that hashgen wrote")]
    Magic,
    /// A version or header length this program does not read.
    #[error(
        "digest set has format version {version} and a header of {header_len} bytes, expected 1 and 96: use the release that wrote it"
    )]
    Version {
        version: u32,
        /// Header length found, in bytes.
        header_len: u32,
    },
    /// The header's checksum does not match.
    #[error(
        "header checksum is {got:08x}, expected {expected:08x}: the file is damaged, copy it again"
    )]
    Crc {
        /// CRC32C of the header's bytes.
        expected: u32,
        /// CRC32C that the header names.
        got: u32,
    },
    /// A field outside its range.
    #[error("header field {field} has the value {got}: the file is damaged, write it again")]
    Field { field: &'static str, got: u64 },
    /// The ballot id does not parse.
    #[error("ballot id in the header: {0}")]
    Ballot(#[from] BallotIdError),
}

/// Why a digest set could not be read.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant names its fields")]
pub enum ReadError {
    /// The header is not acceptable.
    #[error(transparent)]
    Header(#[from] HeaderFault),
    /// The operating system could not read.
    #[error("cannot read the digest set: {0}")]
    Io(#[from] io::Error),
    /// The file ends early.
    #[error("digest set ends after {got} of {expected} records: it was cut short, copy it again")]
    Truncated {
        /// Records the header promises.
        expected: u64,
        got: u64,
    },
    /// A digest is not greater than the one before.
    #[error("record {index} is not in ascending order: the file is damaged, write it again")]
    Order {
        /// Number of the record, from 0.
        index: u64,
    },
    /// A digest that belongs to another shard.
    #[error(
        "record {index} belongs to shard {got}, expected {expected}: the file is damaged, write it again"
    )]
    Shard {
        /// Number of the record, from 0.
        index: u64,
        expected: u32,
        got: u32,
    },
    /// A region where the header says there is none, or none where it says there is one.
    #[error(
        "record {index} has region {got}, against the header: the file is damaged, write it again"
    )]
    Region {
        /// Number of the record, from 0.
        index: u64,
        got: u16,
    },
    /// The trailer is not the SHA-256 of the file.
    #[error(
        "SHA-256 of the digest set does not match its trailer: the file is damaged, copy it again"
    )]
    Checksum,
    /// Bytes after the trailer.
    #[error("digest set goes on after its trailer: the file is damaged, copy it again")]
    TrailingBytes,
}

/// Why a digest set could not be written.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant names its fields")]
pub enum WriteError {
    /// The header is not acceptable.
    #[error(transparent)]
    Header(#[from] HeaderFault),
    /// The operating system could not write.
    #[error("cannot write the digest set: {0}")]
    Io(#[from] io::Error),
    /// A digest is not greater than the one before: sort and remove duplicates first.
    #[error("record {index} is not in strictly ascending order: sort and remove duplicates first")]
    Order {
        /// Number of the record, from 0.
        index: u64,
    },
    /// A digest that belongs to another shard.
    #[error("record {index} belongs to shard {got}, expected {expected}")]
    Shard {
        /// Number of the record, from 0.
        index: u64,
        expected: u32,
        got: u32,
    },
    /// A region where the header says there is none, or none where it says there is one.
    #[error("record {index} has region {got}, against the header's has_region")]
    Region {
        /// Number of the record, from 0.
        index: u64,
        got: u16,
    },
    /// Fewer or more records than the header announces.
    #[error("digest set received {got} records, its header announces {expected}")]
    Count { expected: u64, got: u64 },
}
