//! What the ledger says so far, counted in memory: marks, attempts, and votes per choice.
//!
//! `tally count`, `tally run` and the comparison with a database all fold frames into this.

use std::collections::BTreeMap;

use election::{Ballot, Event};
use ledger::{Cursor, InvalidReason};

use crate::ballot_count::BallotCount;
use crate::closings::{ClosingFrame, Closings};
use crate::counts::Counts;
use crate::fold_error::FoldError;
use crate::opened::OpenedFrame;
use crate::reading::Fact;
use crate::release::ReleasedVotes;
use crate::results::{Stage, Standing};
use crate::roll::Roll;

/// The fold of all frames so far.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct LedgerCount {
    /// In the order of the event.
    pub(crate) ballots: Vec<BallotCount>,
    /// Where each partition stands.
    pub(crate) heads: BTreeMap<u16, Cursor>,
    /// Attempts that named no credential of the roll, or came outside the window.
    pub(crate) invalid: BTreeMap<(Option<u16>, InvalidReason), u64>,
    /// Commit time of the last frame; 0 before the first.
    pub(crate) time_ms: i64,
    /// The same of each partition. Frames are stamped in order.
    times_ms: BTreeMap<u16, i64>,
    /// Which ballots the ledger has closed.
    pub(crate) closings: Closings,
}

impl LedgerCount {
    /// The count of an empty ledger.
    pub(crate) fn new(event: &Event, roll: &dyn Roll) -> LedgerCount {
        let ballots = event.ballots().iter();
        LedgerCount {
            ballots: ballots
                .map(|ballot| BallotCount::new(roll.shard_sizes(ballot.index.0)))
                .collect(),
            heads: BTreeMap::new(),
            invalid: BTreeMap::new(),
            time_ms: 0,
            times_ms: BTreeMap::new(),
            closings: Closings::new(event),
        }
    }

    /// Whether every vote on a ballot is counted.
    pub(crate) fn is_complete(&self, ballot: &Ballot) -> bool {
        let count = &self.ballots[usize::from(ballot.index.0)];
        self.closings.of(ballot).is_some() && count.released.regional_votes == count.votes
    }

    /// Until when every vote is known: no partition can bring an earlier one. 0 while one of them has no frame.
    pub(crate) fn known_until_ms(&self) -> i64 {
        let partitions = self.closings.partitions().iter();
        let last = partitions.map(|at| self.times_ms.get(at).copied().unwrap_or(0));
        last.min().unwrap_or(0)
    }

    /// How final the numbers of a ballot are, as far as the ledger says. `opened`: whether its choices
    /// are counted, and not its marks alone.
    pub(crate) fn standing(&self, ballot: &Ballot, opened: bool) -> Standing {
        let count = &self.ballots[usize::from(ballot.index.0)];
        let releases = if opened { count.released.releases } else { 0 };
        let closing = self.closings.of(ballot);
        if let Some(closing) = closing.filter(|_| !opened || self.is_complete(ballot)) {
            let frames = closing.iter();
            return Standing {
                stage: Stage::Preliminary,
                position: frames.map(|(at, frame)| (*at, frame.at)).collect(),
                time_ms: closing.values().map(|frame| frame.time_ms).max(),
                releases,
            };
        }
        let (position, updated_ms) = if opened {
            (&count.released.position, count.released.updated_ms)
        } else {
            (&count.position, count.updated_ms)
        };
        Standing {
            stage: Stage::Counting,
            position: position.clone(),
            time_ms: (updated_ms != 0).then_some(updated_ms),
            releases,
        }
    }

    /// The votes of a ballot that were released, by region (0 = none). A law that is not complete is
    /// known for the whole country alone, which then stands as region 0.
    pub(crate) fn counts_by_region(&self, ballot: &Ballot) -> Vec<(u16, &Counts)> {
        let released = &self.ballots[usize::from(ballot.index.0)].released;
        if ballot.law().is_some() && !self.is_complete(ballot) {
            return vec![(0, &released.country)];
        }
        let regions = released.regions.iter();
        regions.map(|(region, counts)| (*region, counts)).collect()
    }

