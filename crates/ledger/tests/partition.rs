//! A partition on the real file system: votes in, outcomes out, everything read back.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use durable::{OsStorage, SteadyClock, SystemClock};
use election::Choice;
use ledger::log::files::{self, FilesLog};
use ledger::{
    BallotShape, Cursor, Decision, Fold, Follower, InvalidReason, Item, LedgerError, Options,
    Paper, Partition, RecoveryReport, Reply, RequestId, SegmentHeader, Shape, Snapshots,
    Submission, SystemEntropy, find_vote, layout,
};
use simulation::hands::{self, BothHands, Keys, Votes};

fn region_of(_: u16, _: u32, ordinal: u32) -> u16 {
    (ordinal % 3) as u16
}

struct Tell(u32, Sender<(u32, Decision)>);

impl Reply for Tell {
    fn reply(self, outcome: Decision) {
        // A test that stopped listening does not want to know.
        let _ = self.1.send((self.0, outcome));
    }
}

fn shape(keys: &Keys) -> Shape {
    let ranked = hands::in_each_region(Paper::Ranked {
        candidates: (0..10).collect(),
        ranks: 3,
    });
    let ballot = |id: &str, opens_ms, closes_ms, papers| BallotShape {
        id: id.to_owned(),
        opens_ms,
        closes_ms,
        shard_sizes: vec![1000, 70],
        papers,
    };
    Shape {
        event_id: "EVENT-1".to_owned(),
        manifest_sha256: [7; 32],
        keys: keys.public(),
        partitions: 1,
        ballots: vec![
            ballot("L-1", 0, i64::MAX, hands::law()),
            ballot("E-1", 0, i64::MAX, ranked),
            ballot("CLOSED", 0, 1, hands::law()),
            ballot("LATER", i64::MAX - 1, i64::MAX, hands::law()),
        ],
    }
}

fn log(dir: &Path) -> FilesLog {
    files::open(Arc::new(OsStorage), dir)
}

fn open(dir: &Path, keys: &Keys) -> (Partition<Tell>, RecoveryReport) {
    let clock = Arc::new(SteadyClock::start(Arc::new(SystemClock::new())));
    let options = Options {
        segment_bytes: 20_000,
        snapshot_votes: 300,
        ..Options::default()
    };
    let snapshots = Snapshots::new(Arc::new(OsStorage), dir);
    match ledger::begin(&log(dir), Some(&snapshots), 0) {
        Ok(()) | Err(LedgerError::Begun { .. }) => {}
        Err(error) => panic!("the ledger cannot be begun: {error}"),
    }
    Partition::open(
        Arc::new(log(dir)),
        Some(snapshots),
        clock,
        shape(keys),
        options,
    )
    .expect("opens")
}

struct Voters {
    shape: Shape,
    tell: Sender<(u32, Decision)>,
    told: Receiver<(u32, Decision)>,
    next: u32,
}

impl Voters {
    fn new(keys: &Keys) -> Voters {
        let (tell, told) = channel();
        Voters {
            shape: shape(keys),
            tell,
            told,
            next: 0,
        }
    }

    fn vote(&mut self, partition: &Partition<Tell>, at: (u16, u32, u32), choice: Choice) -> u32 {
        let (ballot, shard, ordinal) = at;
        let reply = Tell(self.next, self.tell.clone());
        let region = region_of(ballot, shard, ordinal);
        let submission = Submission {
            ballot,
            shard,
            ordinal,
            region,
            vote: hands::enclosed(&self.shape, &mut SystemEntropy, (ballot, region), &choice),
            tracker: None,
            records_repeat: true,
            reply,
        };
        assert!(
            partition.submit(submission).is_ok(),
            "the queue is not full"
        );
        self.next += 1;
        self.next - 1
    }

    fn outcomes(&mut self, count: usize) -> Vec<(u32, Decision)> {
        let mut outcomes: Vec<_> = (0..count)
            .map(|_| self.told.recv().expect("an answer"))
            .collect();
        outcomes.sort_by_key(|(vote, _)| *vote);
        outcomes
    }
}

fn fold(dir: &Path, keys: &Keys) -> (Fold, Votes) {
    let shape = shape(keys);
    let (mut fold, mut votes) = (Fold::new(&shape, 0), Votes::new());
    let mut hands = BothHands::new(keys, &shape.ballots, region_of);
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
    log(dir).read_all(0, visit).expect("own ledger");
    (fold, votes)
}

fn receipts(outcomes: &[(u32, Decision)]) -> Vec<RequestId> {
    let receipt = |outcome: &(u32, Decision)| match outcome.1 {
        Decision::Accepted { receipt, .. } => Some(receipt),
        _ => None,
    };
    outcomes.iter().filter_map(receipt).collect()
}

