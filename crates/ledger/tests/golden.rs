//! The released format, byte for byte: what today's writer writes and what today's reader reads.
//! `BLESS=1 cargo test -p ledger --test golden` writes the files anew; only a new format version
//! may need that.

mod small;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use election::Choice;
use ledger::HandSecretKey;
use simulation::hands::Keys;
use simulation::{Rng, SimDisk};

const KEY_FILES: [&str; 2] = ["count.key", "mask.key"];

fn secrets(keys: &Keys) -> [HandSecretKey; 2] {
    [&keys.count, &keys.mask].map(|key| HandSecretKey::from_bytes(key.hand(), &key.to_bytes()))
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/golden/ledger/v2")
}

/// Files of the simulated data directory, by their path below the fixtures.
fn golden_paths(files: &small::Files) -> BTreeMap<PathBuf, PathBuf> {
    let data = Path::new(simulation::DATA_DIR);
    let relative = |path: &PathBuf| path.strip_prefix(data).map(Path::to_path_buf);
    files
        .keys()
        .filter_map(|path| Some((path.clone(), fixtures().join(relative(path).ok()?))))
        .collect()
}

#[test]
fn the_writer_writes_version_2() {
    let files = small::files();
    let bless = std::env::var_os("BLESS").is_some();
    for (path, fixture) in golden_paths(&files) {
        if bless {
            std::fs::create_dir_all(fixture.parent().expect("a directory")).expect("writable");
            std::fs::write(&fixture, &files[&path]).expect("writable");
        }
        let golden = std::fs::read(&fixture).expect("run once with BLESS=1");
        assert!(golden == files[&path], "{} differs", fixture.display());
    }
    if bless {
        for (name, key) in KEY_FILES.into_iter().zip(secrets(&small::keys())) {
            std::fs::write(fixtures().join(name), key.to_file_text()).expect("writable");
        }
    }
}

#[test]
fn the_reader_reads_version_2() {
    let read =
        |(path, fixture): (PathBuf, PathBuf)| (path, std::fs::read(fixture).expect("golden"));
    let files: small::Files = golden_paths(&small::files())
        .into_iter()
        .map(read)
        .collect();
    for (name, key) in KEY_FILES.into_iter().zip(secrets(&small::keys())) {
        let golden = std::fs::read(fixtures().join(name)).expect("golden");
        let golden = HandSecretKey::parse(&golden).expect("golden");
        assert_eq!((golden.public(), golden.hand()), (key.public(), key.hand()));
    }
    let disk = SimDisk::with_files(Rng::new(3), &files);
    let (small::Recounted { fold, votes }, end) = small::read(&disk).expect("golden");
    assert_eq!((fold.votes, fold.duplicates, end.segments), (12, 3, 3));
    assert_eq!(fold.cursor.sequence, 6);
    let ranking = Choice::Ranking(vec![1, 9, 300]);
    assert_eq!(votes.get(&(1, 1, ranking)), Some(&1));
    assert_eq!(votes.get(&(0, 1, Choice::Oui)), Some(&3));
}
