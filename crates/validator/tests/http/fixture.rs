//! A signed package of the example event with a small roll of made-up voters.

use credentials::digestset::Record;
use credentials::{BallotId, Code, Hasher, Nas, RollKey};
use election::Event;
use shards::builder::{PackageBuilder, ShardPlace};
use shards::{FilterKind, MANIFEST_FILE};
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

/// Voters of the roll; voter 0 is the one of the customer's own examples.
pub(crate) const VOTERS: u32 = 400;
/// Regions of the example event.
pub(crate) const REGIONS: u16 = 6;
const SHARD_BITS: u8 = 1;

/// The files that a validator is started with.
pub(crate) struct Fixture {
    dir: tempfile::TempDir,
}

/// A voter of the roll.
#[derive(Clone, Copy)]
pub(crate) struct Voter(pub(crate) u32);

impl Voter {
    pub(crate) fn nas(self) -> String {
        if self.0 == 0 {
            "123456789".to_owned()
        } else {
            format!("{:09}", 200_000_000 + self.0)
        }
    }

    pub(crate) fn code(self) -> String {
        if self.0 == 0 {
            "ABC123".to_owned()
        } else {
            format!("QZK{:06}", self.0)
        }
    }

    pub(crate) fn region(self) -> u16 {
        1 + u16::try_from(self.0 % u32::from(REGIONS)).unwrap()
    }
}

impl Fixture {
    pub(crate) fn new() -> Fixture {
        Fixture::with_voters(VOTERS)
    }

    pub(crate) fn with_voters(voters: u32) -> Fixture {
        let dir = tempfile::Builder::new()
            .prefix("validator-test-")
            .tempdir()
            .unwrap();
        let key = RollKey::generate().unwrap();
        fs::write(dir.path().join("roll.key"), key.to_file_text().as_bytes()).unwrap();
        fs::create_dir(dir.path().join("package")).unwrap();
        build_package(
            &dir.path().join("package"),
            &event(),
            &Hasher::hmac(&key),
            voters,
        );
        let fixture = Fixture { dir };
        fixture.sign();
        fixture
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The arguments that every start needs; `data` is a directory beside the package.
    pub(crate) fn arguments(&self, data: &str) -> Vec<String> {
        let path = |name: &str| self.path(name).display().to_string();
        let pairs = [
            ("--package", path("package")),
            ("--trust", path("officer.pub")),
            ("--key", path("roll.key")),
            ("--data", path(data)),
            ("--listen", "127.0.0.1:0".to_owned()),
            ("--internal", "127.0.0.1:0".to_owned()),
        ];
        pairs
            .into_iter()
            .flat_map(|(flag, value)| [flag.to_owned(), value])
            .collect()
    }

    fn sign(&self) {
        let pair = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
        let manifest = self.path("package").join(MANIFEST_FILE);
        let bytes = Cursor::new(fs::read(&manifest).unwrap());
        let comment = Some("signature from minisign secret key");
        let signature = minisign::sign(Some(&pair.pk), &pair.sk, bytes, None, comment).unwrap();
        fs::write(
            manifest.with_extension("json.minisig"),
            signature.to_string(),
        )
        .unwrap();
        fs::write(
            self.path("officer.pub"),
            pair.pk.to_box().unwrap().to_string(),
        )
        .unwrap();
    }
}

pub(crate) fn event() -> Event {
    Event::from_toml(include_str!("../../../../fixtures/election.toml")).unwrap()
}

fn build_package(dir: &Path, event: &Event, hasher: &Hasher, voters: u32) {
    let builder = PackageBuilder::new(
        dir,
        event.clone(),
        hasher.scheme(),
        hasher.key_id(),
        FilterKind::Fuse16,
    )
    .unwrap();
    let mut built = Vec::new();
    for ballot in event.ballots() {
        let ballot = BallotId::parse(&ballot.id).unwrap();
        let mut records: Vec<Record> = (0..voters)
            .map(|n| record(hasher, Voter(n), &ballot))
            .collect();
        records.sort_unstable();
        for shard in 0..1 << SHARD_BITS {
            let of_shard = |record: &&Record| record.digest.shard(SHARD_BITS) == shard;
            let records: Vec<Record> = records.iter().filter(of_shard).copied().collect();
            let place = ShardPlace {
                ballot: ballot.clone(),
                shard_bits: SHARD_BITS,
                shard,
                regions: true,
            };
            built.push(builder.shard(place, &records).unwrap());
        }
    }
    builder.finish(built).unwrap();
}

fn record(hasher: &Hasher, voter: Voter, ballot: &BallotId) -> Record {
    let nas = Nas::parse(voter.nas().as_bytes()).unwrap();
    let code = Code::parse(voter.code().as_bytes()).unwrap();
    Record {
        digest: hasher.digest(&nas, &code, ballot),
        region: voter.region(),
    }
}