    /// Frames of all partitions.
    pub(crate) fn frames(&self) -> u64 {
        self.heads.values().map(|head| head.sequence).sum()
    }

    /// Votes of all ballots.
    pub(crate) fn votes(&self) -> u64 {
        self.ballots.iter().map(|ballot| ballot.votes).sum()
    }

    /// Duplicates of all ballots.
    pub(crate) fn duplicates(&self) -> u64 {
        self.ballots.iter().map(BallotCount::duplicates).sum()
    }

    /// Adds what the ledger tells next.
    ///
    /// # Errors
    /// The frame contradicts the package or an earlier frame; the count is then worthless.
    pub(crate) fn apply(&mut self, event: &Event, fact: &Fact) -> Result<(), FoldError> {
        match fact {
            Fact::Frame(frame) => self.add(event, frame),
            Fact::Released(released) => self.release(event, released),
        }
    }

    fn release(&mut self, event: &Event, released: &ReleasedVotes) -> Result<(), FoldError> {
        // The plan names ballots of the event.
        let at = usize::from(released.unit.ballot);
        let (ballot, count) = (&event.ballots()[at], &mut self.ballots[at]);
        count.released.add(released);
        if ballot.law().is_none() || count.released.country.total() != count.votes {
            return Ok(());
        }
        if self.is_complete(ballot) && !self.ballots[at].released.fits() {
            let ballot = ballot.id.clone();
            return Err(FoldError::Shifted { ballot });
        }
        Ok(())
    }

