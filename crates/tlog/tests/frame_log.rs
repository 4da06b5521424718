//! A log of frames against the tree straight from its definition, and against what outsiders verify.

mod frames;

use std::path::Path;

use ledger::Frame;
use proptest::prelude::*;
use tlog::{FrameLog, TlogError, leaf_of};
use transparency::{
    Contents, Hash, ReceiptExtra, TilePath, TreeBuilder, list_root, read_bundle, verify_consistency,
};

use frames::{PARTITION, chain, chain_with, checkpoint, hashes, log_of, policy};

/// Sizes around those where tiles become full.
const SIZES: [u64; 13] = [
    0, 1, 2, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 65_800,
];

#[test]
fn files_and_roots_of_all_sizes_are_those_of_the_definition() {
    let frames = chain(65_800);
    let leaves = hashes(&frames);
    let mut log = log_of(&[]);
    let mut tree = TreeBuilder::new();
    let mut tiles = Vec::new();
    for size in SIZES {
        let from = usize::try_from(log.size()).expect("few");
        let to = usize::try_from(size).expect("few");
        for at in from..to {
            log.append(&frames[at]).expect("the next one");
            tiles.extend(tree.append(leaves[at]).expect("room"));
        }
        assert_eq!(
            log.root().expect("read"),
            list_root(&leaves[..to]),
            "{size}"
        );
        for tile in tiles.iter().chain(&tree.partial_tiles()) {
            let file = log.file(tile.path, size).expect("read");
            assert_eq!(file, Some(tile.to_bytes()), "{} of {size}", tile.path);
        }
        let before = size.saturating_sub(300);
        check_entries(&log, &frames, before..size);
    }
    for size in SIZES {
        let to = usize::try_from(size).expect("few");
        assert_eq!(
            log.root_at(size).expect("read"),
            Some(list_root(&leaves[..to]))
        );
    }
    assert_eq!(log.root_at(65_801).expect("read"), None);
}

/// Each leaf in its bundle, in bundles that are as full as they can be.
fn check_entries(log: &FrameLog, frames: &[Frame], sequences: std::ops::Range<u64>) {
    for index in sequences {
        let path = TilePath::in_tree(Contents::Entries, index / 256, log.size());
        let path = path.expect("in the log");
        let bytes = log.file(path, log.size()).expect("read").expect("covered");
        let entries = read_bundle(path, &bytes).expect("a bundle");
        let frame = &frames[usize::try_from(index).expect("few")];
        let leaf = leaf_of(PARTITION, frame).expect("a body").encode();
        assert_eq!(entries[usize::try_from(index % 256).expect("few")], leaf);
    }
}

#[test]
fn nothing_is_served_that_no_checkpoint_covers() {
    let log = log_of(&chain(600));
    for (path, covered, there) in [
        ("tile/0/000", 256, true),
        ("tile/0/000", 255, false),
        ("tile/0/000.p/255", 255, true),
        ("tile/0/000.p/17", 600, true),
        ("tile/0/001.p/1", 256, false),
        ("tile/entries/000", 256, true),
        ("tile/entries/000", 255, false),
        ("tile/entries/002.p/88", 600, true),
        ("tile/entries/002.p/89", 600, false),
        // More than the log has.
        ("tile/entries/002.p/89", 1_000, false),
        ("tile/1/000.p/2", 512, true),
        ("tile/1/000.p/2", 511, false),
        ("tile/2/000.p/1", 600, false),
        ("tile/7/000.p/1", 600, false),
        ("tile/0/000", 0, false),
    ] {
        let path: TilePath = path.parse().expect("a path");
        let file = log.file(path, covered).expect("read");
        assert_eq!(file.is_some(), there, "{path} at {covered}");
    }
}

#[test]
fn only_the_next_frame_of_the_partition_is_taken() {
    let frames = chain(3);
    let mut log = log_of(&frames[..1]);
    for frame in [&frames[0], &frames[2]] {
        let refused = log.append(frame).expect_err("not the next one");
        assert!(
            matches!(refused, TlogError::Sequence { expected: 2, .. }),
            "{refused}"
        );
    }
    let foreign = leaf_of(7, &frames[1]).expect("a body");
    let refused = log.append_leaf(&foreign).expect_err("of another partition");
    assert!(matches!(refused, TlogError::Partition { .. }), "{refused}");
    log.append(&frames[1]).expect("the next one");
    assert_eq!(log.size(), 2);
    assert!(FrameLog::new(0, Path::new("/nowhere")).is_err());
}

#[test]
fn a_receipt_holds_for_every_vote_of_every_covered_frame() {
    let frames = chain(300);
    let (log, leaves) = (log_of(&frames), hashes(&frames));
    let note = checkpoint(&leaves[..290], &[1, 2]);
    let policy = policy();
    let mut votes = 0;
    for frame in &frames {
        for tracker in frame.body().expect("a body").trackers {
            let proof = log.receipt(frame, &tracker, &note).expect("sound");
            let Some(proof) = proof else {
                assert!(frame.header.sequence > 290);
                continue;
            };
            let proven = ReceiptExtra::verify(&proof, &policy).expect("it holds");
            assert_eq!(proven.receipt.leaf.sequence, frame.header.sequence);
            assert_eq!(proven.receipt.tracker, tracker);
            votes += 1;
        }
    }
    assert_eq!(votes, 290 / 4 * 6 + 1);
}

#[test]
fn no_receipt_is_made_that_would_not_hold() {
    let frames = chain(10);
    let (log, leaves) = (log_of(&frames), hashes(&frames));
    let note = checkpoint(&leaves, &[1, 2]);
    let tracker = frames[3].body().expect("a body").trackers[0];
    let none = log.receipt(&frames[3], &[9; 16], &note).expect("sound");
    assert_eq!(none, None, "no such vote");
    let longer = checkpoint(&hashes(&chain(11)), &[1, 2]);
    let none = log.receipt(&frames[3], &tracker, &longer).expect("sound");
    assert_eq!(none, None, "of more frames than there are");
    let other = &chain_with(10, 1)[3];
    let refused = log.receipt(other, &tracker, &note);
    assert!(matches!(
        refused,
        Err(TlogError::OtherFrame { sequence: 4 })
    ));
    let forked = checkpoint(&hashes(&chain_with(10, 1)), &[1, 2]);
    let refused = log.receipt(&frames[3], &tracker, &forked);
    assert!(matches!(refused, Err(TlogError::OtherTree { size: 10 })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn each_size_continues_each_smaller_one(old in 0_u64..=1_100, more in 0_u64..=1_100) {
        let leaves = hashes(&LONG.with(Clone::clone));
        let new = (old + more).min(1_100);
        LOG.with(|log| {
            let proof = log.consistency(old, new).expect("read").expect("in the log");
            let root = |size: u64| -> Hash { list_root(&leaves[..usize::try_from(size).expect("few")]) };
            verify_consistency((old, root(old)), (new, root(new)), &proof).expect("it holds");
            assert_eq!(log.consistency(new + 1, new).expect("read"), None);
            assert_eq!(log.consistency(old, 1_101).expect("read"), None);
        });
    }
}

thread_local! {
    static LONG: Vec<Frame> = chain(1_100);
    static LOG: FrameLog = LONG.with(|frames| log_of(frames));
}
