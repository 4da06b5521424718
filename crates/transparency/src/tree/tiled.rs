//! Roots and proofs of a log that is read through its tiles.
//!
//! A subtree of 2^h leaves that begins at a multiple of 2^h is made from one tile: of level h / 8, over
//! 2^(h mod 8) of its hashes.

use crate::hash::Hash;
use crate::tile::{Contents, TILE_HEIGHT, TILE_WIDTH, TilePath};
use crate::tree::list::list_root;
use crate::tree::size::left_size;

/// Where tiles come from: a directory, a server, memory.
pub trait Tiles {
    /// Why a tile cannot be had.
    type Error;

    /// The hashes of a tile, exactly as many as its width. Where only a wider tile is there, its beginning.
    ///
    /// # Errors
    /// The tile cannot be had, or is shorter than its name says.
    fn hashes(&mut self, path: TilePath) -> Result<Vec<Hash>, Self::Error>;
}

/// The tree of the first leaves of a log. Nothing in it is trusted: check what comes out against a root
/// that was signed.
#[derive(Debug)]
pub struct TiledTree<'t, T> {
    size: u64,
    tiles: &'t mut T,
}

impl<'t, T: Tiles> TiledTree<'t, T> {
    /// The tree of the first `size` leaves; `size` is at most [`SIZE_MAX`](crate::SIZE_MAX).
    pub fn new(size: u64, tiles: &'t mut T) -> TiledTree<'t, T> {
        TiledTree { size, tiles }
    }

    /// The root of the tree.
    ///
    /// # Errors
    /// A tile cannot be had.
    pub fn root(&mut self) -> Result<Hash, T::Error> {
        match self.size {
            0 => Ok(Hash::of_empty_tree()),
            size => self.subtree(0, size),
        }
    }

    /// The hashes that prove the leaf at `index`, from its sibling upwards. None where there is no such leaf.
    ///
    /// # Errors
    /// A tile cannot be had.
    pub fn inclusion(&mut self, index: u64) -> Result<Option<Vec<Hash>>, T::Error> {
        if index >= self.size {
            return Ok(None);
        }
        let mut path = Vec::new();
        let (mut start, mut size) = (0, self.size);
        while size > 1 {
            let left = left_size(size);
            if index - start < left {
                path.push(self.subtree(start + left, size - left)?);
                size = left;
            } else {
                path.push(self.subtree(start, left)?);
                start += left;
                size -= left;
            }
        }
        path.reverse();
        Ok(Some(path))
    }

    /// The hashes that prove that the tree of the first `old` leaves is the beginning of this one. None where
    /// that tree is the larger one.
    ///
    /// # Errors
    /// A tile cannot be had.
    pub fn consistency(&mut self, old: u64) -> Result<Option<Vec<Hash>>, T::Error> {
        if old > self.size {
            return Ok(None);
        }
        if old == 0 {
            return Ok(Some(Vec::new()));
        }
        let mut proof = Vec::new();
        let (mut start, mut size) = (0, self.size);
        // Down to the subtree that ends where the older tree ended.
        while old - start < size {
            let left = left_size(size);
            if old - start <= left {
                proof.push(self.subtree(start + left, size - left)?);
                size = left;
            } else {
                proof.push(self.subtree(start, left)?);
                start += left;
                size -= left;
            }
        }
        if start > 0 {
            proof.push(self.subtree(start, size)?);
        }
        proof.reverse();
        Ok(Some(proof))
    }

    /// The root of `size` leaves from `start` on, as a subtree of this tree.
    fn subtree(&mut self, start: u64, size: u64) -> Result<Hash, T::Error> {
        if size.is_power_of_two() {
            return self.full_subtree(start, size.trailing_zeros());
        }
        let left = left_size(size);
        let left_root = self.full_subtree(start, left.trailing_zeros())?;
        let right_root = self.subtree(start + left, size - left)?;
        Ok(Hash::of_node(left_root, right_root))
    }

    /// The root of the 2^`height` leaves from `start` on, which is a multiple of 2^`height`.
    fn full_subtree(&mut self, start: u64, height: u32) -> Result<Hash, T::Error> {
        let level = u8::try_from(height / TILE_HEIGHT).expect("a height is below 63");
        let first = start >> (height - height % TILE_HEIGHT);
        let width = u64::from(TILE_WIDTH);
        let path = TilePath::in_tree(Contents::Hashes { level }, first / width, self.size);
        let path = path.expect("the subtree lies in the tree, and so does its tile");
        let hashes = self.tiles.hashes(path)?;
        let offset = usize::try_from(first % width).expect("less than 256");
        let row = offset..offset + (1 << (height % TILE_HEIGHT));
        let row = hashes
            .get(row)
            .expect("a tile has as many hashes as its width, which ends behind the subtree");
        Ok(list_root(row))
    }
}
