//! Whether a proof holds: the two roots are made again along RFC 6962's own recursion (sections 2.1.1
//! and 2.1.2), which takes as many steps as the proof has hashes.

use crate::hash::Hash;
use crate::tree::size::{PROOF_HASHES_MAX, SIZE_MAX, left_size};

/// Why a proof proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The tree has no such leaf.
    #[error(
        "the tree has {size} leaves and none at index {index}: ask for a proof in a larger tree"
    )]
    NoSuchLeaf {
        /// Index of the leaf, from 0.
        index: u64,
        /// Leaves of the tree.
        size: u64,
    },
    /// A log never gets smaller.
    #[error("the older tree has {old} leaves and the newer {new}: a log never gets smaller")]
    Shrunk {
        /// Leaves of the older tree.
        old: u64,
        /// Leaves of the newer tree.
        new: u64,
    },
    /// The size is beyond what any log here may have.
    #[error("a tree of {size} leaves is larger than any log may be ({SIZE_MAX})")]
    TooLarge {
        /// Leaves of the tree.
        size: u64,
    },
    /// Hashes are missing or left over.
    #[error("the proof has {got} hashes, which is not the number that trees of these sizes need")]
    Length {
        /// Hashes of the proof.
        got: usize,
    },
    /// The proof leads to another root than the checkpoint's.
    #[error(
        "the proof leads to root {got}, and the checkpoint says {expected}: do not trust this log before that is explained"
    )]
    Root {
        /// The root that was signed.
        expected: Hash,
        /// The root to which the proof leads.
        got: Hash,
    },
    /// Of two trees the older one is not the beginning of the newer.
    #[error(
        "the proof starts from root {got}, and {expected} is what was seen before: do not trust this log before that is explained"
    )]
    OldRoot {
        /// The root that was seen before.
        expected: Hash,
        /// The root from which the proof starts.
        got: Hash,
    },
}

/// Checks that `leaf` stands at `index` in the tree of `size` leaves under `root`.
///
/// # Errors
/// See [`ProofError`].
pub fn verify_inclusion(
    leaf: Hash,
    index: u64,
    size: u64,
    path: &[Hash],
    root: Hash,
) -> Result<(), ProofError> {
    check_size(size)?;
    if index >= size {
        return Err(ProofError::NoSuchLeaf { index, size });
    }
    let mut rest = Rest::of(path)?;
    let got = root_above(leaf, index, size, &mut rest)?;
    rest.end()?;
    same_root(root, got)
}

/// Checks that the tree of `old` leaves under `old_root` is the beginning of the one of `new` leaves under
/// `new_root`. Every tree begins with the empty one; that proof has no hashes.
///
/// # Errors
/// See [`ProofError`].
pub fn verify_consistency(
    (old, old_root): (u64, Hash),
    (new, new_root): (u64, Hash),
    proof: &[Hash],
) -> Result<(), ProofError> {
    check_size(new)?;
    if old > new {
        return Err(ProofError::Shrunk { old, new });
    }
    let mut rest = Rest::of(proof)?;
    if old == 0 {
        rest.end()?;
        return same_old_root(old_root, Hash::of_empty_tree());
    }
    let known = Some(old_root);
    let (from, to) = roots_above(old, new, known, &mut rest)?;
    rest.end()?;
    same_old_root(old_root, from)?;
    same_root(new_root, to)
}

fn check_size(size: u64) -> Result<(), ProofError> {
    if size > SIZE_MAX {
        return Err(ProofError::TooLarge { size });
    }
    Ok(())
}

fn same_root(expected: Hash, got: Hash) -> Result<(), ProofError> {
    if expected == got {
        return Ok(());
    }
    Err(ProofError::Root { expected, got })
}

fn same_old_root(expected: Hash, got: Hash) -> Result<(), ProofError> {
    if expected == got {
        return Ok(());
    }
    Err(ProofError::OldRoot { expected, got })
}

/// The root of `size` leaves, of which `leaf` is the one at `index`.
fn root_above(leaf: Hash, index: u64, size: u64, rest: &mut Rest<'_>) -> Result<Hash, ProofError> {
    if size == 1 {
        return Ok(leaf);
    }
    let left = left_size(size);
    let sibling = rest.take()?;
    if index < left {
        let under = root_above(leaf, index, left, rest)?;
        return Ok(Hash::of_node(under, sibling));
    }
    let under = root_above(leaf, index - left, size - left, rest)?;
    Ok(Hash::of_node(sibling, under))
}

/// The roots of the first `old` of `new` leaves, and of all of them. `known` is the root of the older tree as
/// long as these leaves are all of it.
fn roots_above(
    old: u64,
    new: u64,
    known: Option<Hash>,
    rest: &mut Rest<'_>,
) -> Result<(Hash, Hash), ProofError> {
    if old == new {
        let both = match known {
            Some(root) => root,
            None => rest.take()?,
        };
        return Ok((both, both));
    }
    let left = left_size(new);
    let sibling = rest.take()?;
    if old <= left {
        let (from, to) = roots_above(old, left, known, rest)?;
        return Ok((from, Hash::of_node(to, sibling)));
    }
    let (from, to) = roots_above(old - left, new - left, None, rest)?;
    Ok((Hash::of_node(sibling, from), Hash::of_node(sibling, to)))
}

/// The hashes of a proof that were not used yet. The last one belongs right under the root.
struct Rest<'p> {
    hashes: &'p [Hash],
    length: usize,
}

impl Rest<'_> {
    fn of(hashes: &[Hash]) -> Result<Rest<'_>, ProofError> {
        let length = hashes.len();
        if length > PROOF_HASHES_MAX {
            return Err(ProofError::Length { got: length });
        }
        Ok(Rest { hashes, length })
    }

    fn take(&mut self) -> Result<Hash, ProofError> {
        let (last, before) = self
            .hashes
            .split_last()
            .ok_or(ProofError::Length { got: self.length })?;
        self.hashes = before;
        Ok(*last)
    }

    fn end(&self) -> Result<(), ProofError> {
        if self.hashes.is_empty() {
            return Ok(());
        }
        Err(ProofError::Length { got: self.length })
    }
}
