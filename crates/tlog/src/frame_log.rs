//! The tree of one partition while it grows, with all that is served of it.
//!
//! Leaves (79 bytes) and their hashes (32 bytes) are in two files without a name; the levels of tiles above
//! are in memory, a 256th of the hashes.

use std::path::Path;

use ledger::{Frame, Tracker};
use transparency::{
    Checkpoint, Contents, HASH_BYTES, Hash, LEAF_BYTES, Leaf, LogProof, Note, ReceiptExtra,
    SIZE_MAX, TILE_WIDTH, Tile, TilePath, TiledTree, Tiles, bundle_bytes, list_root, tracker_path,
    verify_inclusion,
};

use crate::error::TlogError;
use crate::leaf::leaf_of;
use crate::records::Records;

const WIDTH: u64 = TILE_WIDTH as u64;

/// The log of one partition. Reading needs `&self` alone, so that many read behind one `RwLock`.
pub struct FrameLog {
    partition: u16,
    leaves: Records<LEAF_BYTES>,
    hashes: Records<HASH_BYTES>,
    /// Levels of tiles from 1 upwards: roots of the full tiles of the level below.
    upper: Vec<Vec<Hash>>,
}

impl FrameLog {
    /// A log without frames. Its files are made in `dir`, without a name, and go with the process.
    ///
    /// # Errors
    /// `dir` cannot be written.
    pub fn new(partition: u16, dir: &Path) -> Result<FrameLog, TlogError> {
        let io = |source| TlogError::Io {
            doing: "make",
            source,
        };
        Ok(FrameLog {
            partition,
            leaves: Records::new(dir).map_err(io)?,
            hashes: Records::new(dir).map_err(io)?,
            upper: Vec::new(),
        })
    }

    /// Number of the partition, from 0.
    pub fn partition(&self) -> u16 {
        self.partition
    }

    /// How many frames are in the log.
    pub fn size(&self) -> u64 {
        self.hashes.len()
    }

    /// Adds the next frame.
    ///
    /// # Errors
    /// It is not the next one, its body does not decode, or there is no room for what is derived from it.
    /// Nothing has changed then, and the same frame may be tried again.
    pub fn append(&mut self, frame: &Frame) -> Result<(), TlogError> {
        self.append_leaf(&self.leaf(frame)?)
    }

    /// Adds the leaf of the next frame, where it was made before.
    ///
    /// # Errors
    /// As [`FrameLog::append`].
    pub fn append_leaf(&mut self, leaf: &Leaf) -> Result<(), TlogError> {
        let (expected, got) = (self.size() + 1, leaf.sequence);
        if got != expected || got > SIZE_MAX {
            return Err(TlogError::Sequence { expected, got });
        }
        let (expected, got) = (self.partition, leaf.partition);
        if got != expected {
            return Err(TlogError::Partition { expected, got });
        }
        let io = |source| TlogError::Io {
            doing: "write",
            source,
        };
        self.leaves.make_room().map_err(io)?;
        self.hashes.make_room().map_err(io)?;
        let bytes = leaf.encode();
        self.leaves.push(bytes);
        self.hashes.push(Hash::of_leaf(&bytes).0);
        if self.size().is_multiple_of(WIDTH) {
            self.grow_upper();
        }
        Ok(())
    }

    /// A tile of the leaves' hashes has become full: its root goes to the level above, and so on.
    fn grow_upper(&mut self) {
        let first = self.size() - WIDTH;
        let full = self.hashes.in_tile(first, TILE_WIDTH);
        let full = full.ok().flatten().expect("the last tile is in memory");
        let full: Vec<Hash> = full.into_iter().map(Hash).collect();
        let mut carried = list_root(&full);
        for level in 0.. {
            if self.upper.len() == level {
                self.upper.push(Vec::new());
            }
            let row = &mut self.upper[level];
            row.push(carried);
            if !row.len().is_multiple_of(usize::from(TILE_WIDTH)) {
                break;
            }
            carried = list_root(&row[row.len() - usize::from(TILE_WIDTH)..]);
        }
    }

    /// The root over all frames.
    ///
    /// # Errors
    /// The temporary file cannot be read.
    pub fn root(&self) -> Result<Hash, TlogError> {
        TiledTree::new(self.size(), &mut Stored(self)).root()
    }

    /// The root over the first `size` frames; none where there are not as many.
    ///
    /// # Errors
    /// As [`FrameLog::root`].
    pub fn root_at(&self, size: u64) -> Result<Option<Hash>, TlogError> {
        if size > self.size() {
            return Ok(None);
        }
        TiledTree::new(size, &mut Stored(self)).root().map(Some)
    }

    /// The hashes that prove that the log of `new` frames continues the one of `old` frames. None where `old` is
    /// more than `new`, or `new` more than there are.
    ///
    /// # Errors
    /// As [`FrameLog::root`].
    pub fn consistency(&self, old: u64, new: u64) -> Result<Option<Vec<Hash>>, TlogError> {
        if new > self.size() {
            return Ok(None);
        }
        TiledTree::new(new, &mut Stored(self)).consistency(old)
    }

