//! Group commit against its floor, and recovery: JSON lines.
//!
//! `cargo bench -p ledger --bench commit -- [--seconds S] [--votes N] [--dir PATH]`
//! The floor appends and fdatasyncs the same number of bytes as the ledger's frames, in a bare
//! loop; floor and ledger alternate, so that a slow moment of the disk hits both. `ratio` is the
//! ledger's frames a second over the floor's. Recovery reads a ledger of `--votes` votes back, with
//! the snapshots of an orderly stop and without any (goals at 8,000,000: 2 s and 30 s).

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use durable::{OsStorage, SteadyClock, Storage, StorageFile, SystemClock};
use election::Choice;
use ledger::log::files;
use ledger::{
    BallotShape, Decision, Enclosing, Hand, HandPublicKey, HandPublicKeys, HandSecretKey, Options,
    Paper, Papers, Partition, Reply, Shape, Snapshots, Submission, SystemEntropy,
};

const SHARDS: u32 = 8;

struct Arguments {
    seconds: u64,
    votes: u32,
    dir: PathBuf,
}

/// Counts answers; the bench keeps a fixed number of votes in flight.
struct Count(Arc<AtomicU64>);

impl Reply for Count {
    fn reply(self, decision: Decision) {
        assert!(
            matches!(decision, Decision::Accepted { .. }),
            "{decision:?}"
        );
        self.0.fetch_add(1, Ordering::Release);
    }
}

fn arguments() -> Option<Arguments> {
    let mut arguments = Arguments {
        seconds: 2,
        votes: 8_000_000,
        dir: std::env::temp_dir().join("ledger-bench"),
    };
    let mut given = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench");
    while let Some(flag) = given.next() {
        let value = given.next()?;
        match flag.as_str() {
            "--seconds" => arguments.seconds = value.parse().ok()?,
            "--votes" => arguments.votes = value.parse().ok()?,
            "--dir" => arguments.dir = PathBuf::from(value),
            _ => return None,
        }
    }
    Some(arguments)
}

fn shape(credentials: u32) -> Shape {
    Shape {
        event_id: "BENCH".to_owned(),
        manifest_sha256: [1; 32],
        keys: HandPublicKeys {
            count: key(Hand::Count),
            mask: key(Hand::Mask),
        },
        partitions: 1,
        ballots: vec![BallotShape {
            id: "L-1".to_owned(),
            opens_ms: 0,
            closes_ms: i64::MAX,
            shard_sizes: vec![credentials.div_ceil(SHARDS); SHARDS as usize],
            papers: Papers::Same(Paper::Cells(vec![Choice::Oui, Choice::Non])),
        }],
    }
}

/// Opens the ledger in `dir`, which writes snapshots at an orderly end only.
fn open(dir: &Path, credentials: u32, frame_interval: Duration) -> (Partition<Count>, Duration) {
    let shape = shape(credentials);
    let options = Options {
        snapshot_votes: u64::MAX,
        frame_interval,
        ..Options::default()
    };
    let log = Arc::new(files::open(Arc::new(OsStorage), dir));
    let snapshots = Some(Snapshots::new(Arc::new(OsStorage), dir));
    if !files::layout::ledger_dir(dir).exists() {
        ledger::begin(&*log, snapshots.as_ref(), 0).expect("an empty directory");
    }
    let clock = Arc::new(SteadyClock::start(Arc::new(SystemClock::new())));
    let start = Instant::now();
    let (partition, _) = Partition::open(log, snapshots, clock, shape, options).expect("opens");
    (partition, start.elapsed())
}

/// Votes `from..to`, with at most `in_flight` unanswered.
fn vote(partition: &Partition<Count>, from: u32, to: u32, in_flight: u64) {
    let answered = Arc::new(AtomicU64::new(0));
    let enclosing = Enclosing::new(&Arc::new(shape(SHARDS))).expect("a sound mask key");
    for (sent, at) in (0u64..).zip(from..to) {
        while sent - answered.load(Ordering::Acquire) >= in_flight {
            std::thread::yield_now();
        }
        let region = (at % 125) as u16;
        let choice = [&Choice::Non, &Choice::Oui][usize::from(at % 3 != 0)];
        let mut submission = Submission {
            ballot: 0,
            shard: at % SHARDS,
            ordinal: at / SHARDS,
            region,
            vote: enclosing
                .enclose(&mut SystemEntropy, 0, region, choice)
                .expect("a choice of the law"),
            tracker: None,
            records_repeat: true,
            reply: Count(Arc::clone(&answered)),
        };
        while let Err(back) = partition.submit(submission) {
            submission = back;
            std::thread::yield_now();
        }
    }
    while answered.load(Ordering::Acquire) < u64::from(to - from) {
        std::thread::yield_now();
    }
}

/// Appends blocks and syncs each, in a preallocated file.
struct Floor {
    file: Box<dyn StorageFile>,
    offset: u64,
    frames: u64,
    elapsed: Duration,
}

impl Floor {
    fn new(dir: &Path) -> Floor {
        let mut file = OsStorage.create_new(&dir.join("floor")).expect("writable");
        file.preallocate(64 << 20).expect("room");
        file.fdatasync().expect("syncs");
        Floor {
            file,
            offset: 0,
            frames: 0,
            elapsed: Duration::ZERO,
        }
    }

