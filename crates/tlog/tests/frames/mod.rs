//! Frames made by hand, as docs/ledger.md has them, and signed checkpoints of their tree.
// Each test and bench takes what it needs of it.
#![allow(dead_code)]

use std::path::Path;

use ledger::{
    BallotMarks, Body, Cursor, Frame, HandPublicKey, HandPublicKeys, Item, LinkHash, SealedChoices,
    SegmentHeader, ShardMarks, Tracker,
};
use sha2::{Digest as _, Sha256};
use tlog::{FrameLog, leaf_of};
use transparency::{
    Checkpoint, Hash, KeyName, KeyUse, Note, Policy, PrivateKey, VerifierKey, list_root,
};

pub(crate) const PARTITION: u16 = 3;
pub(crate) const ORIGIN: &str = "scrutin.example/QC-2025/3";

/// The frame of that number behind another one, with a tracker for each vote.
pub(crate) fn frame(behind: Cursor, trackers: &[Tracker]) -> Frame {
    long_frame(behind, trackers, 20)
}

/// The same with as many bytes of sealed choices.
pub(crate) fn long_frame(behind: Cursor, trackers: &[Tracker], sealed: usize) -> Frame {
    let body = body(trackers, sealed);
    let mut bytes = Vec::new();
    let length = u32::try_from(body.len() + 92).expect("short");
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(&1_u32.to_le_bytes());
    bytes.extend_from_slice(&(behind.sequence + 1).to_le_bytes());
    bytes.extend_from_slice(&1_000_i64.to_le_bytes());
    bytes.extend_from_slice(&behind.link.0);
    bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_le_bytes());
    bytes.extend_from_slice(&body);
    let hash = Sha256::digest(&bytes);
    bytes.extend_from_slice(&hash);
    Frame::decode(&bytes).expect("a frame")
}

fn body(trackers: &[Tracker], sealed: usize) -> Vec<u8> {
    let votes = u32::try_from(trackers.len()).expect("few");
    let mut body = Body::default();
    if votes > 0 {
        let shards = vec![ShardMarks {
            shard: 0,
            ordinals: (0..votes).collect(),
        }];
        body.marks = vec![BallotMarks { ballot: 0, shards }];
        body.choices = vec![SealedChoices {
            ballot: 0,
            count: votes.into(),
            sealed: vec![0; sealed],
        }];
        body.trackers = trackers.to_vec();
    }
    body.encode()
}

/// A chain of frames with 0, 1, 2 and 3 votes in turn.
pub(crate) fn chain(count: u64) -> Vec<Frame> {
    chain_with(count, 0)
}

/// Another chain for another salt.
pub(crate) fn chain_with(count: u64, salt: u8) -> Vec<Frame> {
    let mut behind = Cursor::default();
    let mut frames = Vec::new();
    for number in 0..count {
        let trackers: Vec<Tracker> = (0..number % 4)
            .map(|vote| tracker(number, vote, salt))
            .collect();
        let next = frame(behind, &trackers);
        behind = next.cursor();
        frames.push(next);
    }
    frames
}

fn tracker(number: u64, vote: u64, salt: u8) -> Tracker {
    let mut tracker = [salt; 16];
    tracker[..8].copy_from_slice(&vote.to_be_bytes());
    tracker[8..15].copy_from_slice(&number.to_be_bytes()[1..]);
    tracker
}

/// The header of the segment that begins with this frame.
pub(crate) fn header_of(number: u32, first: &Frame) -> SegmentHeader {
    SegmentHeader {
        partition: PARTITION,
        number,
        first_sequence: first.header.sequence,
        epoch: 1,
        event_id: "QC-2025".to_owned(),
        manifest_sha256: [0; 32],
        keys: HandPublicKeys {
            count: HandPublicKey::from_bytes([1; 32]),
            mask: HandPublicKey::from_bytes([2; 32]),
        },
        previous: LinkHash::default(),
        link: first.header.previous,
        ballots: Vec::new(),
    }
}

pub(crate) fn header(number: u32, first: &Frame) -> Item {
    Item::Segment(header_of(number, first))
}

pub(crate) fn hashes(frames: &[Frame]) -> Vec<Hash> {
    let leaf = |frame| leaf_of(PARTITION, frame).expect("a body").hash();
    frames.iter().map(leaf).collect()
}

pub(crate) fn log_of(frames: &[Frame]) -> FrameLog {
    let mut log = FrameLog::new(PARTITION, Path::new(env!("CARGO_TARGET_TMPDIR"))).expect("room");
    for frame in frames {
        log.append(frame).expect("the next one");
    }
    log
}

pub(crate) fn key(name: &str, used: KeyUse, number: u8) -> PrivateKey {
    let name = KeyName::new(name).expect("a name");
    PrivateKey::from_seed(name, used, &[number; 32].into())
}

pub(crate) fn witness(number: u8) -> PrivateKey {
    key(
        &format!("witness.example/{number}"),
        KeyUse::Witness,
        number,
    )
}

/// Two of three witnesses, and the logs of partitions 3 and 4.
pub(crate) fn policy() -> Policy {
    let log = |origin: &str| key(origin, KeyUse::Log, 100).public().to_string();
    let witness = |number| -> VerifierKey { witness(number).public().clone() };
    let text = format!(
        "log {}\nlog {}\nwitness a {}\nwitness b {}\nwitness c {}\ngroup enough 2 a b c\nquorum enough\n",
        log(ORIGIN),
        key("scrutin.example/QC-2025/4", KeyUse::Log, 101).public(),
        witness(1),
        witness(2),
        witness(3),
    );
    Policy::parse(text.as_bytes()).expect("a policy")
}

/// A checkpoint over these leaves, cosigned by these witnesses.
pub(crate) fn checkpoint(leaves: &[Hash], witnesses: &[u8]) -> Note {
    signed(leaves.len() as u64, list_root(leaves), witnesses)
}

pub(crate) fn signed(size: u64, root: Hash, witnesses: &[u8]) -> Note {
    signed_by(&key(ORIGIN, KeyUse::Log, 100), size, root, witnesses)
}

pub(crate) fn signed_by(log: &PrivateKey, size: u64, root: Hash, witnesses: &[u8]) -> Note {
    let origin = log.public().name().clone();
    let mut note = Checkpoint { origin, size, root }
        .sign(log)
        .expect("the log's key");
    for number in witnesses {
        let time_s = 1_000 + u64::from(*number);
        let line = witness(*number).cosign_text(note.text(), time_s);
        note.add(line.expect("a witness's key"));
    }
    note
}
