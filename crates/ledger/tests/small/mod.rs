//! A small ledger of three segments, made from a seed: the same bytes each time.

// Each target that includes this module uses its part of it.
#![allow(dead_code)]

pub(crate) mod contract;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use election::Choice;
use ledger::log::Log;
use ledger::log::files::{self, FilesLog};
use ledger::{
    BallotShape, Committer, Decision, Fold, InvalidReason, Item, LedgerError, Options, Paper,
    Papers, ReadEnd, Reply, SegmentHeader, Shape, Snapshots, Submission,
};
use simulation::hands::{self, BothHands, Keys, Votes};
use simulation::{DATA_DIR, Rng, SimClock, SimDisk};

pub(crate) struct Silent;

impl Reply for Silent {
    fn reply(self, _: Decision) {}
}

pub(crate) type Files = BTreeMap<PathBuf, Vec<u8>>;

pub(crate) fn keys() -> Keys {
    Keys::drawn(&mut Rng::new(1))
}

pub(crate) fn shape() -> Shape {
    let ranked = Paper::Ranked {
        candidates: vec![1, 2, 3, 9, 300],
        ranks: 4,
    };
    let ballot = |id: &str, shard_sizes: &[u32], papers: Papers| BallotShape {
        id: id.to_owned(),
        opens_ms: 0,
        closes_ms: i64::MAX,
        shard_sizes: shard_sizes.to_vec(),
        papers,
    };
    Shape {
        event_id: "GOLDEN-1".to_owned(),
        manifest_sha256: [0x42; 32],
        keys: keys().public(),
        partitions: 1,
        ballots: vec![
            ballot("L2025-001", &[300, 70], hands::law()),
            ballot("E-RANKED", &[64], hands::in_each_region(ranked)),
        ],
    }
}

/// The ledger on a disk.
pub(crate) fn log(disk: &SimDisk) -> FilesLog {
    files::open(Arc::new(disk.clone()), Path::new(DATA_DIR))
}

pub(crate) fn snapshots(disk: &SimDisk) -> Snapshots {
    Snapshots::new(Arc::new(disk.clone()), Path::new(DATA_DIR))
}

/// Begins the ledger on a disk.
pub(crate) fn begin(disk: &SimDisk) {
    ledger::begin(&log(disk), Some(&snapshots(disk)), 0).expect("a healthy disk");
}

/// An owner on a disk.
pub(crate) fn open(disk: &SimDisk, life: u64) -> Result<Committer<Silent>, LedgerError> {
    open_accepting(disk, life, None)
}

/// An owner on a disk, with a person's decision to go on behind a frame.
pub(crate) fn open_accepting(
    disk: &SimDisk,
    life: u64,
    accept_rollback: Option<u64>,
) -> Result<Committer<Silent>, LedgerError> {
    let options = Options {
        accept_rollback,
        ..options(life)
    };
    open_with(Arc::new(log(disk)), Some(snapshots(disk)), life, options)
}

/// An owner of any log.
pub(crate) fn open_log(
    log: Arc<dyn Log>,
    snapshots: Option<Snapshots>,
    life: u64,
) -> Result<Committer<Silent>, LedgerError> {
    open_with(log, snapshots, life, options(life))
}

fn options(life: u64) -> Options {
    Options {
        segment_bytes: 8_192,
        entropy: Box::new(Rng::new(100 + life)),
        ..Options::default()
    }
}

fn open_with(
    log: Arc<dyn Log>,
    snapshots: Option<Snapshots>,
    life: u64,
    options: Options,
) -> Result<Committer<Silent>, LedgerError> {
    let clock = SimClock::default();
    clock.pass(1_700_000_000_000 + life * 1_000);
    let opened = Committer::open(log, snapshots, clock.started(), shape(), options);
    opened.map(|(committer, _)| committer)
}

pub(crate) fn vote(ballot: u16, shard: u32, ordinal: u32, choice: Choice) -> Submission<Silent> {
    Submission {
        ballot,
        shard,
        ordinal,
        region: 1,
        vote: hands::enclosed(
            &shape(),
            &mut Rng::new(ordinal.into()),
            (ballot, 1),
            &choice,
        ),
        tracker: None,
        records_repeat: true,
        reply: Silent,
    }
}

/// One life of two frames: laws, rankings, duplicates, an invalid attempt.
pub(crate) fn live(mut committer: Committer<Silent>, life: u32) {
    let mut batch = vec![
        vote(0, 0, life * 90, Choice::Oui),
        vote(0, 1, life, Choice::Non),
        vote(1, 0, life, Choice::Ranking(vec![life + 1, 9, 300])),
    ];
    committer.step(&mut batch).expect("a healthy log");
    committer.note_invalid(Some(1), InvalidReason::NotOnRoll);
    let mut batch = vec![
        vote(0, 0, 5 + life, Choice::Blanc),
        vote(0, 1, 0, Choice::Oui),
    ];
    committer.step(&mut batch).expect("a healthy log");
    committer.close().expect("a healthy log");
}

/// Three lives on one disk.
pub(crate) fn files() -> Files {
    let disk = SimDisk::new(Rng::new(2));
    begin(&disk);
    for life in 0..3u32 {
        live(open(&disk, life.into()).expect("a healthy disk"), life);
    }
    disk.files()
}

/// Everything that the files say, opened with both keys.
#[derive(Debug, PartialEq)]
pub(crate) struct Recounted {
    pub(crate) fold: Fold,
    pub(crate) votes: Votes,
}

pub(crate) fn read(disk: &SimDisk) -> Result<(Recounted, ReadEnd), LedgerError> {
    let (mut fold, mut votes) = (Fold::new(&shape(), 0), Votes::new());
    let mut hands = BothHands::new(&keys(), &shape().ballots, |_, _, _| 1);
    let mut header: Option<SegmentHeader> = None;
    let visit = |item: &Item| -> Result<(), LedgerError> {
        match item {
            Item::Segment(segment) => header = Some(segment.clone()),
            Item::Frame(frame) => {
                let header = header.as_ref().expect("a header comes first");
                for (choice, count) in hands.votes(header, frame).expect("own keys") {
                    *votes.entry(choice).or_default() += count;
                }
                fold.apply(frame).expect("own frames");
            }
        }
        Ok(())
    };
    let end = log(disk).read_all(0, visit)?;
    Ok((Recounted { fold, votes }, end))
}
