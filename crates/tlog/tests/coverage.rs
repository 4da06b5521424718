//! What passes to whoever counts, when, and what is refused.

mod frames;

use ledger::{Cursor, Frame, Item, LinkHash, SegmentHeader};
use proptest::prelude::*;
use tlog::{Coverage, CoverageError, HELD_BYTES_MAX, TlogError, Told};
use transparency::{KeyUse, NotAttested, list_root};

use frames::{
    ORIGIN, chain, chain_with, checkpoint, hashes, header, header_of, key, log_of, long_frame,
    policy, signed, signed_by,
};

fn coverage() -> Coverage {
    Coverage::new(log_of(&[]), ORIGIN.parse().expect("a name"), policy())
}

fn take(coverage: &mut Coverage, frames: &[Frame]) -> Result<(), CoverageError> {
    frames
        .iter()
        .try_for_each(|frame| coverage.take(Item::Frame(frame.clone())))
}

/// Sequences of the frames that come out; headers are 0.
fn out(coverage: &mut Coverage) -> Vec<u64> {
    let next = || coverage.next_covered();
    let sequence = |item| match item {
        Item::Segment(_) => 0,
        Item::Frame(frame) => frame.header.sequence,
    };
    std::iter::from_fn(next).map(sequence).collect()
}

#[test]
fn frames_come_out_when_a_checkpoint_covers_them_with_their_headers() {
    let frames = chain(6);
    let leaves = hashes(&frames);
    let mut coverage = coverage();
    coverage.take(header(1, &frames[0])).expect("taken");
    take(&mut coverage, &frames[..3]).expect("taken");
    coverage.take(header(2, &frames[3])).expect("taken");
    take(&mut coverage, &frames[3..5]).expect("taken");
    assert!(out(&mut coverage).is_empty());
    let told = coverage.checkpoint(checkpoint(&leaves[..3], &[1, 2]));
    assert_eq!(told.expect("it holds"), Told::Covers);
    assert_eq!(out(&mut coverage), [0, 1, 2, 3]);
    let told = coverage.checkpoint(checkpoint(&leaves[..6], &[2, 3]));
    assert_eq!(told.expect("of more than was read"), Told::Waits);
    assert!(out(&mut coverage).is_empty());
    assert_eq!(coverage.waiting().expect("it waits").size(), 6);
    take(&mut coverage, &frames[5..]).expect("taken");
    assert_eq!(out(&mut coverage), [0, 4, 5, 6]);
    assert_eq!(coverage.waiting(), None);
    let cosigned = &coverage.accepted().expect("it holds").attested.cosigned;
    assert_eq!(cosigned[1].witness, "c");
    let told = coverage.checkpoint(checkpoint(&leaves[..2], &[1, 2]));
    assert_eq!(told.expect("of the same tree"), Told::Older);
    assert_eq!((coverage.covered(), coverage.rewind()), (6, None));
}

/// A checkpoint covers frames, and a frame the header before it alone. A stream that is resumed begins with a header
/// that nothing covers.
#[test]
fn a_header_that_no_frame_names_does_not_come_out() {
    let frames = chain(4);
    let another_place = header_of(2, &frames[1]);
    let another_hash = SegmentHeader {
        link: LinkHash([9; 32]),
        ..header_of(2, &frames[2])
    };
    for uncovered in [another_place, another_hash] {
        let mut coverage = coverage();
        coverage.take(header(1, &frames[0])).expect("taken");
        take(&mut coverage, &frames[..2]).expect("taken");
        coverage.take(Item::Segment(uncovered)).expect("taken");
        take(&mut coverage, &frames[2..]).expect("taken");
        coverage
            .checkpoint(checkpoint(&hashes(&frames), &[1, 2]))
            .expect("it holds");
        assert_eq!(out(&mut coverage), [0, 1, 2, 3, 4]);
    }
}

#[test]
fn what_waits_is_not_pushed_away_by_what_would_come_out_later() {
    let frames = chain(6);
    let leaves = hashes(&frames);
    let mut coverage = coverage();
    for size in [4, 6] {
        let told = coverage.checkpoint(checkpoint(&leaves[..size], &[1, 2]));
        assert_eq!(told.expect("of more than was read"), Told::Waits);
    }
    take(&mut coverage, &frames[..4]).expect("taken");
    assert_eq!(out(&mut coverage), [1, 2, 3, 4]);
}

#[test]
fn two_histories_are_refused_whichever_comes_first() {
    let (ours, theirs) = (chain(6), chain_with(6, 1));
    let said =
        "two histories of scrutin.example/QC-2025/3: its log and witnesses (a, b) signed root";
    for size in [4, 6] {
        let other = checkpoint(&hashes(&theirs)[..size], &[1, 2]);
        // The checkpoint last, and the frames last.
        let mut read = coverage();
        take(&mut read, &ours).expect("taken");
        let refused = read.checkpoint(other.clone()).expect_err("another history");
        assert!(refused.to_string().contains(said), "{refused}");
        assert!(out(&mut read).is_empty());
        let mut read = coverage();
        read.checkpoint(other).expect("it waits");
        let refused = take(&mut read, &ours).expect_err("another history");
        assert!(refused.to_string().contains(said), "{refused}");
        assert!(out(&mut read).is_empty());
    }
    // An old checkpoint of another history is evidence too.
    let mut read = coverage();
    take(&mut read, &ours).expect("taken");
    read.checkpoint(checkpoint(&hashes(&ours), &[1, 2]))
        .expect("it holds");
    let old = checkpoint(&hashes(&theirs)[..4], &[1, 2]);
    let refused = read.checkpoint(old).expect_err("another history");
    assert!(matches!(
        refused,
        CoverageError::TwoHistories { size: 4, .. }
    ));
    assert_eq!(read.covered(), 6);
}