    fn run(&mut self, bytes: usize, time: Duration) {
        let block = vec![0x5a; bytes];
        let start = Instant::now();
        std::thread::scope(|scope| {
            // The voters of the ledger's turn keep a processor awake, which speeds the disk's
            // interrupts up on many machines; somebody does so here, or the floor would be unfair.
            scope.spawn(|| {
                while start.elapsed() < time {
                    std::thread::yield_now();
                }
            });
            while start.elapsed() < time {
                self.file.write_at(self.offset, &block).expect("room");
                self.file.fdatasync().expect("syncs");
                self.offset = (self.offset + bytes as u64) % (60 << 20);
                self.frames += 1;
            }
        });
        self.elapsed += start.elapsed();
    }
}

/// Ledger and floor in turns of a quarter of a second, with blocks as long as the frames.
fn measure_commit(arguments: &Arguments, frame_interval: Duration, in_flight: u64) {
    let turn = Duration::from_millis(250);
    let interval_us = frame_interval.as_micros();
    let dir = arguments
        .dir
        .join(format!("commit-{interval_us}-{in_flight}"));
    let (partition, _) = open(&dir, 64_000_000, frame_interval);
    let state = partition.state();
    let mut floor = Floor::new(&dir);
    let (mut elapsed, mut at, mut frame_bytes) = (Duration::ZERO, 0, 0);
    while elapsed.as_secs() < arguments.seconds {
        let start = Instant::now();
        while start.elapsed() < turn {
            // A few frames' worth, so that a turn is neither cut short nor overrun.
            let votes = u32::try_from(in_flight * 16).unwrap_or(u32::MAX);
            vote(&partition, at, at + votes, in_flight);
            at += votes;
        }
        elapsed += start.elapsed();
        frame_bytes = usize::try_from(state.frame_bytes() / state.frames()).expect("small");
        floor.run(frame_bytes, turn);
    }
    let frames_s = state.frames() as f64 / elapsed.as_secs_f64();
    let votes_s = state.votes() as f64 / elapsed.as_secs_f64();
    let floor_s = floor.frames as f64 / floor.elapsed.as_secs_f64();
    println!(
        "{{\"bench\":\"commit\",\"frame_interval_us\":{interval_us},\"in_flight\":{in_flight},\"votes_per_s\":{votes_s:.0},\
         \"frames_per_s\":{frames_s:.0},\"frame_bytes\":{frame_bytes},\
         \"floor_frames_per_s\":{floor_s:.0},\"ratio\":{:.2}}}",
        frames_s / floor_s
    );
}

fn measure_recovery(arguments: &Arguments) {
    let dir = arguments.dir.join("recovery");
    let (partition, _) = open(&dir, arguments.votes, Duration::ZERO);
    vote(&partition, 0, arguments.votes, 8_192);
    drop(partition);
    let (partition, from_snapshot) = open(&dir, arguments.votes, Duration::ZERO);
    drop(partition);
    std::fs::remove_dir_all(dir.join("voted")).expect("derived files");
    let (partition, from_nothing) = open(&dir, arguments.votes, Duration::ZERO);
    let voted = partition.state().voted(0);
    assert_eq!(voted, u64::from(arguments.votes));
    println!(
        "{{\"bench\":\"recovery\",\"votes\":{voted},\"from_snapshot_s\":{:.3},\
         \"from_nothing_s\":{:.3}}}",
        from_snapshot.as_secs_f64(),
        from_nothing.as_secs_f64()
    );
}

/// What a submitter does before a vote is queued: nearly nothing for a law, a key exchange for a ranking.
fn measure_enclosing(votes: u32) {
    let law = shape(SHARDS);
    let mut ranked = shape(SHARDS);
    let paper = Paper::Ranked {
        candidates: (1..=5).collect(),
        ranks: 5,
    };
    ranked.ballots[0].papers = Papers::Same(paper);
    for (kind, shape, choice) in [
        ("law", law, Choice::Oui),
        ("ranked", ranked, Choice::Ranking(vec![3, 1, 2, 5, 4])),
    ] {
        let enclosing = Enclosing::new(&Arc::new(shape)).expect("a sound mask key");
        let start = Instant::now();
        for _ in 0..votes {
            let enclosed = enclosing.enclose(&mut SystemEntropy, 0, 1, &choice);
            std::hint::black_box(enclosed.expect("a choice of the ballot paper"));
        }
        let us = start.elapsed().as_secs_f64() * 1e6 / f64::from(votes);
        println!("{{\"bench\":\"enclose\",\"kind\":\"{kind}\",\"us_per_vote\":{us:.3}}}");
    }
}

/// The same at each start of a ledger, or it would be another one's.
fn key(hand: Hand) -> HandPublicKey {
    let secret = match hand {
        Hand::Count => [1; 32],
        Hand::Mask => [2; 32],
    };
    HandSecretKey::from_bytes(hand, &secret).public()
}

fn main() -> std::process::ExitCode {
    let Some(arguments) = arguments() else {
        eprintln!("usage: commit [--seconds S] [--votes N] [--dir PATH]");
        return std::process::ExitCode::from(2);
    };
    if arguments.dir.exists() {
        eprintln!(
            "{} exists: remove it or name another --dir",
            arguments.dir.display()
        );
        return std::process::ExitCode::from(2);
    }
    // With no interval frames follow each other as fast as the disk goes, which is what the floor
    // does; with the default one they are fewer and hold more.
    for interval in [Duration::ZERO, Options::default().frame_interval] {
        for in_flight in [1, 64, 256, 4_096] {
            measure_commit(&arguments, interval, in_flight);
        }
    }
    measure_recovery(&arguments);
    measure_enclosing(50_000);
    if let Err(error) = std::fs::remove_dir_all(&arguments.dir) {
        eprintln!("{}: {error}", arguments.dir.display());
        return std::process::ExitCode::FAILURE;
    }
    std::process::ExitCode::SUCCESS
}
