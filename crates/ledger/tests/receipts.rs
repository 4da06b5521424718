//! A vote that is sent again under the tracker of its first try gets the receipt of that try: from
//! the same batch, from a later one, after a restart, after the close; and nobody else does.

mod small;

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use election::Choice;
use ledger::{
    Committer, Decision, Options, Reply, RequestId, Shape, Snapshots, Submission, TRACKER_BYTES,
};
use simulation::{Plan, Rng, SimClock, SimDisk, hands};

const MINUTE_MS: u64 = 60_000;
/// The first ballot closes after this.
const CLOSES_MS: u64 = 10 * MINUTE_MS;

struct Tell(Sender<Decision>);

impl Reply for Tell {
    fn reply(self, decision: Decision) {
        self.0.send(decision).expect("the test listens");
    }
}

/// A ledger on a disk, through one life after the other.
struct Machine {
    disk: SimDisk,
    clock: SimClock,
    committer: Option<Committer<Tell>>,
    tell: Sender<Decision>,
    told: Receiver<Decision>,
    life: u64,
}

/// Ordinal, last byte of the tracker (0 = none is derived), whether a repeat is recorded.
type Try = (u32, u8, bool);

impl Machine {
    fn new() -> Machine {
        let disk = SimDisk::new(Rng::new(9));
        small::begin(&disk);
        let clock = SimClock::default();
        let (tell, told) = channel();
        let mut ledger = Machine {
            disk,
            clock,
            committer: None,
            tell,
            told,
            life: 0,
        };
        ledger.restart();
        ledger
    }

    /// The next life, after a crash.
    fn restart(&mut self) {
        self.committer = None;
        self.life += 1;
        self.disk.start(Plan::default());
        let options = Options {
            entropy: Box::new(Rng::new(self.life)),
            snapshot_votes: 2,
            ..Options::default()
        };
        let log = Arc::new(small::log(&self.disk));
        let snapshots: Snapshots = small::snapshots(&self.disk);
        let clock = self.clock.started();
        let opened = Committer::open(log, Some(snapshots), clock, shape(), options);
        self.committer = Some(opened.expect("a healthy disk").0);
    }

    fn send(&mut self, tries: &[Try]) -> Vec<Decision> {
        let mut batch: Vec<_> = tries.iter().map(|one| self.submission(*one)).collect();
        let committer = self.committer.as_mut().expect("a life");
        committer.step(&mut batch).expect("a healthy disk");
        committer.maintain().expect("a healthy disk");
        // Those who need the frame are told first, in order; the tests send either kind alone.
        tries
            .iter()
            .map(|_| self.told.recv().expect("told"))
            .collect()
    }

    fn submission(&self, (ordinal, tracker, records_repeat): Try) -> Submission<Tell> {
        Submission {
            ballot: 0,
            shard: 0,
            ordinal,
            region: 1,
            vote: hands::enclosed(&shape(), &mut Rng::new(1), (0, 1), &Choice::Oui),
            tracker: (tracker != 0).then_some([tracker; TRACKER_BYTES]),
            records_repeat,
            reply: Tell(self.tell.clone()),
        }
    }
}

fn shape() -> Shape {
    let mut shape = small::shape();
    shape.ballots[0].closes_ms = i64::try_from(CLOSES_MS).expect("minutes");
    shape
}

fn accepted(decision: &Decision) -> RequestId {
    match decision {
        Decision::Accepted { receipt, .. } => *receipt,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_same_tracker_gets_the_same_receipt_and_another_the_honest_answer() {
    let mut ledger = Machine::new();
    // Twice in one batch, and once under a tracker of its own.
    let told = ledger.send(&[(1, 7, true), (1, 7, true), (1, 8, true)]);
    let first = accepted(&told[0]);
    assert_eq!(first.tracker, [7; TRACKER_BYTES]);
    let time_ms = 0;
    let again = Decision::Replayed {
        receipt: first,
        time_ms,
    };
    assert_eq!(told[1], again);
    assert_eq!(told[2], Decision::Duplicate { attempt_count: 2 });
    ledger.clock.pass(5 * MINUTE_MS);
    assert_eq!(ledger.send(&[(1, 7, true)]), [again]);
    // Neither the tracker of nobody nor none at all finds it; what is sent again is not an attempt.
    let others = ledger.send(&[(1, 9, true), (1, 0, true), (1, 0, false)]);
    let counts: Vec<_> = others.iter().collect();
    assert!(counts.contains(&&Decision::Duplicate { attempt_count: 3 }));
    assert!(counts.contains(&&Decision::Duplicate { attempt_count: 4 }));
    assert!(counts.contains(&&Decision::RepeatRefused), "{counts:?}");
    assert_eq!(
        ledger.send(&[(1, 0, true)]),
        [Decision::Duplicate { attempt_count: 5 }],
        "a refused repetition is not counted"
    );
    // A tracker is used as it is, beside random ones.
    let told = ledger.send(&[(2, 0, true), (3, 3, true), (4, 0, true)]);
    assert_eq!(accepted(&told[1]).tracker, [3; TRACKER_BYTES]);
    assert_ne!(accepted(&told[0]).tracker, accepted(&told[2]).tracker);
}

#[test]
fn a_receipt_is_given_again_across_restarts_and_after_the_close() {
    let mut ledger = Machine::new();
    let first = accepted(&ledger.send(&[(1, 7, true)])[0]);
    for n in 2..20 {
        // Frames behind it, and snapshots that hold it.
        ledger.send(&[(n, 0, true)]);
    }
    let again = Decision::Replayed {
        receipt: first,
        time_ms: 0,
    };
    for _ in 0..2 {
        ledger.restart();
        assert_eq!(ledger.send(&[(1, 7, false)]), [again]);
    }
    ledger.clock.pass(CLOSES_MS);
    assert_eq!(ledger.send(&[(1, 7, true)]), [again], "it was in time");
    assert_eq!(ledger.send(&[(1, 8, true)]), [Decision::Closed]);
}
