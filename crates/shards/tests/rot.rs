//! A file that changes after the package was opened: nobody is answered by the bytes that changed.

mod support;

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::Path;

use credentials::digestset::Record;
use shards::{Membership, Package, Rot};
use specimen::{Recipe, Roll, Specimen, stranger};

use support::{FIRST, SECOND, files, open};

/// Bytes of a file's header.
const HEADER: u64 = 64;
/// Bytes that share a checksum.
const BLOCK: u64 = 256;

fn specimen() -> Specimen {
    Specimen::new(&Recipe {
        roll: Roll::new(200, [1, 300]),
        shard_bits: 0,
        ..Recipe::default()
    })
}

/// Flips a bit in the file itself: whoever has it mapped sees that.
fn flip(path: &Path, at: u64, bit: u8) {
    let file = OpenOptions::new().read(true).write(true).open(path);
    let file = file.expect("a file of the package");
    let mut byte = [0];
    file.read_exact_at(&mut byte, at).expect("a byte");
    file.write_all_at(&[byte[0] ^ (1 << bit)], at)
        .expect("written");
}

/// What a sound package says of the `ordinal`th member.
fn member(ordinal: u64, record: &Record) -> Membership {
    Membership::Member {
        shard: 0,
        ordinal: u32::try_from(ordinal).expect("a small roll"),
        region: record.region,
    }
}

/// Each bit of a column: whoever is answered is answered as ever, and everybody whose block changed
/// is refused.
fn check_column(kind: &str, width: u64) {
    let specimen = specimen();
    let package = open(&specimen);
    let path = specimen.package().join("shards/L-1").join(kind);
    let records = &specimen.records[0];
    for at in 0..records.len() as u64 * width {
        let at = HEADER + at;
        flip(&path, at, u8::try_from(at % 8).expect("a bit"));
        let offset = at / BLOCK * BLOCK;
        for (ordinal, record) in (0u64..).zip(records) {
            let reads = HEADER + ordinal * width;
            let answer = package.lookup(FIRST, &record.digest);
            if reads / BLOCK * BLOCK == offset {
                let rot = Rot {
                    path: path.clone(),
                    offset: Some(offset),
                };
                assert_eq!(answer, Err(rot), "byte {at}, {ordinal}");
            } else {
                assert_eq!(answer, Ok(member(ordinal, record)), "byte {at}, {ordinal}");
            }
        }
        flip(&path, at, u8::try_from(at % 8).expect("a bit"));
    }
    let rot = package.rot().expect("noticed");
    assert!(
        rot.to_string().contains(&format!("{kind}, byte 0: ")),
        "{rot}"
    );
}

#[test]
fn invariant_7_a_region_that_changed_is_given_to_nobody() {
    check_column("0000.reg", 2);
}

#[test]
fn invariant_7_a_digest_that_changed_makes_nobody_a_member() {
    check_column("0000.dig", 16);
}

fn recheck(package: &Package) -> Vec<Rot> {
    package.recheck(|_| true).expect("nobody ends it")
}

/// Any bit of any file, the headers and what no look-up reads included.
#[test]
fn invariant_7_the_check_in_service_finds_a_changed_bit_of_any_file() {
    let specimen = specimen();
    let all = files(&specimen.package());
    let listed = all.iter().filter(|file| !file.ends_with("manifest.json"));
    for file in listed {
        let package = open(&specimen);
        assert_eq!((recheck(&package), package.rot()), (Vec::new(), None));
        let path = specimen.package().join(file);
        let last = path.metadata().expect("a file").len() - 1;
        for at in [0, last / 2, last] {
            flip(&path, at, 3);
            let rot = Rot {
                path: path.clone(),
                offset: None,
            };
            assert_eq!(recheck(&package), std::slice::from_ref(&rot), "byte {at}");
            assert_eq!(package.rot(), Some(&rot));
            flip(&path, at, 3);
        }
    }
}

/// An index or a filter can deny a member. Once that is known, nobody is told in its shard that they
/// are not on the roll; in the others, strangers are.
#[test]
fn nobody_is_denied_by_an_index_or_a_filter_that_is_known_to_have_changed() {
    for kind in ["0000.fst", "0000.fuse"] {
        let specimen = specimen();
        let package = open(&specimen);
        let path = specimen.package().join("shards/L-1").join(kind);
        let length = path.metadata().expect("a file").len();
        (HEADER + 32..length - 20).for_each(|at| flip(&path, at, 0));
        let denied = |package: &Package| {
            let records = specimen.records[0].iter();
            let answers = records.map(|record| package.lookup(FIRST, &record.digest));
            answers
                .filter(|answer| *answer == Ok(Membership::NotOnRoll))
                .count()
        };
        assert!(denied(&package) > 0, "{kind}: nobody notices by itself");
        assert_eq!(recheck(&package).len(), 1);
        assert_eq!(denied(&package), 0);
        assert!(package.lookup(FIRST, &stranger(1)).is_err());
        let elsewhere = package.lookup(SECOND, &stranger(1));
        assert_eq!(elsewhere, Ok(Membership::NotOnRoll));
    }
}

#[test]
fn a_check_that_is_ended_says_nothing() {
    let package = open(&specimen());
    let mut pieces = 0;
    let ended = package.recheck(|_| {
        pieces += 1;
        pieces < 3
    });
    assert_eq!((ended, pieces), (None, 3));
}
