//! One look at a log: from the last checkpoint that held to the one that is served now.

use anyhow::{Context, Result, bail, ensure};
use transparency::{
    Attested, Contents, Hash, LEAF_BYTES, Leaf, NOTE_BYTES_MAX, Note, Policy, TILE_WIDTH, Tile,
    TilePath, Tiles, TreeBuilder, read_bundle,
};

use crate::audit::seen::Seen;
use crate::audit::source::Source;

/// A bundle of 256 leaves, each behind its length.
const BUNDLE_BYTES_MAX: usize = TILE_WIDTH as usize * (2 + LEAF_BYTES);
const TILE_BYTES_MAX: usize = TILE_WIDTH as usize * 32;

/// What one look has found.
pub(crate) struct Progress {
    /// The checkpoint that is served, and who has seen it.
    pub(crate) attested: Attested,
    /// Leaves that earlier looks had seen.
    pub(crate) before: u64,
    /// Votes in the new ones.
    pub(crate) votes: u64,
    /// Where the next look starts.
    pub(crate) seen: Seen,
}

/// Follows one log from look to look.
pub(crate) struct Auditor {
    policy: Policy,
    source: Source,
    seen: Option<Seen>,
    /// Of all leaves of one log.
    partition: Option<u16>,
}

impl Auditor {
    pub(crate) fn new(policy: Policy, source: Source, seen: Option<Seen>) -> Auditor {
        Auditor {
            policy,
            source,
            seen,
            partition: None,
        }
    }

    /// How many witnesses the policy names.
    pub(crate) fn witnesses(&self) -> usize {
        self.policy.witnesses().len()
    }

    /// Checks everything that the log has got since the last look.
    ///
    /// # Errors
    /// The first thing that is not as it must be.
    pub(crate) fn look(&mut self) -> Result<Progress> {
        let note = self.source.read("checkpoint", NOTE_BYTES_MAX)?;
        let note = Note::parse(&note).context("the checkpoint that is served")?;
        let attested = self.policy.check(&note)?;
        let size = attested.checkpoint.size;
        let mut tree = self.begin(&attested)?;
        let before = tree.size();
        let mut votes = 0;
        while tree.size() < size {
            votes += self.take_bundle(&mut tree, size)?;
        }
        for tile in tree.partial_tiles() {
            self.compare(&tile)?;
        }
        let (got, expected) = (tree.root(), attested.checkpoint.root);
        ensure!(
            got == expected,
            "the leaves of {} make the root {got}, and its checkpoint of {size} says {expected}: the log does not \
             hold what it signed, show this to others",
            attested.checkpoint.origin
        );
        let seen = Seen(attested.checkpoint.clone());
        self.seen = Some(seen.clone());
        Ok(Progress {
            attested,
            before,
            votes,
            seen,
        })
    }

    /// The tree that the last look ended with, made from the tiles that are served now.
    fn begin(&mut self, attested: &Attested) -> Result<TreeBuilder> {
        let Some(Seen(seen)) = &self.seen else {
            return Ok(TreeBuilder::new());
        };
        let now = &attested.checkpoint;
        ensure!(
            seen.origin == now.origin,
            "{} was seen before, and {} is served now: name the state of this log",
            seen.origin,
            now.origin
        );
        ensure!(
            seen.size <= now.size,
            "the log had {} leaves when it was seen last, and its checkpoint has {}: it was rolled back, or an old \
             copy is served",
            seen.size,
            now.size
        );
        let (size, root) = (seen.size, seen.root);
        let mut served = Served {
            source: &mut self.source,
            size: now.size,
        };
        let tree = TreeBuilder::restore(size, &mut served)?;
        if tree.root() != root {
            bail!(
                "the first {size} leaves of {} are not those that were seen before: the log has another history, \
                 show this to others. It was {root} and is {}",
                now.origin,
                tree.root()
            );
        }
        Ok(tree)
    }

    /// Reads the bundle in which the next leaf stands. Returns the votes in its new leaves.
    fn take_bundle(&mut self, tree: &mut TreeBuilder, size: u64) -> Result<u64> {
        let index = tree.size() / u64::from(TILE_WIDTH);
        let path = TilePath::in_tree(Contents::Entries, index, size);
        let path = path.context("the checkpoint's size is beyond any log")?;
        let (there, bytes) = read_wide(&mut self.source, path, BUNDLE_BYTES_MAX)?;
        let mut entries = read_bundle(there, &bytes)?;
        entries.truncate(path.width().into());
        let seen = usize::try_from(tree.size() % u64::from(TILE_WIDTH)).expect("less than 256");
        let mut votes = 0;
        for entry in entries.into_iter().skip(seen) {
            votes += u64::from(self.take_leaf(tree.size(), entry)?);
            for tile in tree.append(Hash::of_leaf(entry))? {
                self.compare(&tile)?;
            }
        }
        Ok(votes)
    }

    /// Checks that an entry is the leaf of the frame at its place. Returns the frame's votes.
    fn take_leaf(&mut self, index: u64, entry: &[u8]) -> Result<u32> {
        let leaf = Leaf::decode(entry).with_context(|| format!("leaf {index} of the log"))?;
        let partition = *self.partition.get_or_insert(leaf.partition);
        ensure!(
            leaf.index() == index && leaf.partition == partition,
            "leaf {index} of the log names frame {} of partition {}, and frame {} of partition {partition} belongs \
             there: a frame is missing or repeated",
            leaf.sequence,
            leaf.partition,
            index + 1
        );
        Ok(leaf.votes)
    }

    /// Others make their proofs from the tiles that are served: they must be those of the leaves.
    fn compare(&mut self, made: &Tile) -> Result<()> {
        let served = read_tile(&mut self.source, made.path)?;
        ensure!(
            served == *made,
            "{} does not fit the leaves of the log: proofs made from it do not hold",
            made.path
        );
        Ok(())
    }
}

fn read_tile(source: &mut Source, path: TilePath) -> Result<Tile> {
    let (there, bytes) = read_wide(source, path, TILE_BYTES_MAX)?;
    let mut hashes = Tile::from_bytes(there, &bytes)?.hashes;
    hashes.truncate(path.width().into());
    Ok(Tile { path, hashes })
}

/// A file of the log, or the full one in its place: once that is there, a log need not keep the other.
fn read_wide(source: &mut Source, path: TilePath, bytes_max: usize) -> Result<(TilePath, Vec<u8>)> {
    let read = source.read(&path.to_string(), bytes_max);
    let full = path.full().filter(|full| *full != path);
    match (read, full) {
        (Ok(bytes), _) => Ok((path, bytes)),
        (Err(error), None) => Err(error),
        (Err(error), Some(full)) => {
            // Where neither is there, the one that was asked for is missing.
            let read = source.read(&full.to_string(), bytes_max);
            read.map(|bytes| (full, bytes)).map_err(|_| error)
        }
    }
}

/// The tiles of a log of this size, from which those of a smaller one are cut.
struct Served<'s> {
    source: &'s mut Source,
    size: u64,
}

impl Tiles for Served<'_> {
    type Error = anyhow::Error;

    fn hashes(&mut self, path: TilePath) -> Result<Vec<Hash>> {
        let now = TilePath::in_tree(path.contents(), path.index(), self.size);
        let now = now.context("the tile lies beyond the log")?;
        let mut hashes = read_tile(self.source, now)?.hashes;
        hashes.truncate(path.width().into());
        Ok(hashes)
    }
}
