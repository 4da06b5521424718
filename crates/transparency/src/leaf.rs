//! The leaf of a frame: what the log commits to for each frame of a ledger, without saying who or what.
//!
//! ```text
//! offset size
//!      0    1  version, 1
//!      1    2  partition
//!      3    8  sequence of the frame, from 1; the leaf's index is one less
//!     11   32  link: the frame's SHA-256, which binds the chain before it
//!     43    4  votes of the frame
//!     47   32  root of the tree (RFC 6962) over the votes' trackers, 16 bytes each, in the frame's order
//! ```
//! Integers are big-endian, as in every other byte format of a transparency log.

use crate::hash::{HASH_BYTES, Hash};
use crate::tree::list::{list_path, list_root};
use crate::tree::proof::{ProofError, verify_inclusion};

/// Bytes of a leaf.
pub const LEAF_BYTES: usize = 79;
/// Bytes of a tracker: what a receipt knows of its vote.
pub const TRACKER_BYTES: usize = 16;

const VERSION: u8 = 1;

/// What the log says of one frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaf {
    /// Partition of the ledger.
    pub partition: u16,
    /// Sequence of the frame, from 1.
    pub sequence: u64,
    /// SHA-256 of the frame.
    pub link: [u8; HASH_BYTES],
    /// Number of votes in the frame.
    pub votes: u32,
    /// Root of the tree over the trackers of its votes.
    pub trackers: Hash,
}

/// Why bytes are no leaf of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LeafError {
    /// A leaf has one length.
    #[error("a leaf has {LEAF_BYTES} bytes, and this one {got}: it is of another log")]
    Length {
        /// Bytes that there are.
        got: usize,
    },
    /// Another version of the format.
    #[error(
        "the leaf has version {got}, and this program reads version {VERSION}: take a newer program"
    )]
    Version {
        /// What the first byte says.
        got: u8,
    },
    /// Frames are counted from 1.
    #[error(
        "the leaf names frame 0, and frames are counted from 1: it is damaged or of another log"
    )]
    Sequence,
}

impl Leaf {
    /// The leaf's bytes, as an entry of the log.
    #[must_use]
    pub fn encode(&self) -> [u8; LEAF_BYTES] {
        let mut bytes = [0; LEAF_BYTES];
        bytes[0] = VERSION;
        bytes[1..3].copy_from_slice(&self.partition.to_be_bytes());
        bytes[3..11].copy_from_slice(&self.sequence.to_be_bytes());
        bytes[11..43].copy_from_slice(&self.link);
        bytes[43..47].copy_from_slice(&self.votes.to_be_bytes());
        bytes[47..79].copy_from_slice(&self.trackers.0);
        bytes
    }

    /// Reads an entry of the log.
    ///
    /// # Errors
    /// See [`LeafError`].
    pub fn decode(bytes: &[u8]) -> Result<Leaf, LeafError> {
        let got = bytes.len();
        let bytes: &[u8; LEAF_BYTES] = bytes.try_into().map_err(|_| LeafError::Length { got })?;
        if bytes[0] != VERSION {
            return Err(LeafError::Version { got: bytes[0] });
        }
        let sequence = u64::from_be_bytes(field(bytes, 3));
        if sequence == 0 {
            return Err(LeafError::Sequence);
        }
        Ok(Leaf {
            partition: u16::from_be_bytes(field(bytes, 1)),
            sequence,
            link: field(bytes, 11),
            votes: u32::from_be_bytes(field(bytes, 43)),
            trackers: Hash(field(bytes, 47)),
        })
    }

    /// The leaf's hash in the tree.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Hash::of_leaf(&self.encode())
    }

    /// Where the leaf stands in the log, from 0.
    #[must_use]
    pub fn index(&self) -> u64 {
        self.sequence.saturating_sub(1)
    }

    /// Checks that the vote with this tracker is the one at `position` of the frame, from 0.
    ///
    /// # Errors
    /// See [`ProofError`].
    pub fn verify_tracker(
        &self,
        tracker: &[u8; TRACKER_BYTES],
        position: u32,
        path: &[Hash],
    ) -> Result<(), ProofError> {
        let leaf = Hash::of_leaf(tracker);
        verify_inclusion(
            leaf,
            position.into(),
            self.votes.into(),
            path,
            self.trackers,
        )
    }
}

/// The root over the trackers of a frame, in its order.
#[must_use]
pub fn trackers_root(trackers: &[[u8; TRACKER_BYTES]]) -> Hash {
    list_root(&hashes(trackers))
}

/// The hashes that prove the tracker at `position`. None where the frame has no such vote.
#[must_use]
pub fn tracker_path(trackers: &[[u8; TRACKER_BYTES]], position: u32) -> Option<Vec<Hash>> {
    list_path(&hashes(trackers), usize::try_from(position).ok()?)
}

fn hashes(trackers: &[[u8; TRACKER_BYTES]]) -> Vec<Hash> {
    let hashes = trackers.iter().map(|tracker| Hash::of_leaf(tracker));
    hashes.collect()
}

/// A field of an array of known size: `at` and `N` are written down above.
fn field<const N: usize>(bytes: &[u8; LEAF_BYTES], at: usize) -> [u8; N] {
    let mut field = [0; N];
    field.copy_from_slice(&bytes[at..at + N]);
    field
}
