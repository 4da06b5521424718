//! Small packages on disk, signed or not, for the tests of this crate.
#![allow(dead_code, reason = "each test binary uses its part")]
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot prepare its data has failed"
)]

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use credentials::digestset::Record;
use credentials::{BallotId, Digest, KeyId, Scheme};
use election::{BallotIndex, Event};
use minisign::KeyPair;
use shards::builder::{BuiltShard, PackageBuilder, ShardPlace};
use shards::{FilterKind, MANIFEST_FILE, Manifest, Package, Trust};
use tempfile::TempDir;

pub(crate) const EVENT: &str = r#"
[event]
id = "T-1"
title_fr = "Essai"
title_en = "Test"
time_zone = "America/Toronto"
box_key = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"

[[law]]
id = "L-1"
title_fr = "Loi"
title_en = "Law"
question_fr = "Oui ?"
question_en = "Yes?"
opens = 2025-01-01T00:00:00
closes = 2035-01-01T00:00:00

[[law]]
id = "L-2"
title_fr = "Autre loi"
title_en = "Other law"
question_fr = "Oui ?"
question_en = "Yes?"
opens = 2025-01-01T00:00:00
closes = 2035-01-01T00:00:00

[[region]]
number = 1
code = "R1"
name_fr = "Un"
name_en = "One"

[[region]]
number = 300
code = "R300"
name_fr = "Trois cents"
name_en = "Three hundred"
"#;

/// The laws of [`EVENT`].
pub(crate) const FIRST: BallotIndex = BallotIndex(0);
pub(crate) const SECOND: BallotIndex = BallotIndex(1);

/// The package that a test builds.
#[derive(Clone)]
pub(crate) struct Recipe {
    pub(crate) filter: FilterKind,
    pub(crate) shard_bits: u8,
    /// Region numbers to draw from; empty for a ballot without regions.
    pub(crate) regions: Vec<u16>,
    /// Credentials of each ballot.
    pub(crate) credentials: usize,
}

impl Default for Recipe {
    fn default() -> Recipe {
        Recipe {
            filter: FilterKind::Fuse8,
            shard_bits: 1,
            regions: vec![1],
            credentials: 200,
        }
    }
}

/// A package in a private directory.
pub(crate) struct Built {
    pub(crate) home: TempDir,
    pub(crate) manifest: Manifest,
    /// Sorted records of each ballot.
    pub(crate) records: Vec<Vec<Record>>,
}

impl Built {
    pub(crate) fn new(recipe: &Recipe) -> Built {
        let records = ["L-1", "L-2"]
            .map(|ballot| records(ballot, recipe))
            .to_vec();
        Built::of_records(recipe, records)
    }

    pub(crate) fn of_records(recipe: &Recipe, records: Vec<Vec<Record>>) -> Built {
        let home = TempDir::new().unwrap();
        let dir = home.path().join("package");
        fs::create_dir(&dir).unwrap();
        let event = Event::from_toml(EVENT).unwrap();
        let key_id = Some(KeyId(*b"test key"));
        let scheme = Scheme::HmacSha256;
        let builder = PackageBuilder::new(&dir, event, scheme, key_id, recipe.filter).unwrap();
        let mut built: Vec<BuiltShard> = Vec::new();
        for (id, records) in ["L-1", "L-2"].into_iter().zip(&records) {
            for shard in 0..1 << recipe.shard_bits {
                let inside: Vec<Record> = records
                    .iter()
                    .filter(|record| record.digest.shard(recipe.shard_bits) == shard)
                    .copied()
                    .collect();
                let place = ShardPlace {
                    ballot: BallotId::parse(id).unwrap(),
                    shard_bits: recipe.shard_bits,
                    shard,
                    regions: !recipe.regions.is_empty(),
                };
                built.push(builder.shard(place, &inside).unwrap());
            }
        }
        let manifest = builder.finish(built).unwrap();
        Built {
            home,
            manifest,
            records,
        }
    }

    pub(crate) fn dir(&self) -> PathBuf {
        self.home.path().join("package")
    }

    pub(crate) fn open(&self) -> Package {
        Package::open_unsigned(&self.dir()).unwrap()
    }

    /// Signs as the given officer and returns the public key's file.
    pub(crate) fn sign(&self, officer: &str, signature: &str) -> PathBuf {
        let pair = KeyPair::generate_unencrypted_keypair().unwrap();
        let public = self.home.path().join(format!("{officer}.pub"));
        fs::write(&public, pair.pk.to_box().unwrap().to_string()).unwrap();
        let manifest = fs::read(self.dir().join(MANIFEST_FILE)).unwrap();
        let comment = Some("signature from minisign secret key");
        let signed = minisign::sign(
            Some(&pair.pk),
            &pair.sk,
            Cursor::new(manifest),
            None,
            comment,
        )
        .unwrap();
        fs::write(self.dir().join(signature), signed.into_string()).unwrap();
        public
    }

    /// Signs once and trusts the signer.
    pub(crate) fn signed(&self) -> Trust {
        let public = self.sign("officer", "manifest.json.minisig");
        Trust::from_files(&[public], 1).unwrap()
    }

    /// Every file of the package, relative, sorted.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        collect(&self.dir(), &self.dir(), &mut files);
        files.sort();
        files
    }
}

fn collect(root: &Path, dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            files.push(path.strip_prefix(root).unwrap().to_owned());
        }
    }
}

/// Sorted records with digests that look random and are the same in every run.
pub(crate) fn records(ballot: &str, recipe: &Recipe) -> Vec<Record> {
    let digest = |number: usize| {
        let sum = shards::Sha256Sum::of(format!("{ballot}/{number}").as_bytes());
        Digest(*sum.0.first_chunk().unwrap())
    };
    let region = |number: usize| match recipe.regions.as_slice() {
        [] => 0,
        regions => regions[number % regions.len()],
    };
    let mut records: Vec<Record> = (0..recipe.credentials)
        .map(|number| Record {
            digest: digest(number),
            region: region(number),
        })
        .collect();
    records.sort_unstable();
    records
}

/// A digest that no recipe makes.
pub(crate) fn stranger(number: usize) -> Digest {
    Digest(
        *shards::Sha256Sum::of(format!("stranger {number}").as_bytes())
            .0
            .first_chunk()
            .unwrap(),
    )
}
