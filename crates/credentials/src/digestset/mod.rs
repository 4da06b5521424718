//! Digest sets: what leaves the air-gapped machine, one file per ballot and shard.
//!
//! A directory of digest sets holds `<ballot>/NNNN.digests` (NNNN: the shard number in decimal, at
//! least four digits) for every ballot and shard, and `report.json` by the program that wrote it.
//! A file is a [`Header`] of [`HEADER_LEN`] bytes, `count` records of [`RECORD_LEN`] bytes in
//! strictly ascending order of digest, and the SHA-256 of everything before it:
//!
//! | bytes | header field |
//! | --- | --- |
//! | 0..8 | magic `SCRDGST1` |
//! | 8..12 | format version, u32 = 1 |
//! | 12..16 | header length, u32 = 96 |
//! | 16 | scheme: 1 sha256, 2 hmac-sha256 |
//! | 17 | 1 where every record has a region, 0 where none has |
//! | 18 | leading digest bits that choose the shard, 0..=10 |
//! | 19 | length of the ballot id |
//! | 20..24 | shard number, u32 |
//! | 24..32 | number of records, u64 |
//! | 32..40 | id of the roll key; zeros under scheme sha256 |
//! | 40..72 | ballot id, padded with zeros |
//! | 72..92 | zeros |
//! | 92..96 | CRC32C of bytes 0..92 |
//!
//! A record is the 16 bytes of the digest and the region number (u16, 0 = none). All integers are
//! little-endian. Writing and reading stream; neither holds more than a fixed buffer.

mod error;
mod header;
mod reader;
#[cfg(test)]
mod tests;
mod writer;

use std::path::PathBuf;

use crate::{BallotId, Digest};

pub use error::{HeaderFault, ReadError, WriteError};
pub use header::{HEADER_LEN, Header};
pub use reader::{DigestSetReader, check_bytes};
pub use writer::{DigestSetWriter, Summary};

/// Bytes of a record: digest and region.
pub const RECORD_LEN: usize = Digest::LEN + 2;

/// Bytes of the trailer: a SHA-256.
pub const TRAILER_LEN: usize = 32;

/// Name of the report beside the ballots' directories.
pub const REPORT_FILE: &str = "report.json";

/// One credential of a ballot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Record {
    /// The voter on this ballot.
    pub digest: Digest,
    /// The voter's region, 1..=65535; 0 where the roll has no regions.
    pub region: u16,
}

/// Where the digest set of a ballot and shard lies, relative to the directory:
/// `L2025-001/0003.digests`.
pub fn file_path(ballot: &BallotId, shard: u32) -> PathBuf {
    PathBuf::from(ballot.as_str()).join(format!("{shard:04}.digests"))
}

impl Record {
    /// The record as it stands in a file.
    pub fn to_bytes(self) -> [u8; RECORD_LEN] {
        let mut bytes = [0; RECORD_LEN];
        let (digest, region) = bytes.split_at_mut(Digest::LEN);
        digest.copy_from_slice(self.digest.as_bytes());
        region.copy_from_slice(&self.region.to_le_bytes());
        bytes
    }

    /// Reads what [`Record::to_bytes`] wrote; any bytes are a record.
    pub fn from_bytes(bytes: &[u8; RECORD_LEN]) -> Self {
        let [digest @ .., low, high] = *bytes;
        Self {
            digest: Digest(digest),
            region: u16::from_le_bytes([low, high]),
        }
    }
}
