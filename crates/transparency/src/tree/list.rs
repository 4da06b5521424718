//! Root and paths of a list that is in memory, straight from the definition in RFC 6962.

use crate::hash::Hash;
use crate::tree::size::left_size;

/// The root over a list of leaves' hashes.
#[must_use]
pub fn list_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::of_empty_tree(),
        [leaf] => *leaf,
        leaves => {
            let (left, right) = split(leaves);
            Hash::of_node(list_root(left), list_root(right))
        }
    }
}

/// The hashes that prove the leaf at `index`, from its sibling upwards. None where there is no such leaf.
#[must_use]
pub fn list_path(leaves: &[Hash], index: usize) -> Option<Vec<Hash>> {
    if index >= leaves.len() {
        return None;
    }
    if leaves.len() == 1 {
        return Some(Vec::new());
    }
    let (left, right) = split(leaves);
    let (mut path, sibling) = match index.checked_sub(left.len()) {
        None => (list_path(left, index)?, right),
        Some(index) => (list_path(right, index)?, left),
    };
    path.push(list_root(sibling));
    Some(path)
}

fn split(leaves: &[Hash]) -> (&[Hash], &[Hash]) {
    let left = left_size(leaves.len() as u64);
    let left = usize::try_from(left).expect("it is less than a length");
    leaves.split_at(left)
}
