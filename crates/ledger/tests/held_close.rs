//! A close that a start finds in the past is held for a quarter of an hour before it is written down: the
//! clock may be wrong, and what is written closes the ballot for good. `docs/time.md` tells why.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use durable::{Clock, OsStorage, SteadyClock};
use election::Choice;
use ledger::log::files;
use ledger::{
    BallotShape, Committer, Decision, Item, LedgerError, Options, RecoveryReport, Reply, Shape,
    Submission, SystemEntropy,
};
use simulation::hands::{self, Keys};

const OPENS_MS: i64 = 1_000_000;
const CLOSES_MS: i64 = 2_000_000;
const LATER_MS: i64 = 1_500_000;
const HOUR_MS: i64 = 3_600_000;
const HOLD_MS: u64 = 15 * 60_000;
/// The ballots: one that closes, one that stays open, one that opens between.
const CLOSING: u16 = 0;
const LASTING: u16 = 1;
const OPENING: u16 = 2;

/// A machine whose system clock somebody sets.
#[derive(Default)]
struct Machine {
    system_ms: AtomicI64,
    monotonic_ms: AtomicU64,
}

impl Machine {
    fn at(ms: i64) -> Arc<Machine> {
        let machine = Machine::default();
        machine.set(ms);
        Arc::new(machine)
    }

    fn set(&self, ms: i64) {
        self.system_ms.store(ms, Ordering::SeqCst);
    }

    fn pass(&self, ms: u64) {
        self.monotonic_ms.fetch_add(ms, Ordering::SeqCst);
        let ms = i64::try_from(ms).expect("small");
        self.system_ms.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for Machine {
    fn now_ms(&self) -> i64 {
        self.system_ms.load(Ordering::SeqCst)
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.monotonic_ms.load(Ordering::SeqCst))
    }
}

struct Tell(Sender<Decision>);

impl Reply for Tell {
    fn reply(self, decision: Decision) {
        let _ = self.0.send(decision);
    }
}

/// A ledger on a disk, begun.
struct Ground {
    dir: tempfile::TempDir,
    shape: Shape,
}

impl Ground {
    fn new() -> Ground {
        let ballot = |id: &str, opens_ms, closes_ms| BallotShape {
            id: id.to_owned(),
            opens_ms,
            closes_ms,
            shard_sizes: vec![100],
            papers: hands::law(),
        };
        let shape = Shape {
            event_id: "EVENT-1".to_owned(),
            manifest_sha256: [7; 32],
            keys: Keys::drawn(&mut SystemEntropy).public(),
            partitions: 1,
            ballots: vec![
                ballot("CLOSING", OPENS_MS, CLOSES_MS),
                ballot("LASTING", OPENS_MS, i64::MAX),
                ballot("OPENING", LATER_MS, i64::MAX),
            ],
        };
        let dir = tempfile::tempdir().expect("a directory");
        ledger::begin(&log(dir.path()), None, 0).expect("an empty directory");
        Ground { dir, shape }
    }

    fn start(&self, machine: &Arc<Machine>) -> (Committer<Tell>, RecoveryReport) {
        let clock = SteadyClock::start(Arc::clone(machine) as Arc<dyn Clock>);
        let opened = Committer::open(
            Arc::new(log(self.dir.path())),
            None,
            Arc::new(clock),
            self.shape.clone(),
            Options {
                on_clock: Box::new(|_, _| {}),
                ..Options::default()
            },
        );
        opened.expect("opens")
    }

    /// A life in which a vote is taken at that time.
    fn vote_at(&self, ms: i64) {
        let (mut committer, _) = self.start(&Machine::at(ms));
        let told = vote(&mut committer, LASTING, 99);
        assert!(matches!(told, Decision::Accepted { .. }), "{told:?}");
        committer.close().expect("a healthy disk");
    }