    /// The bytes of a tile, full or partial, or of a bundle of leaves. None where it reaches beyond the first
    /// `covered` frames: what no checkpoint covers is not shown.
    ///
    /// # Errors
    /// As [`FrameLog::root`].
    pub fn file(&self, path: TilePath, covered: u64) -> Result<Option<Vec<u8>>, TlogError> {
        let size = covered.min(self.size());
        let there = TilePath::in_tree(path.contents(), path.index(), size);
        if there.is_none_or(|there| there.width() < path.width()) {
            return Ok(None);
        }
        let bytes = match path.contents() {
            Contents::Hashes { .. } => {
                let hashes = Stored(self).hashes(path)?;
                Tile { path, hashes }.to_bytes()
            }
            Contents::Entries => {
                let leaves = self.leaves.in_tile(path.index() * WIDTH, path.width());
                let leaves = leaves.map_err(unreadable)?;
                let leaves = leaves.expect("it was looked up above");
                let leaves = leaves.iter().map(<[u8; LEAF_BYTES]>::as_slice);
                bundle_bytes(leaves).expect("a leaf is shorter than a bundle takes")
            }
        };
        Ok(Some(bytes))
    }

    /// The proof that the vote with this tracker is in a frame which the checkpoint covers, for the voter's
    /// receipt. None where the frame lies behind the checkpoint, or has no such vote. Signatures are not checked.
    ///
    /// # Errors
    /// The note is no checkpoint or one of another tree, the frame is not that of this log; as [`FrameLog::root`].
    pub fn receipt(
        &self,
        frame: &Frame,
        tracker: &Tracker,
        checkpoint: &Note,
    ) -> Result<Option<LogProof>, TlogError> {
        let Checkpoint { size, root, .. } = Checkpoint::parse(checkpoint.text())?;
        let leaf = self.leaf(frame)?;
        let index = leaf.index();
        if index >= size || size > self.size() {
            return Ok(None);
        }
        self.check_known(&leaf)?;
        let Some(extra) = extra(frame, tracker, leaf) else {
            return Ok(None);
        };
        let path = TiledTree::new(size, &mut Stored(self)).inclusion(index)?;
        let path = path.expect("the index is less than the size");
        verify_inclusion(leaf.hash(), index, size, &path, root)
            .map_err(|_| TlogError::OtherTree { size })?;
        Ok(Some(LogProof {
            extra: Some(extra.encode()),
            index,
            path,
            checkpoint: checkpoint.clone(),
        }))
    }

    /// The leaf of a frame of this partition.
    pub(crate) fn leaf(&self, frame: &Frame) -> Result<Leaf, TlogError> {
        leaf_of(self.partition, frame).map_err(|source| TlogError::Body {
            sequence: frame.header.sequence,
            source,
        })
    }

    /// Checks that the log has this very leaf.
    pub(crate) fn check_known(&self, leaf: &Leaf) -> Result<(), TlogError> {
        let known = self.hashes.in_tile(leaf.index(), 1).map_err(unreadable)?;
        if known == Some(vec![leaf.hash().0]) {
            return Ok(());
        }
        let sequence = leaf.sequence;
        Err(TlogError::OtherFrame { sequence })
    }
}

fn extra(frame: &Frame, tracker: &Tracker, leaf: Leaf) -> Option<ReceiptExtra> {
    let trackers = frame.body().ok()?.trackers;
    let position = trackers.iter().position(|other| other == tracker)?;
    let position = u32::try_from(position).expect("a leaf counts its votes in 32 bits");
    Some(ReceiptExtra {
        leaf,
        tracker: *tracker,
        position,
        path: tracker_path(&trackers, position).expect("it was found there"),
    })
}

fn unreadable(source: std::io::Error) -> TlogError {
    let doing = "read";
    TlogError::Io { doing, source }
}

/// The log's own tiles.
struct Stored<'l>(&'l FrameLog);

impl Tiles for Stored<'_> {
    type Error = TlogError;

    fn hashes(&mut self, path: TilePath) -> Result<Vec<Hash>, TlogError> {
        let first = path.index() * WIDTH;
        let Contents::Hashes { level } = path.contents() else {
            unreachable!("a tree asks for hashes alone");
        };
        let Some(above) = usize::from(level).checked_sub(1) else {
            let hashes = self.0.hashes.in_tile(first, path.width());
            let hashes = hashes.map_err(unreadable)?;
            let hashes = hashes.expect("a tree asks for tiles that it has");
            return Ok(hashes.into_iter().map(Hash).collect());
        };
        let first = usize::try_from(first).expect("it is in memory");
        let row = &self.0.upper[above][first..first + usize::from(path.width())];
        Ok(row.to_vec())
    }
}
