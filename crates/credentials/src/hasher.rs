//! The two schemes that turn NAS, code and ballot into a digest.

use std::fmt;
use std::str::FromStr;

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroize as _;

use crate::{BallotId, Code, Digest, KeyId, Nas, RollKey};

/// How credentials are hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scheme {
    /// SHA-256 of `NAS|CODE|BALLOT`: for compatibility with existing hash databases only. Whoever
    /// holds the digests and a NAS can try all six-character codes in under a second.
    Sha256,
    /// HMAC-SHA256 (RFC 2104) under the roll key over length-prefixed fields: the default.
    HmacSha256,
}

/// Why some text names no scheme.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown scheme {got:?}: use hmac-sha256 or sha256")]
pub struct SchemeError {
    /// The word that names no scheme.
    pub got: String,
}

/// The domain tag of scheme `hmac-sha256`: its first length-prefixed field.
const DOMAIN: &[u8] = b"scrutin.v1";

/// The domain tag of trackers, behind its length: no digest's message begins with that length.
const TRACKER_DOMAIN: &[u8] = b"\x1ascrutin.v1 receipt tracker";

/// Longest message: four length bytes, the domain tag, NAS, code and ballot id.
const MESSAGE_LEN_MAX: usize = 4 + DOMAIN.len() + Nas::LEN + Code::MAX_LEN + BallotId::MAX_LEN;

/// Turns credentials into digests. Cheap to clone: the keyed state is computed once.
#[derive(Clone)]
pub struct Hasher {
    state: HasherState,
}

#[derive(Clone)]
enum HasherState {
    Plain,
    Keyed { mac: Hmac<Sha256>, key_id: KeyId },
}

impl Scheme {
    /// The name in files and on command lines: `sha256` or `hmac-sha256`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::HmacSha256 => "hmac-sha256",
        }
    }
}

impl Hasher {
    /// The compatibility scheme, without a key.
    pub fn sha256() -> Self {
        Self {
            state: HasherState::Plain,
        }
    }

    /// The default scheme, under the roll key.
    pub fn hmac(key: &RollKey) -> Self {
        let mac = Hmac::new_from_slice(key.as_bytes()).expect("HMAC takes keys of any length");
        Self {
            state: HasherState::Keyed {
                mac,
                key_id: key.key_id(),
            },
        }
    }

    /// The scheme by which this hasher makes digests.
    pub fn scheme(&self) -> Scheme {
        match self.state {
            HasherState::Plain => Scheme::Sha256,
            HasherState::Keyed { .. } => Scheme::HmacSha256,
        }
    }

    /// The id of the roll key; `None` where the scheme has no key.
    pub fn key_id(&self) -> Option<KeyId> {
        match self.state {
            HasherState::Plain => None,
            HasherState::Keyed { key_id, .. } => Some(key_id),
        }
    }

    /// What names a vote on its receipt, derived from its voter and from the key that came with it:
    /// the same vote sent again under the same key has the same tracker.
    ///
    /// Whoever lacks the key that came with the vote cannot tell whose tracker it is. Whoever lacks
    /// the roll key cannot even try out guesses at it; under [`Scheme::Sha256`] everybody can.
    pub fn tracker(&self, voter: &Digest, sent_key: &[u8]) -> [u8; 16] {
        let hash = match &self.state {
            HasherState::Plain => Sha256::new()
                .chain_update(TRACKER_DOMAIN)
                .chain_update(voter.0)
                .chain_update(sent_key)
                .finalize(),
            HasherState::Keyed { mac, .. } => mac
                .clone()
                .chain_update(TRACKER_DOMAIN)
                .chain_update(voter.0)
                .chain_update(sent_key)
                .finalize()
                .into_bytes(),
        };
        let mut tracker = [0; 16];
        tracker
            .iter_mut()
            .zip(hash)
            .for_each(|(to, from)| *to = from);
        tracker
    }

    /// The digest of one voter on one ballot. Allocates nothing; the message is wiped afterwards.
    pub fn digest(&self, nas: &Nas, code: &Code, ballot: &BallotId) -> Digest {
        let mut message = Message::new();
        let ballot = ballot.as_str().as_bytes();
        let hash = match &self.state {
            HasherState::Plain => {
                for field in [&nas.as_bytes()[..], b"|", code.as_bytes(), b"|", ballot] {
                    message.push(field);
                }
                Sha256::digest(message.as_bytes())
            }
            HasherState::Keyed { mac, .. } => {
                for field in [DOMAIN, nas.as_bytes(), code.as_bytes(), ballot] {
                    message.push_prefixed(field);
                }
                mac.clone()
                    .chain_update(message.as_bytes())
                    .finalize()
                    .into_bytes()
            }
        };
        let mut head = [0; Digest::LEN];
        head.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
        Digest(head)
    }
}

/// The bytes to hash, on the stack. Wiped on drop as far as they were written: wiping is byte by
/// byte, and this happens for every voter and ballot.
struct Message {
    bytes: [u8; MESSAGE_LEN_MAX],
    len: usize,
}

impl Message {
    fn new() -> Self {
        Self {
            bytes: [0; MESSAGE_LEN_MAX],
            len: 0,
        }
    }

    /// Appends a field. All fields together fit: each type bounds its own length.
    fn push(&mut self, field: &[u8]) {
        let end = self.len + field.len();
        self.bytes[self.len..end].copy_from_slice(field);
        self.len = end;
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "no field is longer than 32 bytes"
    )]
    fn push_prefixed(&mut self, field: &[u8]) {
        self.push(&[field.len() as u8]);
        self.push(field);
    }

    fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl Drop for Message {
    fn drop(&mut self) {
        self.bytes[..self.len].zeroize();
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hasher")
            .field("scheme", &self.scheme())
            .field("key_id", &self.key_id())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Scheme {
    type Err = SchemeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "sha256" => Ok(Self::Sha256),
            "hmac-sha256" => Ok(Self::HmacSha256),
            _ => Err(SchemeError {
                got: text.to_owned(),
            }),
        }
    }
}
