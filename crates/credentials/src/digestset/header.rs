//! The header of a digest set: encoding, and decoding of bytes nobody vouches for.

use super::error::HeaderFault;
use crate::{BallotId, KeyId, MAX_SHARD_BITS, Nas, Scheme};

/// Bytes of the header.
pub const HEADER_LEN: usize = 96;

const MAGIC: [u8; 8] = *b"SCRDGST1";
const VERSION: u32 = 1;
const HEADER_LEN_FIELD: u32 = 96;
const CHECKED_LEN: usize = HEADER_LEN - 4;

/// What a digest set holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The ballot for which the digests were made.
    pub ballot: BallotId,
    /// How the digests were made.
    pub scheme: Scheme,
    /// The roll key's id; present exactly under [`Scheme::HmacSha256`].
    pub key_id: Option<KeyId>,
    /// Whether every record has a region (or none has).
    pub has_region: bool,
    /// Leading digest bits that choose the shard, 0..=[`MAX_SHARD_BITS`].
    pub shard_bits: u8,
    /// The shard, below 2^`shard_bits`.
    pub shard: u32,
    /// Records in this file.
    pub count: u64,
}

impl Header {
    /// Length of the whole file in bytes.
    pub fn file_len(&self) -> u64 {
        let around = (HEADER_LEN + super::TRAILER_LEN) as u64;
        around.saturating_add(self.count.saturating_mul(super::RECORD_LEN as u64))
    }

    pub(super) fn encode(&self) -> Result<[u8; HEADER_LEN], HeaderFault> {
        self.check()?;
        let ballot = self.ballot.as_str().as_bytes();
        let mut out = Encoder {
            bytes: [0; HEADER_LEN],
            at: 0,
        };
        out.put(&MAGIC);
        out.put(&VERSION.to_le_bytes());
        out.put(&HEADER_LEN_FIELD.to_le_bytes());
        out.put(&[
            scheme_number(self.scheme),
            u8::from(self.has_region),
            self.shard_bits,
        ]);
        out.put(&[self.ballot.byte_len()]);
        out.put(&self.shard.to_le_bytes());
        out.put(&self.count.to_le_bytes());
        out.put(&self.key_id.map_or([0; 8], |id| id.0));
        out.put(ballot);
        out.at = CHECKED_LEN;
        out.put(&crc32c::crc32c(&out.bytes[..CHECKED_LEN]).to_le_bytes());
        Ok(out.bytes)
    }

    /// Reads a header; every field is checked, and every unused byte must be zero.
    pub(super) fn decode(bytes: &[u8; HEADER_LEN]) -> Result<Self, HeaderFault> {
        let mut rest = Fields(bytes);
        if rest.take::<8>()? != MAGIC {
            return Err(HeaderFault::Magic);
        }
        let version = u32::from_le_bytes(rest.take()?);
        let header_len = u32::from_le_bytes(rest.take()?);
        if version != VERSION || header_len != HEADER_LEN_FIELD {
            return Err(HeaderFault::Version {
                version,
                header_len,
            });
        }
        check_crc(bytes)?;
        let [scheme, has_region, shard_bits, ballot_len] = rest.take()?;
        let shard = u32::from_le_bytes(rest.take()?);
        let count = u64::from_le_bytes(rest.take()?);
        let key_id = KeyId(rest.take()?);
        let ballot = ballot_id(rest.take()?, ballot_len)?;
        require(
            "padding",
            u64::from(rest.take::<20>()?.iter().any(|byte| *byte != 0)),
            |v| v == 0,
        )?;
        require("has_region", has_region.into(), |v| v <= 1)?;
        let scheme = scheme_of(scheme)?;
        if scheme == Scheme::Sha256 {
            require("key_id", u64::from_be_bytes(key_id.0), |v| v == 0)?;
        }
        let key_id = (scheme == Scheme::HmacSha256).then_some(key_id);
        let has_region = has_region == 1;
        let header = Self {
            ballot,
            scheme,
            key_id,
            has_region,
            shard_bits,
            shard,
            count,
        };
        header.check()?;
        Ok(header)
    }

    /// The ranges of the fields, for writing and for reading.
    fn check(&self) -> Result<(), HeaderFault> {
        let keyed = self.scheme == Scheme::HmacSha256;
        require("key_id", self.key_id.is_some().into(), |present| {
            (present == 1) == keyed
        })?;
        require("shard_bits", self.shard_bits.into(), |v| {
            v <= MAX_SHARD_BITS.into()
        })?;
        require("shard", self.shard.into(), |v| v >> self.shard_bits == 0)?;
        require("count", self.count, |v| v <= Nas::NUMBERS.into())
    }
}

fn check_crc(bytes: &[u8; HEADER_LEN]) -> Result<(), HeaderFault> {
    let (checked, crc) = bytes.split_at(CHECKED_LEN);
    let expected = crc32c::crc32c(checked);
    let got = u32::from_le_bytes(Fields(crc).take()?);
    if got == expected {
        Ok(())
    } else {
        Err(HeaderFault::Crc { expected, got })
    }
}

fn ballot_id(field: [u8; BallotId::MAX_LEN], len: u8) -> Result<BallotId, HeaderFault> {
    let fault = HeaderFault::Field {
        field: "ballot_len",
        got: len.into(),
    };
    let Some((id, padding)) = field.split_at_checked(len.into()) else {
        return Err(fault);
    };
    if padding.iter().any(|byte| *byte != 0) {
        return Err(fault);
    }
    let id = str::from_utf8(id).map_err(|_| HeaderFault::Field {
        field: "ballot",
        got: 0,
    })?;
    Ok(BallotId::parse(id)?)
}

fn require(field: &'static str, got: u64, ok: impl Fn(u64) -> bool) -> Result<(), HeaderFault> {
    if ok(got) {
        Ok(())
    } else {
        Err(HeaderFault::Field { field, got })
    }
}

fn scheme_number(scheme: Scheme) -> u8 {
    match scheme {
        Scheme::Sha256 => 1,
        Scheme::HmacSha256 => 2,
    }
}

fn scheme_of(number: u8) -> Result<Scheme, HeaderFault> {
    match number {
        1 => Ok(Scheme::Sha256),
        2 => Ok(Scheme::HmacSha256),
        _ => Err(HeaderFault::Field {
            field: "scheme",
            got: number.into(),
        }),
    }
}

/// The header under construction. The fields' lengths are fixed, so they fit.
struct Encoder {
    bytes: [u8; HEADER_LEN],
    at: usize,
}

impl Encoder {
    fn put(&mut self, field: &[u8]) {
        let end = self.at + field.len();
        self.bytes[self.at..end].copy_from_slice(field);
        self.at = end;
    }
}

/// The bytes of a header not yet read.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], HeaderFault> {
        // A header is a whole array, so nothing is ever missing; an error costs nothing.
        let missing = HeaderFault::Field {
            field: "header_len",
            got: self.0.len() as u64,
        };
        let (field, rest) = self.0.split_first_chunk().ok_or(missing)?;
        self.0 = rest;
        Ok(*field)
    }
}
