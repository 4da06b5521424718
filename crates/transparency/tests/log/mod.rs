//! A log in memory: leaves, the tiles that were given out, and keys made from numbers.
// Each test takes what it needs of it.
#![allow(dead_code)]

use std::collections::BTreeMap;

use transparency::{
    Checkpoint, Hash, KeyName, KeyUse, Note, PrivateKey, Tile, TilePath, Tiles, TreeBuilder,
    list_root,
};

/// What is served of a log of one size: its tiles by name.
#[derive(Debug, Default, Clone)]
pub(crate) struct Served {
    pub(crate) size: u64,
    pub(crate) tiles: BTreeMap<String, Tile>,
}

impl Tiles for Served {
    type Error = String;

    /// From the tile of the size that is served, which may be wider than the one that is asked for.
    fn hashes(&mut self, path: TilePath) -> Result<Vec<Hash>, String> {
        let now = TilePath::in_tree(path.contents(), path.index(), self.size);
        let now = now.ok_or(format!("{path} lies beyond the log"))?;
        let tile = self.tiles.get(&now.to_string());
        let tile = tile.ok_or(format!("{now} is not served"))?;
        Ok(tile.hashes[..path.width().into()].to_vec())
    }
}

/// The hash of a leaf that says its number.
pub(crate) fn leaf(number: u64) -> Hash {
    Hash::of_leaf(&number.to_be_bytes())
}

pub(crate) fn leaves(size: u64) -> Vec<Hash> {
    (0..size).map(leaf).collect()
}

/// A tree of numbered leaves with all that a log serves of it.
pub(crate) fn grown(size: u64) -> (TreeBuilder, Served) {
    let (mut tree, mut served) = (TreeBuilder::new(), Served::default());
    for number in 0..size {
        let full = tree.append(leaf(number)).expect("room");
        serve(&mut served, full);
    }
    serve(&mut served, tree.partial_tiles());
    served.size = size;
    (tree, served)
}

pub(crate) fn serve(served: &mut Served, tiles: Vec<Tile>) {
    for tile in tiles {
        assert_eq!(tile.hashes.len(), usize::from(tile.path.width()));
        served.tiles.insert(tile.path.to_string(), tile);
    }
}

pub(crate) fn key(name: &str, used: KeyUse, number: u8) -> PrivateKey {
    let name = KeyName::new(name).expect("a name");
    PrivateKey::from_seed(name, used, &[number; 32].into())
}

pub(crate) fn log_key() -> PrivateKey {
    key("example.com/log", KeyUse::Log, 1)
}

pub(crate) fn witness_key(number: u8) -> PrivateKey {
    key(
        &format!("witness.example/{number}"),
        KeyUse::Witness,
        100 + number,
    )
}

/// A signed checkpoint of the tree over these leaves, cosigned by these witnesses at 1000 seconds and their number.
pub(crate) fn checkpoint(leaves: &[Hash], witnesses: &[u8]) -> Note {
    let log = log_key();
    let checkpoint = Checkpoint {
        origin: log.public().name().clone(),
        size: leaves.len() as u64,
        root: list_root(leaves),
    };
    let mut note = checkpoint.sign(&log).expect("the log's key");
    for number in witnesses {
        let time = 1_000 + u64::from(*number);
        let signature = witness_key(*number).cosign_text(note.text(), time);
        note.add(signature.expect("a witness's key"));
    }
    note
}

/// The lines of a policy that define the log and these witnesses, named w and their number.
pub(crate) fn policy_lines(witnesses: &[u8]) -> String {
    let mut text = format!("log {}\n", log_key().public());
    for number in witnesses {
        let key = witness_key(*number);
        text += &format!("witness w{number} {}\n", key.public());
    }
    text
}
