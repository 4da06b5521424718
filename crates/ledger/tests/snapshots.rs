//! Snapshots of the voted bitsets, held against the ledger.

mod small;

use std::path::PathBuf;

use ledger::{SnapshotCheck, check_snapshots};
use sha2::{Digest, Sha256};
use simulation::{Rng, SimDisk};

use small::Files;

/// Where the first bit of the bitset and how many voted stand, by docs/ledger.md.
const BITSET: usize = 136;
const VOTED: usize = 24;
const HASH_BYTES: usize = 32;

fn check(files: &Files) -> SnapshotCheck {
    let disk = SimDisk::with_files(Rng::new(5), files);
    let (log, snapshots) = (small::log(&disk), small::snapshots(&disk));
    check_snapshots(&log, &snapshots, &small::shape(), 0).expect("the ledger is whole")
}

/// The snapshot of the first law's first shard.
fn first_snapshot(files: &Files) -> PathBuf {
    let voted = files
        .keys()
        .find(|path| path.ends_with("L2025-001/0000.voted"));
    voted.expect("closed in order").clone()
}

#[test]
fn invariant_1_snapshot_and_tail_are_the_full_replay() {
    let mut files = small::files();
    let whole = check(&files);
    assert_eq!((whole.snapshots, whole.difference), (3, None));
    assert_eq!(whole.refused, Vec::<String>::new());
    let path = first_snapshot(&files);
    let bytes = files.get_mut(&path).expect("it is there");
    bytes[BITSET] ^= 1 << 1;
    let rotten = check(&files);
    assert_eq!((rotten.snapshots, &rotten.difference), (2, &None));
    let refused = &rotten.refused[0];
    let said = refused.ends_with("0000.voted: the voted bitset's SHA-256 does not fit its bytes");
    assert!(said, "{refused}");
}

/// What bit rot cannot do and a hand can: a snapshot that is whole and wrong.
#[test]
fn invariant_1_a_forged_snapshot_is_named() {
    let mut files = small::files();
    let path = first_snapshot(&files);
    let bytes = files.get_mut(&path).expect("it is there");
    let content = bytes.len() - HASH_BYTES;
    bytes[BITSET] |= 1 << 1; // credential 1, which never voted
    bytes[VOTED] += 1;
    let hash = Sha256::digest(&bytes[..content]);
    bytes[content..].copy_from_slice(&hash);
    let forged = check(&files).difference.expect("it differs");
    assert_eq!(
        forged,
        "L2025-001, shard 0, ordinal 1: voted by the snapshot, not by the ledger"
    );
}

#[test]
fn invariant_1_a_snapshot_of_frames_that_are_gone_is_named() {
    let mut files = small::files();
    files.retain(|path, _| !path.ends_with("00000003.segment"));
    let ahead = check(&files).difference.expect("it differs");
    assert!(
        ahead.contains("frame that the ledger does not have"),
        "{ahead}"
    );
}
