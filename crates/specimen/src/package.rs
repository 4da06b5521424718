//! A package in a private directory, beside the key that its credentials are hashed with.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use companions::{Companions, Logo};
use credentials::digestset::Record;
use credentials::{BallotId, RollKey};
use minisign::KeyPair;
use shards::builder::{PackageBuilder, ShardPlace};
use shards::{FilterKind, MANIFEST_FILE, Manifest, Trust, UNTRUSTED_COMMENT};
use tempfile::TempDir;

use crate::definition::{self, Definition};
use crate::roll::{Roll, sharded};
use crate::secret::write_secret;

/// What a package is made of.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// The definition of the event.
    pub definition: String,
    /// What accompanies the event; nothing unless a test says so.
    pub companions: Companions,
    /// Who may vote, on every ballot.
    pub roll: Roll,
    /// Each ballot is cut into two to this power shards.
    pub shard_bits: u8,
    /// The filter that spares strangers a look-up.
    pub filter: FilterKind,
    /// How many partitions its ledger has.
    pub partitions: u16,
}

impl Recipe {
    /// The same with the logo of the example, as it is packed.
    ///
    /// # Panics
    /// The logo is not in canonical form.
    pub fn with_logo(mut self) -> Recipe {
        let packed = include_bytes!("../../../fixtures/golden/companions/logo.svg");
        self.companions.logo = Some(Logo::from_svg(packed).expect("the example's logo"));
        self
    }
}

impl Default for Recipe {
    /// 200 voters of region 1, in two shards, on the laws `L-1` and `L-2` of an event that has a region
    /// 300 too.
    fn default() -> Recipe {
        Recipe {
            definition: Definition::of_laws(["L-1", "L-2"], [1, 300]).to_toml(),
            companions: Companions::default(),
            roll: Roll::new(200, [1]),
            shard_bits: 1,
            filter: FilterKind::Fuse8,
            partitions: 1,
        }
    }
}

/// A package on disk, not signed yet. The directory is removed with it.
#[derive(Debug)]
pub struct Specimen {
    home: TempDir,
    /// What the officers of the event sign.
    pub manifest: Manifest,
    /// Sorted records of each ballot.
    pub records: Vec<Vec<Record>>,
}

impl Specimen {
    /// Makes the package and writes the roll key to `roll.key` beside it.
    #[must_use]
    pub fn new(recipe: &Recipe) -> Specimen {
        let event = definition::read(&recipe.definition);
        let ballots = event.ballots().iter();
        let records = ballots.map(|ballot| recipe.roll.records(&ballot_id(&ballot.id)));
        Specimen::of_records(recipe, records.collect())
    }

    /// The same with the sorted records of each ballot given, whatever the roll says.
    #[must_use]
    pub fn of_records(recipe: &Recipe, records: Vec<Vec<Record>>) -> Specimen {
        let home = tempfile::Builder::new().prefix("specimen-").tempdir();
        let home = home.expect("a private directory");
        let key = RollKey::from_bytes(recipe.roll.key);
        write_secret(&home.path().join("roll.key"), key.to_file_text());
        let manifest = build(&home.path().join("package"), recipe, &records);
        Specimen {
            home,
            manifest,
            records,
        }
    }

    /// The private directory in which the package lies.
    #[must_use]
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// A path in the private directory.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The directory of the package.
    #[must_use]
    pub fn package(&self) -> PathBuf {
        self.path("package")
    }

    /// Signs as an officer with a new key into the file `signature` of the package, and returns the file
    /// of the officer's public key.
    pub fn sign(&self, officer: &str, signature: &str) -> PathBuf {
        let pair = KeyPair::generate_unencrypted_keypair().expect("randomness");
        let public = self.path(&format!("{officer}.pub"));
        let text = pair.pk.to_box().expect("a public key").to_string();
        fs::write(&public, text).expect("a writable directory");
        let manifest = fs::read(self.package().join(MANIFEST_FILE)).expect("a manifest");
        let comment = UNTRUSTED_COMMENT.strip_prefix("untrusted comment: ");
        let manifest = Cursor::new(manifest);
        let signed = minisign::sign(Some(&pair.pk), &pair.sk, manifest, None, comment);
        let signed = signed.expect("a key that can sign").to_string();
        fs::write(self.package().join(signature), signed).expect("a writable directory");
        public
    }

    /// Signs as the one officer, whose public key is `officer.pub`, and trusts in that officer.
    #[must_use]
    pub fn signed(&self) -> Trust {
        let public = self.sign("officer", "manifest.json.minisig");
        Trust::from_files(&[public], 1).expect("one officer, one key")
    }
}

fn build(dir: &Path, recipe: &Recipe, records: &[Vec<Record>]) -> Manifest {
    fs::create_dir(dir).expect("a writable directory");
    let event = definition::read(&recipe.definition);
    let ballots: Vec<BallotId> = event.ballots().iter().map(|b| ballot_id(&b.id)).collect();
    assert_eq!(ballots.len(), records.len(), "records of every ballot");
    let hasher = recipe.roll.hasher();
    let (scheme, key_id) = (hasher.scheme(), hasher.key_id());
    let builder = PackageBuilder::new(dir, event, scheme, key_id, recipe.filter, recipe.partitions);
    let builder = builder.expect("a writable directory");
    let builder = builder.accompanied_by(recipe.companions.clone());
    let mut built = Vec::new();
    for (ballot, records) in ballots.iter().zip(records) {
        for (shard, inside) in sharded(records, recipe.shard_bits) {
            let place = ShardPlace {
                ballot: ballot.clone(),
                shard_bits: recipe.shard_bits,
                shard,
                regions: !recipe.roll.regions.is_empty(),
            };
            built.push(builder.shard(place, inside).expect("sorted records"));
        }
    }
    builder.finish(built).expect("every shard of every ballot")
}

fn ballot_id(id: &str) -> BallotId {
    BallotId::parse(id).expect("the event has sound ids")
}
