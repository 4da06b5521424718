//! The 16 bytes that stand for a voter on one ballot, and how they are spread over shards.

use std::fmt;
use std::str::FromStr;

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};

/// The first 16 bytes of a credential's hash. Its order is that of the bytes.
///
/// Not a secret, but it stands for one person: `Debug` shows only the first 4 bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; Digest::LEN]);

/// Why some text is not a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant names its fields")]
pub enum DigestParseError {
    /// Neither 32 nor 64 characters.
    #[error("digest has {got} characters, expected 32 or 64: write it in hexadecimal")]
    Length { got: usize },
    /// A character that is no hexadecimal digit.
    #[error("digest has a character that is no hexadecimal digit: use 0-9, a-f, A-F")]
    NotHex,
}

/// Most leading bits that choose a shard: 1024 shards hold the 10⁹ possible NAS at 2²⁰ each.
pub const MAX_SHARD_BITS: u8 = 10;

/// Leading digest bits for this many voters: the fewest that keep the mean shard at 2²⁰ (about a
/// million) credentials, at most [`MAX_SHARD_BITS`].
///
/// ```
/// assert_eq!(credentials::shard_bits_for(1_000_000), 0);
/// assert_eq!(credentials::shard_bits_for(8_000_000), 3);
/// ```
pub fn shard_bits_for(voters: u64) -> u8 {
    let fits = |bits: &u8| voters.div_ceil(1 << bits) <= 1 << 20;
    (0..MAX_SHARD_BITS).find(fits).unwrap_or(MAX_SHARD_BITS)
}

impl Digest {
    /// Bytes kept of a hash.
    pub const LEN: usize = 16;

    /// The shard this digest lies in when `shard_bits` leading bits choose it; more than 32 bits
    /// count as 32.
    pub fn shard(&self, shard_bits: u8) -> u32 {
        let [a, b, c, d, ..] = self.0;
        let leading = u32::from_be_bytes([a, b, c, d]);
        match shard_bits {
            0 => 0,
            bits => leading >> (32 - u32::from(bits.min(32))),
        }
    }

    /// The bytes, in the order in which digests are sorted.
    pub fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    /// Reads hexadecimal digits: 32, or the 64 of a whole SHA-256, of which the first half counts.
    pub fn parse_hex(text: &[u8]) -> Result<Self, DigestParseError> {
        if text.len() != 2 * Self::LEN && text.len() != 4 * Self::LEN {
            return Err(DigestParseError::Length { got: text.len() });
        }
        if !text.iter().all(u8::is_ascii_hexdigit) {
            return Err(DigestParseError::NotHex);
        }
        let mut bytes = [0; Self::LEN];
        HEXLOWER_PERMISSIVE
            .decode_mut(&text[..2 * Self::LEN], &mut bytes)
            .map_err(|_| DigestParseError::NotHex)?;
        Ok(Self(bytes))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        HEXLOWER.encode_display(&self.0).fmt(f)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({}..)", HEXLOWER.encode_display(&self.0[..4]))
    }
}

impl FromStr for Digest {
    type Err = DigestParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse_hex(text.as_bytes())
    }
}
