//! Sizes of trees: the largest one, and where a tree parts into its two subtrees.

/// Most leaves of a tree. Up to here a consistency proof has 63 hashes at most, which is what a
/// witness takes.
pub const SIZE_MAX: u64 = 1 << 62;

/// Most hashes of a proof in a tree of [`SIZE_MAX`] leaves.
pub const PROOF_HASHES_MAX: usize = 63;

/// Leaves of the left subtree: the largest power of two below `size`, which is two or more.
pub(crate) fn left_size(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}
