//! The released format, byte by byte: `fixtures/golden/shards/` must open, audit and be rebuilt.
//!
//! What the released package was made of stands here and nowhere else: the other tests may change what
//! theirs are made of. To write the files anew after a deliberate change of format: `SCRUTIN_BLESS=1
//! cargo test -p shards --test golden`, with a new version number in the header and a line in CHANGELOG.md.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use credentials::digestset::Record;
use credentials::{BallotId, Digest, KeyId, Scheme};
use election::Event;
use shards::builder::{PackageBuilder, ShardPlace};
use shards::{FilterKind, Package, Sha256Sum};

use support::{FIRST, files};

const EVENT: &str = r#"
[event]
id = "T-1"
title_fr = "Essai"
title_en = "Test"
time_zone = "America/Toronto"
count_key = "e3f53cb0c8535043d198d0275fe9fffcf736fc1c539191334ab910cf9899be33"
mask_key = "e96d77aafa41a438c89bcf04a556cbaa73c831f1cfdf7d4cfe2a478a4e1cde26"

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
const BALLOTS: [&str; 2] = ["L-1", "L-2"];
const VOTERS: u16 = 40;
const SHARD_BITS: u8 = 1;

fn golden_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/golden/shards/package-1")
}

/// Sorted records; every other voter lives in region 300.
fn records(ballot: &str) -> Vec<Record> {
    let record = |number: u16| {
        let sum = Sha256Sum::of(format!("{ballot}/{number}").as_bytes());
        Record {
            digest: Digest(*sum.0.first_chunk().expect("a sum is longer than a digest")),
            region: if number.is_multiple_of(2) { 1 } else { 300 },
        }
    };
    let mut records: Vec<Record> = (0..VOTERS).map(record).collect();
    records.sort_unstable();
    records
}

fn build(dir: &Path) {
    let event = Event::from_toml(EVENT).expect("a sound definition");
    let key_id = Some(KeyId(*b"test key"));
    let builder = PackageBuilder::new(dir, event, Scheme::HmacSha256, key_id, FilterKind::Fuse8, 1);
    let builder = builder.expect("a writable directory");
    let mut built = Vec::new();
    for ballot in BALLOTS {
        for shard in 0..1 << SHARD_BITS {
            let mut inside = records(ballot);
            inside.retain(|record| record.digest.shard(SHARD_BITS) == shard);
            let place = ShardPlace {
                ballot: BallotId::parse(ballot).expect("a sound id"),
                shard_bits: SHARD_BITS,
                shard,
                regions: true,
            };
            built.push(builder.shard(place, &inside).expect("sorted records"));
        }
    }
    builder.finish(built).expect("every shard");
}

#[test]
fn the_same_input_gives_the_released_bytes() {
    let made = tempfile::TempDir::new().expect("a private directory");
    let made = made.path();
    build(made);
    if std::env::var_os("SCRUTIN_BLESS").is_some() {
        for file in files(made) {
            let to = golden_dir().join(&file);
            fs::create_dir_all(to.parent().expect("a directory")).expect("made");
            fs::copy(made.join(&file), to).expect("copied");
        }
    }
    for file in files(made) {
        let golden = fs::read(golden_dir().join(&file)).expect("a released file");
        let got = fs::read(made.join(&file)).expect("a file of the package");
        assert!(
            golden == got,
            "{} differs from the released format",
            file.display()
        );
    }
    let package = Package::open_unsigned(&golden_dir()).expect("a sound package");
    for shard in 0..2 {
        package.audit_shard(FIRST, shard).expect("a sound shard");
    }
    for record in records(BALLOTS[0]) {
        let shard = record.digest.shard(1);
        let found = package.lookup(FIRST, &record.digest).expect("sound bytes");
        assert!(
            matches!(found, shards::Membership::Member { shard: at, region, .. } if at == shard && region == record.region)
        );
    }
}
