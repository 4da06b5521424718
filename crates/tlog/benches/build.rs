//! A log of 8 million frames made from their leaves, beside its floor: as many bare SHA-256. Then a receipt:
//! how long it takes, and how many bytes it has with three cosignatures. A JSON line each.

#[path = "../tests/frames/mod.rs"]
mod frames;

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use ledger::{Cursor, Frame};
use sha2::{Digest as _, Sha256};
use tlog::{FrameLog, leaf_of};
use transparency::{Hash, LEAF_BYTES, Leaf};

use frames::{PARTITION, frame, signed};

const FRAMES: u64 = 8_000_000;
const RECEIPTS: u32 = 1_000;
/// The frame whose receipt is made: one with a long path, as most have.
const CAST: u64 = FRAMES / 3;

fn main() {
    let log = build();
    receipt(&log);
}

fn cast() -> Frame {
    let behind = Cursor {
        sequence: CAST - 1,
        ..Cursor::default()
    };
    frame(behind, &[[1; 16]])
}

fn leaf(sequence: u64) -> Leaf {
    if sequence == CAST {
        return leaf_of(PARTITION, &cast()).expect("a body");
    }
    let mut link = [7; 32];
    link[..8].copy_from_slice(&sequence.to_be_bytes());
    Leaf {
        partition: PARTITION,
        sequence,
        link,
        votes: 1,
        trackers: Hash(link),
    }
}

fn build() -> FrameLog {
    let mut log = FrameLog::new(PARTITION, Path::new(env!("CARGO_TARGET_TMPDIR"))).expect("room");
    let started = Instant::now();
    for sequence in 1..=FRAMES {
        log.append_leaf(&leaf(sequence)).expect("the next one");
    }
    let seconds = started.elapsed().as_secs_f64();
    // Of a leaf as the tree hashes it.
    let mut bytes = [0; LEAF_BYTES + 1];
    let started = Instant::now();
    for sequence in 1..=FRAMES {
        bytes[..8].copy_from_slice(&sequence.to_be_bytes());
        black_box(Sha256::digest(bytes));
    }
    let floor = started.elapsed().as_secs_f64();
    println!(
        "{}",
        serde_json::json!({
            "bench": "tlog build", "frames": FRAMES, "seconds": seconds, "goal_seconds": 5,
            "floor_seconds": floor, "ratio": seconds / floor,
        })
    );
    log
}

fn receipt(log: &FrameLog) {
    let root = log.root().expect("read");
    let note = signed(log.size(), root, &[1, 2, 3]);
    let cast = cast();
    let started = Instant::now();
    for _ in 0..RECEIPTS {
        black_box(log.receipt(&cast, &[1; 16], &note).expect("sound"));
    }
    let ms = started.elapsed().as_secs_f64() * 1e3 / f64::from(RECEIPTS);
    let proof = log.receipt(&cast, &[1; 16], &note).expect("sound");
    let bytes = proof.expect("covered").to_string().len();
    println!(
        "{}",
        serde_json::json!({
            "bench": "tlog receipt", "frames": log.size(), "ms": ms, "goal_ms": 1,
            "bytes": bytes, "goal_bytes": 2048,
        })
    );
}
