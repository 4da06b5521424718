//! A link on its way into a log: whole bytes, and what a log must know of them to keep the chain.

use crate::format::chain::LinkHash;

/// A segment header or a frame, as bytes. The same bytes stand in every log, so that a ledger can
/// be carried from one to another and verified by one decoder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodedLink {
    /// The partition whose chain the link continues.
    pub partition: u16,
    /// Place among all links of the partition, headers and frames alike: from 1, without gaps.
    /// That is the number of the link's segment plus the sequence of the last frame up to here.
    pub number: u64,
    /// Epoch of the lease under which it is appended.
    pub epoch: u32,
    /// Hash of the link before; zeros where there is none.
    pub previous: LinkHash,
    /// SHA-256 that ends `bytes`.
    pub hash: LinkHash,
    /// Whether it is a header or a frame, and its number.
    pub kind: LinkKind,
    /// The encoded header or frame.
    pub bytes: Vec<u8>,
}

/// What a link is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkKind {
    /// A segment begins: the link carries the sealed keys of the frames behind it.
    Header {
        /// Number of the segment, from 1.
        segment: u32,
    },
    /// The frame of one group commit.
    Frame {
        /// Number of the frame, from 1.
        sequence: u64,
    },
}
