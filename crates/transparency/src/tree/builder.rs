//! A tree that only grows: it keeps the tiles that are not full yet, which is all that the next root needs.

use crate::hash::Hash;
use crate::tile::{Contents, TILE_HEIGHT, TILE_WIDTH, Tile, TilePath};
use crate::tree::list::list_root;
use crate::tree::size::SIZE_MAX;
use crate::tree::tiled::Tiles;

/// The right edge of a tree: in each level of tiles fewer than 256 hashes, so 64 KiB at most however large
/// the log is. Full tiles are given out as they fill.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TreeBuilder {
    size: u64,
    /// The tile of each level that is not full yet, from the leaves upwards.
    open: Vec<Vec<Hash>>,
}

/// The tree has as many leaves as a tree can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the log is full: a tree has {SIZE_MAX} leaves at most")]
pub struct TreeFull;

impl TreeBuilder {
    /// A tree without leaves.
    #[must_use]
    pub fn new() -> TreeBuilder {
        TreeBuilder::default()
    }

    /// The tree with the first `size` leaves of a log, to be continued. What the tiles say is not checked:
    /// compare [`TreeBuilder::root`] with a root that is known.
    ///
    /// # Errors
    /// A tile cannot be had.
    pub fn restore<T: Tiles>(size: u64, tiles: &mut T) -> Result<TreeBuilder, T::Error> {
        let mut open = Vec::new();
        for level in 0.. {
            let hashes = hashes_at(size, level);
            if hashes == 0 {
                break;
            }
            let index = hashes / u64::from(TILE_WIDTH);
            let path = TilePath::in_tree(Contents::Hashes { level }, index, size);
            // No tile: the one before is full.
            open.push(match path {
                Some(path) => tiles.hashes(path)?,
                None => Vec::new(),
            });
        }
        Ok(TreeBuilder { size, open })
    }

    /// Leaves of the tree.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf. Returns the tiles that are full now, from the leaves upwards: mostly none.
    ///
    /// # Errors
    /// The tree has [`SIZE_MAX`] leaves.
    pub fn append(&mut self, leaf: Hash) -> Result<Vec<Tile>, TreeFull> {
        if self.size >= SIZE_MAX {
            return Err(TreeFull);
        }
        self.size += 1;
        let mut full = Vec::new();
        let mut carried = leaf;
        for level in 0.. {
            if self.open.len() == usize::from(level) {
                self.open.push(Vec::new());
            }
            let open = &mut self.open[usize::from(level)];
            open.push(carried);
            if open.len() < usize::from(TILE_WIDTH) {
                break;
            }
            let hashes = std::mem::take(open);
            carried = list_root(&hashes);
            let index = hashes_at(self.size, level + 1) - 1;
            full.push(tile(level, index, hashes));
        }
        Ok(full)
    }

    /// The root over all leaves.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut root = None;
        // A tile of one level lies right of all that the levels above it hold.
        for open in &self.open {
            for subtree in subtrees(open) {
                root = Some(match root {
                    None => subtree,
                    Some(right) => Hash::of_node(subtree, right),
                });
            }
        }
        root.unwrap_or_else(Hash::of_empty_tree)
    }

    /// The tiles of this size that are not full: what is served beside the full ones for this checkpoint.
    #[must_use]
    pub fn partial_tiles(&self) -> Vec<Tile> {
        let levels = (0_u8..).zip(&self.open);
        let open = levels.filter(|(_, hashes)| !hashes.is_empty());
        open.map(|(level, hashes)| {
            let index = hashes_at(self.size, level + 1);
            tile(level, index, hashes.clone())
        })
        .collect()
    }
}

/// Hashes in a level of tiles of a tree with `size` leaves, those of tiles that are not full included.
fn hashes_at(size: u64, level: u8) -> u64 {
    size.checked_shr(TILE_HEIGHT * u32::from(level))
        .unwrap_or(0)
}

fn tile(level: u8, index: u64, hashes: Vec<Hash>) -> Tile {
    let contents = Contents::Hashes { level };
    let width = u16::try_from(hashes.len()).expect("256 at most");
    let path = TilePath::new(contents, index, width);
    let path = path.expect("it lies in a tree of no more than the largest size");
    Tile { path, hashes }
}

/// The roots of the full subtrees over a row of hashes, from the right one to the left one: one for each
/// binary digit of its length.
fn subtrees(row: &[Hash]) -> impl Iterator<Item = Hash> {
    let mut rest = row;
    std::iter::from_fn(move || {
        let length = 1_usize.checked_shl(rest.len().trailing_zeros())?;
        let (before, last) = rest.split_at_checked(rest.len().checked_sub(length)?)?;
        rest = before;
        Some(list_root(last))
    })
}
