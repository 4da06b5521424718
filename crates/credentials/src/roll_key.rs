//! The roll key: 32 bytes that make digests useless to whoever holds only the package.

use std::fmt;
use std::str::FromStr;

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

const FILE_TAG: &str = "scrutin-roll-key-1";
const CHECKSUM_DOMAIN: &[u8] = b"scrutin roll key file checksum v1\0";
const KEY_ID_DOMAIN: &[u8] = b"scrutin roll key id v1\0";

/// The secret key of scheme `hmac-sha256`. Wiped on drop; `Debug` shows nothing.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct RollKey([u8; RollKey::LEN]);

/// Names a roll key without telling it: the first 8 bytes of a domain-separated SHA-256 of the key.
/// Packages carry it, so that a wrong key is refused at start. Written as 16 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub [u8; 8]);

/// Why some bytes are not a roll key file. Never carries the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RollKeyError {
    /// Not of the form `scrutin-roll-key-1:<64 hex>:<8 hex>`.
    #[error(
        "not a roll key: expected one line scrutin-roll-key-1:<64 hex digits>:<8 hex digits>, as written by hashgen keygen"
    )]
    Form,
    /// The checksum does not match: a character was lost or changed.
    #[error("roll key does not match its checksum: take an unaltered copy of the key file")]
    Checksum,
    /// The system gave no random bytes.
    #[error("the system gave no random bytes: {0}")]
    Random(getrandom::Error),
}

/// Why some text is not a key id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a key id: expected 16 hexadecimal digits")]
pub struct KeyIdError;

impl RollKey {
    /// Bytes of a key.
    pub const LEN: usize = 32;

    /// Longest file [`RollKey::parse`] accepts, in bytes: the line, and CR LF.
    pub const FILE_LEN_MAX: usize = FILE_TAG.len() + 1 + 64 + 1 + 8 + 2;

    /// Draws a key from the system's CSPRNG.
    pub fn generate() -> Result<Self, RollKeyError> {
        let mut key = Self([0; Self::LEN]);
        getrandom::fill(&mut key.0).map_err(RollKeyError::Random)?;
        Ok(key)
    }

    /// A key from its bytes, for tests and known-answer vectors.
    pub fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    /// The secret bytes: they must reach no log and no message.
    pub fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    /// Reads a key file: one line, its line end (LF or CR LF) may be missing.
    pub fn parse(file: &[u8]) -> Result<Self, RollKeyError> {
        let line = file.strip_suffix(b"\n").unwrap_or(file);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let rest = line
            .strip_prefix(FILE_TAG.as_bytes())
            .and_then(|rest| rest.strip_prefix(b":"))
            .ok_or(RollKeyError::Form)?;
        let (hex, rest) = rest.split_first_chunk::<64>().ok_or(RollKeyError::Form)?;
        let checksum = rest.strip_prefix(b":").ok_or(RollKeyError::Form)?;
        let checksum: &[u8; 8] = checksum.try_into().map_err(|_| RollKeyError::Form)?;
        let mut key = Self([0; Self::LEN]);
        let mut expected = [0; 4];
        for (digits, bytes) in [
            (&hex[..], &mut key.0[..]),
            (&checksum[..], &mut expected[..]),
        ] {
            HEXLOWER_PERMISSIVE
                .decode_mut(digits, bytes)
                .map_err(|_| RollKeyError::Form)?;
        }
        if bool::from(key.checksum().ct_eq(&expected)) {
            Ok(key)
        } else {
            Err(RollKeyError::Checksum)
        }
    }

    /// The key file: `scrutin-roll-key-1:<64 hex>:<8 hex checksum>` and a line feed.
    pub fn to_file_text(&self) -> Zeroizing<String> {
        // The full capacity at once: a growing String would leave copies of the key behind.
        let mut text = Zeroizing::new(String::with_capacity(Self::FILE_LEN_MAX));
        text.push_str(FILE_TAG);
        for part in [&self.0[..], &self.checksum()[..]] {
            text.push(':');
            HEXLOWER.encode_append(part, &mut text);
        }
        text.push('\n');
        text
    }

    /// The id that names this key.
    pub fn key_id(&self) -> KeyId {
        KeyId(self.tagged_hash(KEY_ID_DOMAIN))
    }

    fn checksum(&self) -> [u8; 4] {
        self.tagged_hash(CHECKSUM_DOMAIN)
    }

    fn tagged_hash<const N: usize>(&self, domain: &[u8]) -> [u8; N] {
        let hash = Sha256::new()
            .chain_update(domain)
            .chain_update(self.0)
            .finalize();
        let mut head = [0; N];
        head.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
        head
    }
}

impl fmt::Debug for RollKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RollKey(withheld)")
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        HEXLOWER.encode_display(&self.0).fmt(f)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

impl FromStr for KeyId {
    type Err = KeyIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut id = [0; 8];
        if text.len() != 16 {
            return Err(KeyIdError);
        }
        HEXLOWER_PERMISSIVE
            .decode_mut(text.as_bytes(), &mut id)
            .map_err(|_| KeyIdError)?;
        Ok(Self(id))
    }
}

impl Serialize for KeyId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for KeyId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}
