//! A log for tests: its frames, its key, what it submits, and what it serves.
// Each test takes what it needs of it.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use durable::{OsStorage, replace_file};
use transparency::{
    Checkpoint, Contents, Hash, KeyName, KeyUse, Leaf, Note, NoteSignature, PrivateKey, Submission,
    Tile, TilePath, TiledTree, Tiles, TreeBuilder, bundle_bytes, trackers_root,
};

/// A log whose frames are numbered, each with one vote.
pub(crate) struct TestLog {
    pub(crate) key: PrivateKey,
    pub(crate) leaves: Vec<Leaf>,
}

/// Tiles in memory, by name, of one size.
struct InMemory {
    size: u64,
    tiles: BTreeMap<String, Tile>,
}

impl Tiles for InMemory {
    type Error = std::convert::Infallible;

    fn hashes(&mut self, path: TilePath) -> Result<Vec<Hash>, Self::Error> {
        let now = TilePath::in_tree(path.contents(), path.index(), self.size).expect("in the log");
        let hashes = &self.tiles[&now.to_string()].hashes;
        Ok(hashes[..path.width().into()].to_vec())
    }
}

impl TestLog {
    pub(crate) fn new(origin: &str, frames: u64) -> TestLog {
        let name = KeyName::new(origin).expect("a name");
        let leaf = |sequence: u64| Leaf {
            partition: 0,
            sequence,
            link: [u8::try_from(sequence % 251).expect("small"); 32],
            votes: 1,
            trackers: trackers_root(&[[7; 16]]),
        };
        TestLog {
            key: PrivateKey::from_seed(name, KeyUse::Log, &[3; 32].into()),
            leaves: (1..=frames).map(leaf).collect(),
        }
    }

    /// The same log with another frame at this index.
    pub(crate) fn forked(&self, index: usize) -> TestLog {
        let mut other = TestLog::new(self.key.public().name().as_str(), 0);
        other.leaves.clone_from(&self.leaves);
        other.leaves[index].link = [0xff; 32];
        other
    }

    fn grown(&self, size: u64) -> (TreeBuilder, InMemory) {
        let (mut tree, mut tiles) = (TreeBuilder::new(), BTreeMap::new());
        let mut keep = |tile: Tile| tiles.insert(tile.path.to_string(), tile);
        for leaf in &self.leaves[..usize::try_from(size).expect("small")] {
            for tile in tree.append(leaf.hash()).expect("room") {
                keep(tile);
            }
        }
        for tile in tree.partial_tiles() {
            keep(tile);
        }
        (tree, InMemory { size, tiles })
    }

    pub(crate) fn checkpoint(&self, size: u64) -> Note {
        let checkpoint = Checkpoint {
            origin: self.key.public().name().clone(),
            size,
            root: self.grown(size).0.root(),
        };
        checkpoint.sign(&self.key).expect("the log's key")
    }

    pub(crate) fn submission(&self, old: u64, new: u64) -> Submission {
        let (_, mut tiles) = self.grown(new);
        let proof = TiledTree::new(new, &mut tiles).consistency(old);
        Submission {
            old_size: old,
            proof: proof.expect("served").unwrap_or_default(),
            checkpoint: self.checkpoint(new),
        }
    }

    /// Writes what the log serves at this size, its checkpoint cosigned.
    pub(crate) fn serve(&self, dir: &Path, size: u64, cosignatures: &[NoteSignature]) {
        for (name, tile) in self.grown(size).1.tiles {
            write(dir, &name, &tile.to_bytes());
        }
        for index in 0.. {
            let Some(path) = TilePath::in_tree(Contents::Entries, index, size) else {
                break;
            };
            let first = usize::try_from(index).expect("small") * 256;
            let leaves = &self.leaves[first..first + usize::from(path.width())];
            let entries: Vec<[u8; 79]> = leaves.iter().map(Leaf::encode).collect();
            let bytes = bundle_bytes(entries.iter().map(<[u8; 79]>::as_slice)).expect("short");
            write(dir, &path.to_string(), &bytes);
        }
        // Last: whoever reads it finds what it speaks of.
        let mut note = self.checkpoint(size);
        for signature in cosignatures {
            note.add(signature.clone());
        }
        write(dir, "checkpoint", note.to_string().as_bytes());
    }
}

/// Readers see the old file or the new one.
fn write(dir: &Path, name: &str, bytes: &[u8]) {
    let path = dir.join(name);
    fs::create_dir_all(path.parent().expect("a directory")).expect("made");
    replace_file(&OsStorage, &path, bytes).expect("written");
}
