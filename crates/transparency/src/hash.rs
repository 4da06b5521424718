//! The hashes of a tree (RFC 6962, section 2.1): SHA-256 with another first byte for a leaf than for a
//! node, so that no node can pass for a leaf.

use std::fmt;

use data_encoding::BASE64;
use sha2::{Digest, Sha256};

use crate::text;

const LEAF: [u8; 1] = [0x00];
const NODE: [u8; 1] = [0x01];

/// Bytes of a SHA-256.
pub const HASH_BYTES: usize = 32;

/// The hash of a leaf, of a subtree, or of a whole tree. Its text form is base 64.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Hash(pub [u8; HASH_BYTES]);

impl Hash {
    /// The root of a tree without leaves: the SHA-256 of nothing.
    #[must_use]
    pub fn of_empty_tree() -> Hash {
        Hash(Sha256::digest([]).into())
    }

    /// The hash of a leaf with these bytes.
    #[must_use]
    pub fn of_leaf(bytes: &[u8]) -> Hash {
        let hash = Sha256::new().chain_update(LEAF).chain_update(bytes);
        Hash(hash.finalize().into())
    }

    /// The hash of the node over two subtrees.
    #[must_use]
    pub fn of_node(left: Hash, right: Hash) -> Hash {
        let hash = Sha256::new().chain_update(NODE);
        let hash = hash.chain_update(left.0).chain_update(right.0);
        Hash(hash.finalize().into())
    }

    /// Reads the text form; none where it is not the one base 64 of 32 bytes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Hash> {
        let bytes = text::base64(text)?;
        bytes.try_into().ok().map(Hash)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64.encode(&self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}
