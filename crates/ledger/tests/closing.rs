//! A window is enforced when a vote is committed, not when it arrives; its end is written down.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use durable::{Clock, OsStorage, SteadyClock};
use election::Choice;
use ledger::log::files;
use ledger::{
    BallotShape, Body, Decision, Item, LedgerError, Options, Partition, Reply, Shape, Snapshots,
    Submission, SystemEntropy,
};
use simulation::hands::{self, Keys};

const OPENS_MS: i64 = 1_000_000;
const CLOSES_MS: i64 = 2_000_000;
const WAIT: Duration = Duration::from_secs(10);

/// A machine whose clocks stand where the test puts them, both of them.
struct SetClock(AtomicI64);

impl Clock for SetClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    fn monotonic(&self) -> Duration {
        let ms = u64::try_from(self.now_ms()).expect("after 1970");
        Duration::from_millis(ms)
    }
}

/// Tells the outcome; then, where there is a gate, holds the commit thread until it opens.
struct Tell {
    outcome: Sender<Decision>,
    gate: Option<Receiver<()>>,
}

impl Reply for Tell {
    fn reply(self, outcome: Decision) {
        let _ = self.outcome.send(outcome);
        if let Some(gate) = self.gate {
            let _ = gate.recv_timeout(WAIT);
        }
    }
}

fn shape() -> Shape {
    Shape {
        event_id: "EVENT-1".to_owned(),
        manifest_sha256: [7; 32],
        keys: Keys::drawn(&mut SystemEntropy).public(),
        partitions: 1,
        ballots: vec![BallotShape {
            id: "L-1".to_owned(),
            opens_ms: OPENS_MS,
            closes_ms: CLOSES_MS,
            shard_sizes: vec![100],
            papers: hands::law(),
        }],
    }
}

fn vote(partition: &Partition<Tell>, ordinal: u32, reply: Tell) {
    let vote = hands::enclosed(&shape(), &mut SystemEntropy, (0, 1), &Choice::Oui);
    let submission = Submission {
        ballot: 0,
        shard: 0,
        ordinal,
        region: 1,
        vote,
        tracker: None,
        records_repeat: true,
        reply,
    };
    assert!(partition.submit(submission).is_ok(), "the queue has room");
}

fn open(dir: &Path, clock: &Arc<SetClock>, shape: Shape) -> Partition<Tell> {
    try_open(dir, clock, shape, None).expect("opens")
}

fn try_open(
    dir: &Path,
    clock: &Arc<SetClock>,
    shape: Shape,
    snapshots: Option<Snapshots>,
) -> Result<Partition<Tell>, LedgerError> {
    let log = files::open(Arc::new(OsStorage), dir);
    match ledger::begin(&log, None, 0) {
        Ok(()) | Err(LedgerError::Begun { .. }) => {}
        Err(error) => panic!("the ledger cannot be begun: {error}"),
    }
    let clock = SteadyClock::start(Arc::clone(clock) as Arc<dyn Clock>);
    let options = Options::default();
    let opened = Partition::open(Arc::new(log), snapshots, Arc::new(clock), shape, options);
    opened.map(|(partition, _)| partition)
}

/// Submits a vote at `arrival_ms` while the commit thread is held, and commits it at `commit_ms`.
fn check(arrival_ms: i64, commit_ms: i64, expected: fn(&Decision) -> bool) {
    let dir = tempfile::tempdir().expect("a directory");
    let clock = Arc::new(SetClock(AtomicI64::new(OPENS_MS)));
    let partition = open(dir.path(), &clock, shape());
    let (outcome, outcomes) = channel();
    let (open_gate, gate) = channel();
    let held = Tell {
        outcome: outcome.clone(),
        gate: Some(gate),
    };
    vote(&partition, 0, held);
    let first = outcomes.recv_timeout(WAIT).expect("committed");
    assert!(matches!(first, Decision::Accepted { .. }), "{first:?}");

    clock.0.store(arrival_ms, Ordering::SeqCst);
    vote(
        &partition,
        1,
        Tell {
            outcome,
            gate: None,
        },
    );
    clock.0.store(commit_ms, Ordering::SeqCst);
    open_gate.send(()).expect("the commit thread waits");
    let told = outcomes.recv_timeout(WAIT).expect("an answer");
    assert!(expected(&told), "{told:?}");
    let counted = if matches!(told, Decision::Accepted { .. }) {
        2
    } else {
        1
    };
    assert_eq!(partition.state().voted(0), counted);
    partition.shutdown();
}

