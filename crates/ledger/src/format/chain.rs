//! The chain: each link (a segment header or a frame) names the SHA-256 of the link before it.

use std::fmt;

use crate::format::hex;

/// Bytes of a SHA-256.
pub(crate) const HASH_BYTES: usize = 32;
/// The SHA-256 of a frame or segment header: a link of the chain.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct LinkHash(pub [u8; HASH_BYTES]);

impl fmt::Display for LinkHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(f, &self.0)
    }
}

impl fmt::Debug for LinkHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LinkHash({self})")
    }
}

/// A place in the chain: what has been read or written so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cursor {
    /// Sequence of the last frame; 0 before the first.
    pub sequence: u64,
    /// Its hash; zeros before the first.
    pub link: LinkHash,
}