#[test]
fn votes_are_accepted_once_found_again_and_counted() {
    let dir = tempfile::tempdir().expect("a directory");
    let keys = Keys::drawn(&mut SystemEntropy);
    let mut voters = Voters::new(&keys);
    let (partition, report) = open(dir.path(), &keys);
    assert_eq!((report.frames, report.epoch), (0, 1));
    for ordinal in 0..1000 {
        let choice = if ordinal % 4 == 0 {
            Choice::Non
        } else {
            Choice::Oui
        };
        voters.vote(&partition, (0, 0, ordinal), choice);
        if ordinal % 10 == 0 {
            voters.vote(
                &partition,
                (1, 0, ordinal),
                Choice::Ranking(vec![3, ordinal % 7, 9]),
            );
        }
    }
    let outcomes = voters.outcomes(1100);
    let receipts = receipts(&outcomes);
    assert_eq!(receipts.len(), 1100);
    let beside = files::open_copy(Arc::new(OsStorage), &layout::ledger_dir(dir.path()));
    for id in &receipts {
        assert!(find_vote(&beside, id).expect("readable").is_some());
    }
    let mut other = receipts[5];
    other.tracker[3] ^= 1;
    assert_eq!(find_vote(&beside, &other).expect("readable"), None);
    partition.note_invalid(None, InvalidReason::NoSuchBallot, 1);
    partition.shutdown();
    drop(partition);

    for id in &receipts {
        assert!(find_vote(&beside, id).expect("readable").is_some());
    }
    let (fold, votes) = fold(dir.path(), &keys);
    assert_eq!((fold.votes, fold.duplicates), (1100, 0));
    let oui: u64 = (0..3)
        .filter_map(|region| votes.get(&(0, region, Choice::Oui)))
        .sum();
    assert_eq!(oui, 750);
    assert_eq!(
        fold.invalid.get(&(InvalidReason::NoSuchBallot, None)),
        Some(&1)
    );
}

#[test]
fn duplicates_and_windows_are_answered_across_a_restart() {
    let dir = tempfile::tempdir().expect("a directory");
    let keys = Keys::drawn(&mut SystemEntropy);
    let mut voters = Voters::new(&keys);
    let (partition, _) = open(dir.path(), &keys);
    voters.vote(&partition, (0, 1, 69), Choice::Blanc);
    // Its frame is the closing frame of the ballot that was over before: until then that one's close
    // is held.
    let first = voters.outcomes(1)[0].1;
    assert!(matches!(first, Decision::Accepted { .. }), "{first:?}");
    voters.vote(&partition, (0, 1, 69), Choice::Oui);
    voters.vote(&partition, (2, 0, 1), Choice::Oui);
    voters.vote(&partition, (3, 0, 1), Choice::Oui);
    voters.vote(&partition, (0, 1, 70), Choice::Oui);
    let outcomes: Vec<Decision> = voters
        .outcomes(4)
        .into_iter()
        .map(|(_, told)| told)
        .collect();
    let expected = [
        Decision::Duplicate { attempt_count: 2 },
        Decision::Closed,
        Decision::NotOpen,
        Decision::Malformed,
    ];
    assert_eq!(outcomes, expected);
    drop(partition);

    let (partition, report) = open(dir.path(), &keys);
    // One ballot's two bitsets and those of the three others.
    assert_eq!(
        (report.epoch, report.snapshots_used, report.replayed),
        (2, 8, 0)
    );
    assert_eq!(partition.state().voted(0), 1);
    voters.vote(&partition, (0, 1, 69), Choice::Non);
    let outcomes = voters.outcomes(1);
    assert_eq!(outcomes[0].1, Decision::Duplicate { attempt_count: 3 });
}

#[test]
fn a_follower_sees_what_was_acknowledged_and_resumes_anywhere() {
    let dir = tempfile::tempdir().expect("a directory");
    let keys = Keys::drawn(&mut SystemEntropy);
    let mut voters = Voters::new(&keys);
    let (partition, _) = open(dir.path(), &keys);
    let log = log(dir.path());
    let mut follower = Follower::open(&log, 0, Cursor::default()).expect("an empty ledger");
    assert!(follower.next_item().expect("readable").is_none());
    let mut frames = Vec::new();
    for ordinal in 0..200 {
        voters.vote(&partition, (0, 0, ordinal), Choice::Oui);
        voters.outcomes(1);
        while let Some(item) = follower.next_item().expect("readable") {
            if let Item::Frame(frame) = item {
                frames.push(frame);
            }
        }
        assert_eq!(frames.len(), ordinal as usize + 1);
    }
    for from in (0..200).step_by(7) {
        let after = frames
            .get(from)
            .map(ledger::Frame::cursor)
            .expect("a frame");
        let mut resumed = Follower::open(&log, 0, after).expect("its own frame");
        let mut rest = Vec::new();
        while let Some(item) = resumed.next_item().expect("readable") {
            if let Item::Frame(frame) = item {
                rest.push(frame);
            }
        }
        assert_eq!(rest, frames[from + 1..]);
    }
    let elsewhere = Cursor {
        sequence: 100,
        ..frames[3].cursor()
    };
    let mut other = Follower::open(&log, 0, elsewhere).expect("opens");
    assert!(
        std::iter::repeat_with(|| other.next_item())
            .take(3)
            .any(|item| item.is_err())
    );
}

#[test]
fn a_second_owner_and_another_event_are_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let keys = Keys::drawn(&mut SystemEntropy);
    let try_open = |shape| {
        let clock = Arc::new(SteadyClock::start(Arc::new(SystemClock::new())));
        let log = Arc::new(log(dir.path()));
        Partition::<Tell>::open(log, None, clock, shape, Options::default()).map(drop)
    };
    let (partition, _) = open(dir.path(), &keys);
    assert!(matches!(
        try_open(shape(&keys)),
        Err(LedgerError::Locked { .. })
    ));
    let mut voters = Voters::new(&keys);
    voters.vote(&partition, (0, 0, 1), Choice::Oui);
    voters.outcomes(1);
    drop(partition);
    for change in [
        |shape: &mut Shape| shape.event_id.push('X'),
        |shape: &mut Shape| shape.manifest_sha256[0] ^= 1,
        |shape: &mut Shape| shape.ballots[0].id.push('X'),
        |shape: &mut Shape| {
            shape.keys = Keys::drawn(&mut SystemEntropy).public();
        },
    ] {
        let mut other = shape(&keys);
        change(&mut other);
        assert!(matches!(
            try_open(other),
            Err(LedgerError::AnotherLedger { .. })
        ));
    }
    assert!(try_open(shape(&keys)).is_ok());
}