    /// The times of all frames.
    fn times(&self) -> Vec<i64> {
        let mut times = Vec::new();
        let read = log(self.dir.path()).read_all(0, |item| {
            if let Item::Frame(frame) = item {
                times.push(frame.header.time_ms);
            }
            Ok::<(), LedgerError>(())
        });
        read.expect("a ledger");
        times
    }
}

fn log(dir: &Path) -> files::FilesLog {
    files::open(Arc::new(OsStorage), dir)
}

/// What a voter is told.
fn vote(committer: &mut Committer<Tell>, ballot: u16, ordinal: u32) -> Decision {
    let (tell, told) = channel();
    let mut batch = vec![Submission {
        ballot,
        shard: 0,
        ordinal,
        region: 1,
        vote: hands::enclosed_on_a_law(&Choice::Oui),
        tracker: None,
        records_repeat: true,
        reply: Tell(tell),
    }];
    committer.step(&mut batch).expect("a healthy disk");
    told.try_recv().expect("an answer")
}

fn pass(committer: &mut Committer<Tell>, machine: &Machine, ms: u64) {
    machine.pass(ms);
    committer.step(&mut Vec::new()).expect("a healthy disk");
}

#[test]
fn invariant_10_a_start_with_a_clock_far_ahead_closes_no_ballot() {
    let ground = Ground::new();
    ground.vote_at(OPENS_MS);
    let wrong = Machine::at(CLOSES_MS + HOUR_MS);
    let (mut committer, report) = ground.start(&wrong);
    assert_eq!(report.closes_held, [CLOSING]);
    assert_eq!(vote(&mut committer, CLOSING, 1), Decision::ClockInDoubt);
    pass(&mut committer, &wrong, HOLD_MS - 1);
    assert_eq!(vote(&mut committer, CLOSING, 1), Decision::ClockInDoubt);
    // Somebody notices, and sets the clock right.
    wrong.set(OPENS_MS + 60_000);
    pass(&mut committer, &wrong, HOLD_MS);
    assert_eq!(vote(&mut committer, CLOSING, 1), Decision::ClockInDoubt);
    committer.close().expect("a healthy disk");
    drop(committer);
    assert_eq!(ground.times(), [OPENS_MS], "nothing is closed");
    let (mut committer, report) = ground.start(&wrong);
    assert_eq!(report.closes_held, Vec::<u16>::new());
    let told = vote(&mut committer, CLOSING, 1);
    assert!(matches!(told, Decision::Accepted { .. }), "{told:?}");
}

#[test]
fn a_held_close_is_written_after_a_quarter_of_an_hour() {
    for is_fresh in [false, true] {
        let ground = Ground::new();
        if !is_fresh {
            ground.vote_at(OPENS_MS);
        }
        let before = ground.times();
        let machine = Machine::at(CLOSES_MS);
        let (mut committer, report) = ground.start(&machine);
        assert_eq!(report.closes_held, [CLOSING]);
        pass(&mut committer, &machine, HOLD_MS - 1);
        assert_eq!(ground.times(), before);
        assert_eq!(committer.state().closes_held(), 1);
        pass(&mut committer, &machine, 1);
        assert_eq!(committer.state().closes_held(), 0, "it is written now");
        let hold_ms = i64::try_from(HOLD_MS).expect("small");
        let expected = [before.as_slice(), &[CLOSES_MS + hold_ms]].concat();
        assert_eq!(ground.times(), expected);
        assert_eq!(vote(&mut committer, CLOSING, 1), Decision::Closed);
        committer.close().expect("a healthy disk");
        drop(committer);
        let (_, report) = ground.start(&machine);
        assert_eq!(report.closes_held, Vec::<u16>::new());
    }
}

/// A frame of that time would close the ballot: so votes on others carry the time of the last frame.
#[test]
fn invariant_10_votes_on_other_ballots_do_not_write_a_held_close() {
    let ground = Ground::new();
    ground.vote_at(OPENS_MS);
    let machine = Machine::at(CLOSES_MS + HOUR_MS);
    let (mut committer, _) = ground.start(&machine);
    let told = vote(&mut committer, LASTING, 1);
    assert!(
        matches!(
            told,
            Decision::Accepted {
                time_ms: OPENS_MS,
                ..
            }
        ),
        "{told:?}"
    );
    // Not open at that time: nobody knows yet whether it is open now.
    assert_eq!(vote(&mut committer, OPENING, 1), Decision::ClockInDoubt);
    pass(&mut committer, &machine, HOLD_MS);
    let told = vote(&mut committer, OPENING, 1);
    assert!(matches!(told, Decision::Accepted { .. }), "{told:?}");
    let now_ms = machine.now_ms();
    assert_eq!(ground.times(), [OPENS_MS, OPENS_MS, now_ms, now_ms]);
}

/// A ledger without a frame has no time that could stand still, and no vote that could be missed.
#[test]
fn the_first_vote_of_a_ledger_is_taken_at_once() {
    let ground = Ground::new();
    let machine = Machine::at(CLOSES_MS + HOUR_MS);
    let (mut committer, report) = ground.start(&machine);
    assert_eq!(report.closes_held, [CLOSING]);
    assert_eq!(vote(&mut committer, CLOSING, 1), Decision::ClockInDoubt);
    let told = vote(&mut committer, OPENING, 1);
    assert!(matches!(told, Decision::Accepted { .. }), "{told:?}");
    assert_eq!(vote(&mut committer, CLOSING, 1), Decision::Closed);
    assert_eq!(ground.times(), [machine.now_ms()]);
}

#[test]
fn a_window_that_ends_during_a_life_is_closed_at_once() {
    let ground = Ground::new();
    ground.vote_at(OPENS_MS);
    let machine = Machine::at(CLOSES_MS - 1);
    let (mut committer, report) = ground.start(&machine);
    assert_eq!(report.closes_held, Vec::<u16>::new());
    pass(&mut committer, &machine, 1);
    assert_eq!(ground.times(), [OPENS_MS, CLOSES_MS]);
}