#[test]
fn a_vote_that_arrives_in_time_and_is_committed_late_is_refused() {
    let accepted = |told: &Decision| matches!(told, Decision::Accepted { .. });
    let closed = |told: &Decision| matches!(told, Decision::Closed);
    check(CLOSES_MS - 1, CLOSES_MS - 1, accepted);
    check(CLOSES_MS - 1, CLOSES_MS, closed);
    check(CLOSES_MS - 1, CLOSES_MS + 60_000, closed);
}

/// Results are final by this frame: no clock of a reader is asked.
#[test]
fn the_end_of_a_window_is_written_down_once_even_where_nobody_votes() {
    let dir = tempfile::tempdir().expect("a directory");
    let shape = shape();
    let frames = || {
        let mut times = Vec::new();
        let log = files::open(Arc::new(OsStorage), dir.path());
        let end = log.read_all(0, |item| {
            if let Item::Frame(frame) = item {
                assert_eq!(frame.body().expect("a body"), Body::default());
                times.push(frame.header.time_ms);
            }
            Ok::<(), LedgerError>(())
        });
        end.expect("a ledger");
        times
    };
    for (start_ms, stop_ms, expected) in [
        (CLOSES_MS - 2, CLOSES_MS - 1, &[][..]),
        (CLOSES_MS - 1, CLOSES_MS + 5, &[CLOSES_MS + 5]),
        (CLOSES_MS + 6, CLOSES_MS + 60_000, &[CLOSES_MS + 5]),
    ] {
        let clock = Arc::new(SetClock(AtomicI64::new(start_ms)));
        let partition = open(dir.path(), &clock, shape.clone());
        clock.0.store(stop_ms, Ordering::SeqCst);
        partition.shutdown();
        assert_eq!(frames(), expected, "at {stop_ms}");
    }
}

/// Whoever counts calls such marks damage; a start must not go on with them, whether it replays the
/// frame or finds it in a voted bitset.
#[test]
fn marks_outside_the_window_of_their_ballot_refuse_the_start() {
    for has_snapshot in [false, true] {
        let dir = tempfile::tempdir().expect("a directory");
        let clock = Arc::new(SetClock(AtomicI64::new(OPENS_MS)));
        let snapshots = || {
            let snapshots = Snapshots::new(Arc::new(OsStorage), dir.path());
            has_snapshot.then_some(snapshots)
        };
        let shape = shape();
        let open = |shape: Shape| try_open(dir.path(), &clock, shape, snapshots());
        let (outcome, outcomes) = channel();
        let partition = open(shape.clone()).expect("opens");
        let gate = None;
        vote(&partition, 0, Tell { outcome, gate });
        let told = outcomes.recv_timeout(WAIT).expect("committed");
        assert!(matches!(told, Decision::Accepted { .. }), "{told:?}");
        drop(partition);
        for (opens_ms, closes_ms, is_sound) in [
            (OPENS_MS, OPENS_MS + 1, true),
            (OPENS_MS + 1, CLOSES_MS, false),
            (OPENS_MS - 1, OPENS_MS, false),
        ] {
            let mut moved = shape.clone();
            moved.ballots[0].opens_ms = opens_ms;
            moved.ballots[0].closes_ms = closes_ms;
            match open(moved) {
                Ok(_) => assert!(is_sound, "{opens_ms} to {closes_ms}: started"),
                Err(error) => {
                    let error = error.to_string();
                    let said = error.contains("votes on ballot L-1 stamped 1970-01-01T00:16:40");
                    assert!(said && !is_sound, "{error}");
                }
            }
        }
    }
}
