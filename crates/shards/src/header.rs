//! The 64 bytes that open every binary file of a package.
//!
//! | offset | bytes | content |
//! | --- | --- | --- |
//! | 0 | 8 | magic `SCRUTINP` |
//! | 8 | 4 | version, 1 |
//! | 12 | 4 | kind: 1 prefix index, 2 filter, 3 digest column, 4 region column |
//! | 16 | 4 | shard number |
//! | 20 | 4 | element width in bytes: 0 for the index, 1 or 2 for filter and regions, 16 for digests |
//! | 24 | 8 | credentials in the shard |
//! | 32 | 8 | payload length in bytes |
//! | 40 | 4 | CRC32C of the payload |
//! | 44 | 16 | zero |
//! | 60 | 4 | CRC32C of bytes 0 to 59 |
//!
//! All integers are little-endian. 64 bytes keep the payload of a mapped file on a cache line. The
//! checksums find accidents; against intent there are the SHA-256 sums of the signed manifest.

use crate::error::FormatError;

/// Length of the header, and offset of the payload.
pub(crate) const HEADER_BYTES: usize = 64;
const MAGIC: [u8; 8] = *b"SCRUTINP";
const VERSION: u32 = 1;
const CHECKED_BYTES: usize = HEADER_BYTES - 4;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Index,
    Filter,
    Digests,
    Regions,
}

impl Kind {
    fn code(self) -> u32 {
        match self {
            Kind::Index => 1,
            Kind::Filter => 2,
            Kind::Digests => 3,
            Kind::Regions => 4,
        }
    }
}

/// The fields that differ from file to file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) kind: Kind,
    pub(crate) shard: u32,
    pub(crate) width: u32,
    pub(crate) count: u64,
    pub(crate) payload_len: u64,
    pub(crate) payload_crc: u32,
}

impl Header {
    /// Reads the header of a whole file of the expected kind and checks it against the file's
    /// length. The payload's checksum is left to [`Header::check_payload`]: whoever verified the
    /// file's SHA-256 need not read it again.
    pub(crate) fn read(file: &[u8], kind: Kind) -> Result<Header, FormatError> {
        let fields = file
            .first_chunk::<HEADER_BYTES>()
            .ok_or(FormatError::TooShort {
                expected: HEADER_BYTES as u64,
                got: file.len() as u64,
            })?;
        let (checked, _) = fields.split_at(CHECKED_BYTES);
        expect("magic", u64::from_le_bytes(MAGIC), u64_at(fields, 0))?;
        expect("version", VERSION.into(), u32_at(fields, 8).into())?;
        let crc = u32_at(fields, CHECKED_BYTES);
        expect(
            "header checksum",
            crc32c::crc32c(checked).into(),
            crc.into(),
        )?;
        expect("kind", kind.code().into(), u32_at(fields, 12).into())?;
        expect("reserved bytes", 0, u64_at(fields, 44) | u64_at(fields, 52))?;
        let header = Header {
            kind,
            shard: u32_at(fields, 16),
            width: u32_at(fields, 20),
            count: u64_at(fields, 24),
            payload_len: u64_at(fields, 32),
            payload_crc: u32_at(fields, 40),
        };
        expect(
            "payload length",
            (file.len() - HEADER_BYTES) as u64,
            header.payload_len,
        )?;
        Ok(header)
    }

    /// Compares the payload with its checksum.
    pub(crate) fn check_payload(&self, file: &[u8]) -> Result<(), FormatError> {
        expect(
            "payload checksum",
            crc32c::crc32c(payload(file)).into(),
            self.payload_crc.into(),
        )
    }

    /// The header as it stands in a file.
    #[cfg(feature = "builder")]
    pub(crate) fn to_bytes(self) -> [u8; HEADER_BYTES] {
        let fields: [&[u8]; 9] = [
            &MAGIC,
            &VERSION.to_le_bytes(),
            &self.kind.code().to_le_bytes(),
            &self.shard.to_le_bytes(),
            &self.width.to_le_bytes(),
            &self.count.to_le_bytes(),
            &self.payload_len.to_le_bytes(),
            &self.payload_crc.to_le_bytes(),
            &[0; 16],
        ];
        let mut bytes = fields.concat();
        bytes.extend(crc32c::crc32c(&bytes).to_le_bytes());
        bytes
            .try_into()
            .expect("the fields add up to the header's length")
    }
}

/// What follows the header of a file whose header was read.
#[inline]
pub(crate) fn payload(file: &[u8]) -> &[u8] {
    file.get(HEADER_BYTES..)
        .expect("Header::read refuses a file that is shorter than its header")
}

/// Compares one field of a file with what it must be.
pub(crate) fn expect(field: &'static str, expected: u64, got: u64) -> Result<(), FormatError> {
    if expected == got {
        Ok(())
    } else {
        Err(FormatError::Field {
            field,
            expected,
            got,
        })
    }
}

fn u32_at(fields: &[u8; HEADER_BYTES], at: usize) -> u32 {
    u32::from_le_bytes(bytes_at(fields, at))
}

fn u64_at(fields: &[u8; HEADER_BYTES], at: usize) -> u64 {
    u64::from_le_bytes(bytes_at(fields, at))
}

fn bytes_at<const N: usize>(fields: &[u8; HEADER_BYTES], at: usize) -> [u8; N] {
    let bytes = fields.get(at..).and_then(<[u8]>::first_chunk);
    *bytes.expect("the table above places every field inside the header")
}
