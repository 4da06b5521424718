//! The check of a package in service: every file is hashed again, through the maps that answer, and
//! held against the manifest that officers signed.

use sha2::{Digest as _, Sha256};

use crate::error::Rot;
use crate::hash::Sha256Sum;
use crate::manifest::shard_path;
use crate::map::Mapping;
use crate::package::Package;
use crate::shard::Shard;

/// Bytes that are hashed at once.
const PIECE_BYTES: usize = 64 * 1024;

/// A file of the package, as look-ups see it.
struct Served<'a> {
    path: String,
    bytes: &'a [u8],
    /// The shard that denies whoever this file does not lead to.
    denies: Option<&'a Shard<Mapping>>,
}

impl Package {
    /// Hashes every file again, and notes and returns those that differ from the manifest. `goes_on`
    /// is told the length of each piece as it was read: it sets the pace, and may end the check.
    ///
    /// None where the check was ended before it had seen all files.
    pub fn recheck(&self, mut goes_on: impl FnMut(usize) -> bool) -> Option<Vec<Rot>> {
        let mut rotten = Vec::new();
        for file in self.served() {
            let mut hash = Sha256::new();
            for piece in file.bytes.chunks(PIECE_BYTES) {
                hash.update(piece);
                if !goes_on(piece.len()) {
                    return None;
                }
            }
            let got = Sha256Sum(hash.finalize().into());
            let listed = self.manifest.entry(&file.path);
            if listed.is_none_or(|listed| listed.sha256 != got) {
                let rot = self.note_rot(Rot {
                    path: self.dir.join(&file.path),
                    offset: None,
                });
                if let Some(shard) = file.denies {
                    shard.unsure.get_or_init(|| rot.clone());
                }
                rotten.push(rot);
            }
        }
        Some(rotten)
    }

    fn served(&self) -> impl Iterator<Item = Served<'_>> {
        let documents = self.documents.iter().map(|(path, map)| Served {
            path: path.clone(),
            bytes: map.as_ref(),
            denies: None,
        });
        let ballots = self.manifest.ballots.iter().zip(&self.ballots);
        let shards = ballots.flat_map(|(ballot, shards)| {
            let numbered = (0u32..).zip(shards);
            numbered.map(move |(number, shard)| (&ballot.id, number, shard))
        });
        documents.chain(shards.flat_map(|(ballot, number, shard)| {
            shard.files().into_iter().map(move |(kind, bytes)| Served {
                path: shard_path(ballot, number, kind),
                bytes,
                // A column is checked as it is read.
                denies: matches!(kind, "fst" | "fuse").then_some(shard),
            })
        }))
    }
}
