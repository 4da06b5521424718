//! What a receipt adds to the proof of its frame: which vote of the frame is the voter's.
//!
//! ```text
//! offset size
//!      0   79  the frame's leaf
//!     79   16  tracker of the vote
//!     95    4  position of the vote in the frame, from 0, big-endian
//!     99  32n  path of the tracker in the leaf's tree of trackers, from its sibling upwards
//! ```
//! These are the extra bytes of a [`LogProof`]. They are not signed; [`ReceiptExtra::verify`] ties them to
//! the checkpoint.

use crate::hash::{HASH_BYTES, Hash};
use crate::leaf::{LEAF_BYTES, Leaf, LeafError, TRACKER_BYTES};
use crate::policy::check::Attested;
use crate::policy::rules::Policy;
use crate::proof_file::{LogProof, Unproven};
use crate::tree::proof::ProofError;

/// Hashes of the longest path: a frame counts its votes in 32 bits.
const PATH_HASHES_MAX: usize = 32;

/// The part of a receipt that a log knows nothing of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptExtra {
    /// What the log says of the frame.
    pub leaf: Leaf,
    /// Tracker of the vote.
    pub tracker: [u8; TRACKER_BYTES],
    /// Position of the vote in the frame, from 0.
    pub position: u32,
    /// Path of the tracker among those of the frame.
    pub path: Vec<Hash>,
}

/// Why bytes are not the extra part of a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptExtraError {
    /// Parts are missing or left over.
    #[error(
        "the receipt's extra data has {got} bytes, which no receipt has: the file was altered, or is the proof of something else"
    )]
    Length {
        /// Bytes that there are.
        got: usize,
    },
    /// The leaf cannot be read.
    #[error(transparent)]
    Leaf(#[from] LeafError),
}

/// Why a receipt proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptUnproven {
    /// The proof has no extra data.
    #[error("the file proves a frame and names no vote of it: it is no receipt")]
    NoExtra,
    /// The extra data cannot be read.
    #[error(transparent)]
    Extra(#[from] ReceiptExtraError),
    /// The proof's index belongs to another frame.
    #[error(
        "the receipt is of frame {frame} and proves the leaf at index {index}: the file was altered"
    )]
    Index {
        /// Sequence of the frame.
        frame: u64,
        /// Index in the proof.
        index: u64,
    },
    /// The tracker is not in the frame.
    #[error("the vote is not in the frame")]
    Tracker(#[source] ProofError),
    /// The frame is not in the log, or the policy does not accept the log's checkpoint.
    #[error(transparent)]
    Frame(#[from] Unproven),
}

/// A vote that is in a log which the policy accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenVote {
    /// The vote and its frame.
    pub receipt: ReceiptExtra,
    /// The checkpoint, and who saw it.
    pub attested: Attested,
}

impl ReceiptExtra {
    /// The extra bytes of the proof.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = self.leaf.encode().to_vec();
        bytes.extend_from_slice(&self.tracker);
        bytes.extend_from_slice(&self.position.to_be_bytes());
        for hash in &self.path {
            bytes.extend_from_slice(&hash.0);
        }
        bytes
    }

    /// Reads the extra bytes of a proof.
    ///
    /// # Errors
    /// See [`ReceiptExtraError`].
    pub fn decode(bytes: &[u8]) -> Result<ReceiptExtra, ReceiptExtraError> {
        let got = bytes.len();
        let length = || ReceiptExtraError::Length { got };
        let (leaf, rest) = bytes.split_first_chunk::<LEAF_BYTES>().ok_or_else(length)?;
        let (tracker, rest) = rest.split_first_chunk().ok_or_else(length)?;
        let (position, path) = rest.split_first_chunk().ok_or_else(length)?;
        let (hashes, []) = path.as_chunks::<HASH_BYTES>() else {
            return Err(length());
        };
        if hashes.len() > PATH_HASHES_MAX {
            return Err(length());
        }
        Ok(ReceiptExtra {
            leaf: Leaf::decode(leaf)?,
            tracker: *tracker,
            position: u32::from_be_bytes(*position),
            path: hashes.iter().copied().map(Hash).collect(),
        })
    }

    /// Checks a receipt wholly: the vote is in the frame, the frame in the log, the log signed and seen by
    /// witnesses as the policy asks.
    ///
    /// # Errors
    /// See [`ReceiptUnproven`].
    pub fn verify(proof: &LogProof, policy: &Policy) -> Result<ProvenVote, ReceiptUnproven> {
        let extra = proof.extra.as_deref().ok_or(ReceiptUnproven::NoExtra)?;
        let receipt = ReceiptExtra::decode(extra)?;
        let ReceiptExtra {
            leaf,
            tracker,
            position,
            path,
        } = &receipt;
        if leaf.index() != proof.index {
            return Err(ReceiptUnproven::Index {
                frame: leaf.sequence,
                index: proof.index,
            });
        }
        leaf.verify_tracker(tracker, *position, path)
            .map_err(ReceiptUnproven::Tracker)?;
        let attested = proof.verify(leaf.hash(), policy)?;
        Ok(ProvenVote { receipt, attested })
    }
}
