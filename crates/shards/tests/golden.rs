//! The released format, byte by byte: `fixtures/golden/shards/` must open, audit and be rebuilt.
//!
//! To write the files anew after a deliberate change of format: `SCRUTIN_BLESS=1 cargo test -p
//! shards --test golden`, with a new version number in the header and a line in CHANGELOG.md.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use shards::Package;

use support::{Built, FIRST, Recipe};

fn golden_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/golden/shards/package-1")
}

#[test]
fn the_same_input_gives_the_released_bytes() {
    let recipe = Recipe {
        credentials: 40,
        regions: vec![1, 300],
        ..Recipe::default()
    };
    let built = Built::new(&recipe);
    if std::env::var_os("SCRUTIN_BLESS").is_some() {
        for file in built.files() {
            let to = golden_dir().join(&file);
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(built.dir().join(&file), to).unwrap();
        }
    }
    for file in built.files() {
        let golden = fs::read(golden_dir().join(&file)).unwrap();
        let got = fs::read(built.dir().join(&file)).unwrap();
        assert!(
            golden == got,
            "{} differs from the released format",
            file.display()
        );
    }
    let package = Package::open_unsigned(&golden_dir()).unwrap();
    for shard in 0..2 {
        package.audit_shard(FIRST, shard).unwrap();
    }
    for record in &built.records[0] {
        let shard = record.digest.shard(1);
        let found = package.lookup(FIRST, &record.digest);
        assert!(
            matches!(found, shards::Membership::Member { shard: at, region, .. } if at == shard && region == record.region)
        );
    }
}