#[test]
fn a_checkpoint_that_the_policy_does_not_accept_covers_nothing() {
    let frames = chain(3);
    let leaves = hashes(&frames);
    let (size, root) = (3, list_root(&leaves));
    let mut coverage = coverage();
    take(&mut coverage, &frames).expect("taken");
    let few = coverage
        .checkpoint(checkpoint(&leaves, &[1]))
        .expect_err("one witness");
    assert!(
        matches!(few, CoverageError::NotAttested(NotAttested::TooFew { .. })),
        "{few}"
    );
    let forged = key(ORIGIN, KeyUse::Log, 99);
    let forged = coverage.checkpoint(signed_by(&forged, size, root, &[1, 2]));
    let forged = forged.expect_err("another key");
    assert!(
        matches!(
            forged,
            CoverageError::NotAttested(NotAttested::Unsigned { .. })
        ),
        "{forged}"
    );
    let other = key("scrutin.example/QC-2025/4", KeyUse::Log, 101);
    let other = coverage.checkpoint(signed_by(&other, size, root, &[1, 2]));
    let other = other.expect_err("of another partition");
    assert!(matches!(other, CoverageError::Origin { .. }), "{other}");
    assert!(out(&mut coverage).is_empty());
    assert_eq!(coverage.covered(), 0);
    coverage
        .checkpoint(signed(size, root, &[2, 3]))
        .expect("it holds");
    assert_eq!(out(&mut coverage), [1, 2, 3]);
}

/// More frames than memory may hold, of which the last checkpoint alone is known: as a ledger is read after
/// the election.
fn long_chain() -> Vec<Frame> {
    let mut behind = Cursor::default();
    let mut frames = Vec::new();
    for number in 0..12_u8 {
        let next = long_frame(behind, &[[number; 16]], HELD_BYTES_MAX / 9);
        behind = next.cursor();
        frames.push(next);
    }
    frames
}

#[test]
fn more_frames_than_memory_holds_are_read_twice() {
    let frames = long_chain();
    let mut coverage = coverage();
    coverage
        .checkpoint(checkpoint(&hashes(&frames), &[1, 2]))
        .expect("it waits");
    coverage.take(header(1, &frames[0])).expect("taken");
    take(&mut coverage, &frames[..10]).expect("taken");
    coverage.take(header(2, &frames[10])).expect("taken");
    take(&mut coverage, &frames[10..]).expect("taken");
    assert_eq!(out(&mut coverage), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    // Not before the reader is there may it be sent back again.
    let back = coverage.rewind().expect("three were let go");
    assert_eq!((back, coverage.rewind()), (frames[8].cursor(), None));
    // The reader is in the middle of the segment whose header came out before.
    coverage.take(header(1, &frames[0])).expect("taken");
    take(&mut coverage, &frames[9..10]).expect("taken");
    coverage.take(header(2, &frames[10])).expect("taken");
    take(&mut coverage, &frames[10..]).expect("taken");
    assert_eq!(out(&mut coverage), [10, 0, 11, 12]);
    assert_eq!(coverage.rewind(), None);
}

#[test]
fn a_ledger_that_changed_before_it_was_read_again_is_refused() {
    let frames = long_chain();
    let mut coverage = coverage();
    coverage
        .checkpoint(checkpoint(&hashes(&frames), &[1, 2]))
        .expect("it waits");
    take(&mut coverage, &frames).expect("taken");
    out(&mut coverage);
    let back = coverage.rewind().expect("three were let go");
    let forged = long_frame(back, &[[99; 16]], 20);
    let refused = take(&mut coverage, &[forged]).expect_err("another frame");
    let other = matches!(
        refused,
        CoverageError::Log(TlogError::OtherFrame { sequence: 10 })
    );
    assert!(other, "{refused}");
    assert!(out(&mut coverage).is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// However frames and checkpoints come, what came out is what the newest one that was reached covers.
    #[test]
    fn what_came_out_is_what_is_covered(steps in proptest::collection::vec((0_usize..8, 0_usize..40), 1..30)) {
        let frames = chain(60);
        let leaves = hashes(&frames);
        let mut coverage = coverage();
        let (mut read, mut came) = (0, Vec::new());
        for (more, size) in steps {
            let to = (read + more).min(frames.len());
            take(&mut coverage, &frames[read..to]).expect("taken");
            read = to;
            let told = coverage.checkpoint(checkpoint(&leaves[..size], &[1, 3])).expect("sound");
            prop_assert_eq!(told == Told::Waits, size > read);
            came.extend(out(&mut coverage));
            prop_assert!(coverage.covered() <= read as u64);
            prop_assert_eq!(&came, &(1..=coverage.covered()).collect::<Vec<u64>>());
        }
    }
}