    /// Adds one frame, which must be the next of its partition.
    fn add(&mut self, event: &Event, frame: &OpenedFrame) -> Result<(), FoldError> {
        let head = self.heads.entry(frame.partition).or_default();
        if frame.at.sequence != head.sequence + 1 {
            return Err(FoldError::Gap {
                partition: frame.partition,
                expected: head.sequence + 1,
                got: frame.at.sequence,
            });
        }
        *head = frame.at;
        self.time_ms = self.time_ms.max(frame.time_ms);
        self.times_ms.insert(frame.partition, frame.time_ms);
        let closing = ClosingFrame {
            at: frame.at,
            time_ms: frame.time_ms,
        };
        self.closings.see(event, frame.partition, closing);
        for marks in &frame.body.marks {
            let at = usize::from(marks.ballot);
            let ballot = event.ballots().get(at).zip(self.ballots.get_mut(at));
            let unknown = || frame.position().not_on_roll(marks.ballot, 0, 0);
            let (ballot, count) = ballot.ok_or_else(unknown)?;
            count.add(ballot, marks, frame)?;
        }
        for repeat in &frame.body.attempts.duplicates {
            let unknown = || {
                let position = frame.position();
                position.not_on_roll(repeat.ballot, repeat.shard, repeat.ordinal)
            };
            let count = self.ballots.get_mut(usize::from(repeat.ballot));
            count.ok_or_else(unknown)?.repeat(repeat, frame)?;
        }
        for invalid in &frame.body.attempts.invalid {
            let attempts = self.invalid.entry((invalid.ballot, invalid.reason));
            let attempts = attempts.or_default();
            // Unlike votes, which the roll bounds, these are what the frame says; a database keeps
            // them in 63 bits.
            let sum = attempts.checked_add(invalid.count);
            let sum = sum.filter(|sum| i64::try_from(*sum).is_ok());
            *attempts = sum.ok_or_else(|| frame.position().too_many_attempts())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ballot_count::HOUR_MS;
    use credentials::Digest;
    use ledger::{Attempts, BallotMarks, Body, DuplicateAttempts, InvalidAttempts, ShardMarks};
    use shards::Rot;

    /// Two shards of 100; odd ordinals live in region 1, even ones in region 2.
    struct TwoShards;

    impl Roll for TwoShards {
        fn shard_sizes(&self, ballot: u16) -> Vec<u32> {
            if ballot == 0 {
                vec![100, 100]
            } else {
                Vec::new()
            }
        }

        fn partition_of(&self, ballot: u16, shard: u32) -> Option<u16> {
            (ballot == 0 && shard < 2).then_some(0)
        }

        fn region(&self, ballot: u16, shard: u32, ordinal: u32) -> Result<Option<u16>, Rot> {
            let exists = ballot == 0 && shard < 2 && ordinal < 100;
            Ok(exists.then_some(if ordinal % 2 == 1 { 1 } else { 2 }))
        }

        fn digest(&self, _: u16, _: u32, _: u32) -> Result<Option<Digest>, Rot> {
            Ok(None)
        }
    }

    fn event() -> Event {
        let text = "[event]\nid = \"E\"\ntitle_fr = \"E\"\ntitle_en = \"E\"\ntime_zone = \"America/Toronto\"\ncount_key = \"e3f53cb0c8535043d198d0275fe9fffcf736fc1c539191334ab910cf9899be33\"\nmask_key = \"e96d77aafa41a438c89bcf04a556cbaa73c831f1cfdf7d4cfe2a478a4e1cde26\"\n[[law]]\nid = \"L\"\ntitle_fr = \"L\"\ntitle_en = \"L\"\nquestion_fr = \"L\"\nquestion_en = \"L\"\nopens = 2025-01-01T00:00:00\ncloses = 2035-01-01T00:00:00\nresults = \"live\"\nrelease_min = 1\n";
        match Event::from_toml(text) {
            Ok(event) => event,
            Err(faults) => panic!("{faults:?}"),
        }
    }

    fn marks(ballot: u16, shard: u32, ordinals: &[u32]) -> Body {
        let shards = vec![ShardMarks {
            shard,
            ordinals: ordinals.to_vec(),
        }];
        Body {
            marks: vec![BallotMarks { ballot, shards }],
            ..Body::default()
        }
    }

    fn duplicate(ordinal: u32, count: u32) -> Body {
        let duplicates = vec![DuplicateAttempts {
            ballot: 0,
            shard: 0,
            ordinal,
            count,
        }];
        Body {
            attempts: Attempts {
                duplicates,
                invalid: Vec::new(),
            },
            ..Body::default()
        }
    }

    /// A frame as a test writes it down: sequence, commit time, body.
    struct Written(u64, i64, Body);

    fn fold(frames: &[Written]) -> Result<LedgerCount, FoldError> {
        let event = event();
        let mut count = LedgerCount::new(&event, &TwoShards);
        for Written(sequence, time_ms, body) in frames {
            let at = Cursor {
                sequence: *sequence,
                ..Cursor::default()
            };
            let frame = OpenedFrame::new(&event, &TwoShards, (0, at, *time_ms), body.clone())?;
            count.apply(&event, &Fact::Frame(frame))?;
        }
        Ok(count)
    }

    /// Start of an hour in the ballot's window.
    const HOUR: i64 = 490_000 * HOUR_MS;

    fn frame(sequence: u64, body: Body) -> Written {
        Written(sequence, HOUR + 5, body)
    }

    #[test]
    fn invariant_3_a_second_mark_stops_the_count() {
        let twice = [frame(1, marks(0, 1, &[3, 4])), frame(2, marks(0, 1, &[4]))];
        let expected = FoldError::Twice {
            partition: 0,
            sequence: 2,
            ballot: "L".to_owned(),
            shard: 1,
            ordinal: 4,
        };
        assert_eq!(fold(&twice).err(), Some(expected));
        assert!(fold(&[frame(1, marks(0, 0, &[4])), frame(2, marks(0, 1, &[4]))]).is_ok());
    }

    #[test]
    fn votes_are_known_as_far_as_the_partition_that_is_most_behind() {
        let event = event();
        let mut count = LedgerCount::new(&event, &TwoShards);
        assert_eq!(count.known_until_ms(), 0);
        count.closings.expect(&[0, 1]);
        for (partition, time_ms, known_ms) in [
            (0, HOUR + 5, 0),
            (1, HOUR + 2 * HOUR_MS, HOUR + 5),
            (0, HOUR + HOUR_MS, HOUR + HOUR_MS),
        ] {
            let head = count.heads.get(&partition).copied().unwrap_or_default();
            let at = Cursor {
                sequence: head.sequence + 1,
                ..Cursor::default()
            };
            let body = Body::default();
            let frame = OpenedFrame::new(&event, &TwoShards, (partition, at, time_ms), body);
            let frame = Fact::Frame(frame.expect("a frame"));
            count.apply(&event, &frame).expect("the next frame");
            assert_eq!(count.known_until_ms(), known_ms);
        }
    }

    #[test]
    fn what_is_not_on_the_roll_stops_the_count() {
        for body in [
            marks(1, 0, &[0]),
            marks(0, 2, &[0]),
            marks(0, 1, &[100]),
            duplicate(7, 1),
        ] {
            let fault = fold(&[frame(1, body)]).err();
            assert!(
                matches!(fault, Some(FoldError::NotOnRoll { sequence: 1, .. })),
                "{fault:?}"
            );
        }
    }

    #[test]
    fn frames_come_in_order_and_once() {
        for sequences in [&[2][..], &[1, 1], &[1, 3]] {
            let frames: Vec<Written> = sequences
                .iter()
                .map(|sequence| frame(*sequence, Body::default()))
                .collect();
            assert!(
                matches!(fold(&frames).err(), Some(FoldError::Gap { .. })),
                "{sequences:?}"
            );
        }
    }

    /// They once were counted and called verified.
    #[test]
    fn marks_stamped_outside_the_window_stop_the_count() {
        let event = event();
        let ballot = &event.ballots()[0];
        for (time_ms, inside) in [
            (ballot.opens - 1, false),
            (ballot.opens, true),
            (ballot.closes - 1, true),
            (ballot.closes, false),
        ] {
            let frame = Written(1, time_ms, marks(0, 0, &[1]));
            match fold(&[frame]).err() {
                None => assert!(inside, "{time_ms}"),
                Some(FoldError::OutsideWindow { ballot, .. }) => {
                    assert!(!inside && ballot == "L", "{time_ms}");
                }
                Some(other) => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn attempts_beyond_counting_stop_the_count() {
        let refused = |count| {
            let invalid = vec![InvalidAttempts {
                reason: InvalidReason::NotOnRoll,
                ballot: None,
                count,
            }];
            let attempts = Attempts {
                duplicates: Vec::new(),
                invalid,
            };
            Body {
                attempts,
                ..Body::default()
            }
        };
        let most = i64::MAX.unsigned_abs();
        assert!(fold(&[frame(1, refused(most))]).is_ok());
        let error = fold(&[frame(1, refused(most)), frame(2, refused(1))]).err();
        assert!(
            matches!(error, Some(FoldError::TooManyAttempts { sequence: 2, .. })),
            "{error:?}"
        );
    }

    #[test]
    fn attempts_and_turnout_add_up() {
        let invalid = InvalidAttempts {
            reason: InvalidReason::NotOnRoll,
            ballot: None,
            count: 4,
        };
        let attempts = Attempts {
            duplicates: Vec::new(),
            invalid: vec![invalid],
        };
        let count = fold(&[
            frame(1, marks(0, 0, &[1, 2, 3])),
            frame(2, duplicate(2, 2)),
            frame(3, duplicate(2, 1)),
            frame(
                4,
                Body {
                    attempts,
                    ..Body::default()
                },
            ),
        ])
        .expect("a ledger");
        let ballot = &count.ballots[0];
        assert_eq!((ballot.votes, count.votes(), count.duplicates()), (3, 3, 3));
        assert_eq!(ballot.repeats[&(0, 2)].count, 3);
        assert_eq!(ballot.turnout[&(1, HOUR)], 2);
        assert_eq!(ballot.turnout[&(2, HOUR)], 1);
        assert_eq!(
            ballot.voters().collect::<Vec<_>>(),
            [(0, 1), (0, 2), (0, 3)]
        );
        assert_eq!(count.invalid[&(None, InvalidReason::NotOnRoll)], 4);
        assert_eq!(count.heads[&0].sequence, 4);
    }
}
