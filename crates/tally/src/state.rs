//! The fold: what the ledger says so far, in memory. `count`, `run` and PostgreSQL are this fold.

use std::collections::BTreeMap;

use credentials::Digest;
use election::Event;
use ledger::{Cursor, InvalidReason};

use crate::counts::Counts;
use crate::opened::OpenedFrame;

/// Milliseconds of an hour: the grain of turnout.
pub(crate) const HOUR_MS: i64 = 3_600_000;

/// What the fold asks of the package. A ledger names a credential by ballot, shard and ordinal.
pub(crate) trait Roll: Send + Sync {
    /// Credentials of each shard of a ballot; empty where there is no such ballot.
    fn shard_sizes(&self, ballot: u16) -> Vec<u32>;
    /// Region of a credential, 0 where the roll has none; none where there is no such credential.
    fn region(&self, ballot: u16, shard: u32, ordinal: u32) -> Option<u16>;
    /// Digest of a credential; none where there is no such credential.
    fn digest(&self, ballot: u16, shard: u32, ordinal: u32) -> Option<Digest>;
}

/// Why a frame does not follow from the frames before it and the package. Never repaired.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FoldError {
    #[error(
        "partition {partition} frame {sequence}: ballot {ballot} shard {shard} ordinal {ordinal} voted a second time: the ledger breaks its own rule, keep it as evidence and stop the count"
    )]
    Twice {
        partition: u16,
        sequence: u64,
        ballot: u16,
        shard: u32,
        ordinal: u32,
    },
    #[error(
        "partition {partition} frame {sequence}: ballot {ballot} shard {shard} ordinal {ordinal} is not on the roll of this package: check that ledger and package belong together"
    )]
    NotOnRoll {
        partition: u16,
        sequence: u64,
        ballot: u16,
        shard: u32,
        ordinal: u32,
    },
    #[error(
        "partition {partition} frame {sequence}: {got} choices of ballot {ballot} in region {region}, but {expected} voters of that region: sealed choices and marks do not fit"
    )]
    Region {
        partition: u16,
        sequence: u64,
        ballot: u16,
        region: u16,
        expected: u64,
        got: u64,
    },
    #[error(
        "partition {partition}: frame {got} after frame {expected}: the source skipped or repeated frames"
    )]
    Gap {
        partition: u16,
        expected: u64,
        got: u64,
    },
}

/// Further submissions of one credential that has voted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Repeats {
    /// How many, the accepted one not included.
    pub(crate) count: u64,
    pub(crate) first_ms: i64,
    pub(crate) last_ms: i64,
}

/// What the ledger says of one ballot.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct BallotState {
    /// One bit a credential, by shard and ordinal.
    voted: Vec<Bitset>,
    /// Votes per region of the voter (0 = none) and choice; empty without the box key.
    pub(crate) regions: BTreeMap<u16, Counts>,
    /// Votes per region and start of the hour (ms UTC), counted from marks.
    pub(crate) turnout: BTreeMap<(u16, i64), u64>,
    /// By shard and ordinal.
    pub(crate) repeats: BTreeMap<(u32, u32), Repeats>,
    /// Marks.
    pub(crate) votes: u64,
    /// Commit time of the last frame with a vote; 0 before the first.
    pub(crate) updated_ms: i64,
}

/// What the ledger says.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) ballots: Vec<BallotState>,
    /// Where each partition stands.
    pub(crate) heads: BTreeMap<u16, Cursor>,
    /// Attempts that named no credential of the roll, or came outside the window.
    pub(crate) invalid: BTreeMap<(Option<u16>, InvalidReason), u64>,
    /// Commit time of the last frame; 0 before the first.
    pub(crate) time_ms: i64,
}

impl State {
    /// Nothing voted yet.
    pub(crate) fn new(event: &Event, roll: &dyn Roll) -> State {
        let ballots = event.ballots().iter().map(|ballot| BallotState {
            voted: roll
                .shard_sizes(ballot.index.0)
                .into_iter()
                .map(Bitset::new)
                .collect(),
            ..BallotState::default()
        });
        State {
            ballots: ballots.collect(),
            heads: BTreeMap::new(),
            invalid: BTreeMap::new(),
            time_ms: 0,
        }
    }

    /// Votes of all ballots.
    pub(crate) fn votes(&self) -> u64 {
        self.ballots.iter().map(|ballot| ballot.votes).sum()
    }

    /// Duplicates of all ballots.
    pub(crate) fn duplicates(&self) -> u64 {
        self.ballots.iter().map(BallotState::duplicates).sum()
    }

    /// Adds one frame.
    ///
    /// # Errors
    /// The frame contradicts the package or an earlier frame; the state is then worthless.
    pub(crate) fn apply(&mut self, frame: &OpenedFrame, roll: &dyn Roll) -> Result<(), FoldError> {
        let place = Place {
            partition: frame.partition,
            sequence: frame.at.sequence,
        };
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
        self.mark(frame, place, roll)?;
        self.note_attempts(frame, place)
    }

    fn mark(
        &mut self,
        frame: &OpenedFrame,
        place: Place,
        roll: &dyn Roll,
    ) -> Result<(), FoldError> {
        let hour = frame.time_ms - frame.time_ms.rem_euclid(HOUR_MS);
        for marks in &frame.body.marks {
            let unknown = place.not_on_roll(marks.ballot, 0, 0);
            let ballot = self
                .ballots
                .get_mut(usize::from(marks.ballot))
                .ok_or(unknown)?;
            let mut voters: BTreeMap<u16, u64> = BTreeMap::new();
            for shard in &marks.shards {
                for ordinal in &shard.ordinals {
                    let (shard, ordinal) = (shard.shard, *ordinal);
                    let not_on_roll = || place.not_on_roll(marks.ballot, shard, ordinal);
                    if !ballot.set_voted(shard, ordinal).ok_or_else(not_on_roll)? {
                        return Err(place.twice(marks.ballot, shard, ordinal));
                    }
                    let region = roll
                        .region(marks.ballot, shard, ordinal)
                        .ok_or_else(not_on_roll)?;
                    *voters.entry(region).or_default() += 1;
                }
            }
            for (region, votes) in &voters {
                *ballot.turnout.entry((*region, hour)).or_default() += votes;
                ballot.votes += votes;
            }
            ballot.updated_ms = frame.time_ms;
            if let Some(choices) = frame.choices_of(marks.ballot) {
                ballot
                    .count(choices, &voters)
                    .map_err(|fault| place.region(marks.ballot, fault))?;
            }
        }
        Ok(())
    }

    fn note_attempts(&mut self, frame: &OpenedFrame, place: Place) -> Result<(), FoldError> {
        for repeat in &frame.body.attempts.duplicates {
            let unknown = || place.not_on_roll(repeat.ballot, repeat.shard, repeat.ordinal);
            let ballot = self
                .ballots
                .get_mut(usize::from(repeat.ballot))
                .ok_or_else(unknown)?;
            if ballot.has_voted(repeat.shard, repeat.ordinal) != Some(true) {
                return Err(unknown());
            }
            let count = u64::from(repeat.count);
            let entry = ballot.repeats.entry((repeat.shard, repeat.ordinal));
            let repeats = entry.or_insert(Repeats {
                count: 0,
                first_ms: frame.time_ms,
                last_ms: frame.time_ms,
            });
            repeats.count += count;
            repeats.last_ms = frame.time_ms;
        }
        for invalid in &frame.body.attempts.invalid {
            *self
                .invalid
                .entry((invalid.ballot, invalid.reason))
                .or_default() += invalid.count;
        }
        Ok(())
    }
}

/// A region whose choices and voters differ in number: (region, voters, choices).
struct RegionFault(u16, u64, u64);

impl BallotState {
    /// Submissions beyond the accepted one, of all credentials.
    pub(crate) fn duplicates(&self) -> u64 {
        self.repeats.values().map(|repeats| repeats.count).sum()
    }

    /// (shard, ordinal) of every credential that voted, ascending.
    pub(crate) fn voters(&self) -> impl Iterator<Item = (u32, u32)> {
        (0u32..)
            .zip(&self.voted)
            .flat_map(|(shard, bits)| bits.ones().map(move |at| (shard, at)))
    }

    /// Whether a credential voted; none where there is no such credential.
    pub(crate) fn has_voted(&self, shard: u32, ordinal: u32) -> Option<bool> {
        self.voted.get(usize::try_from(shard).ok()?)?.get(ordinal)
    }

    /// True where the credential had not voted; none where there is no such credential.
    fn set_voted(&mut self, shard: u32, ordinal: u32) -> Option<bool> {
        self.voted
            .get_mut(usize::try_from(shard).ok()?)?
            .set(ordinal)
    }

    /// Adds the opened choices of one frame. `voters`: how many of each region its marks name.
    fn count(
        &mut self,
        choices: &[(u16, election::Choice, u64)],
        voters: &BTreeMap<u16, u64>,
    ) -> Result<(), RegionFault> {
        let mut sums: BTreeMap<u16, u64> = BTreeMap::new();
        for (region, choice, votes) in choices {
            *sums.entry(*region).or_default() += votes;
            self.regions.entry(*region).or_default().add(choice, *votes);
        }
        for region in voters.keys().chain(sums.keys()) {
            let of = |map: &BTreeMap<u16, u64>| map.get(region).copied().unwrap_or(0);
            if of(voters) != of(&sums) {
                return Err(RegionFault(*region, of(voters), of(&sums)));
            }
        }
        Ok(())
    }
}

/// Where a fault stands.
#[derive(Clone, Copy)]
struct Place {
    partition: u16,
    sequence: u64,
}

impl Place {
    fn twice(self, ballot: u16, shard: u32, ordinal: u32) -> FoldError {
        let Place {
            partition,
            sequence,
        } = self;
        FoldError::Twice {
            partition,
            sequence,
            ballot,
            shard,
            ordinal,
        }
    }

    fn not_on_roll(self, ballot: u16, shard: u32, ordinal: u32) -> FoldError {
        let Place {
            partition,
            sequence,
        } = self;
        FoldError::NotOnRoll {
            partition,
            sequence,
            ballot,
            shard,
            ordinal,
        }
    }

    fn region(self, ballot: u16, RegionFault(region, expected, got): RegionFault) -> FoldError {
        let Place {
            partition,
            sequence,
        } = self;
        FoldError::Region {
            partition,
            sequence,
            ballot,
            region,
            expected,
            got,
        }
    }
}

/// One bit a credential.
#[derive(Clone, PartialEq, Eq)]
struct Bitset {
    words: Vec<u64>,
    len: u32,
}

impl Bitset {
    fn new(len: u32) -> Bitset {
        Bitset {
            words: vec![0; (len as usize).div_ceil(64)],
            len,
        }
    }

    fn get(&self, at: u32) -> Option<bool> {
        (at < self.len).then(|| self.words[at as usize / 64] >> (at % 64) & 1 == 1)
    }

    /// True where the bit was clear.
    fn set(&mut self, at: u32) -> Option<bool> {
        let clear = !self.get(at)?;
        self.words[at as usize / 64] |= 1 << (at % 64);
        Some(clear)
    }

    fn ones(&self) -> impl Iterator<Item = u32> {
        (0..self.len).filter(|at| self.get(*at) == Some(true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use election::Choice;
    use ledger::{
        Attempts, BallotChoices, BallotMarks, Body, DuplicateAttempts, InvalidAttempts, ShardMarks,
    };

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

        fn region(&self, ballot: u16, shard: u32, ordinal: u32) -> Option<u16> {
            let exists = ballot == 0 && shard < 2 && ordinal < 100;
            exists.then_some(if ordinal % 2 == 1 { 1 } else { 2 })
        }

        fn digest(&self, _: u16, _: u32, _: u32) -> Option<Digest> {
            None
        }
    }

    fn event() -> Event {
        let text = "[event]\nid = \"E\"\ntitle_fr = \"E\"\ntitle_en = \"E\"\ntime_zone = \"America/Toronto\"\nbox_key = \"8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a\"\n[[law]]\nid = \"L\"\ntitle_fr = \"L\"\ntitle_en = \"L\"\nquestion_fr = \"L\"\nquestion_en = \"L\"\nopens = 2025-01-01T00:00:00\ncloses = 2035-01-01T00:00:00\n";
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

    fn fold(frames: &[OpenedFrame]) -> Result<State, FoldError> {
        let mut state = State::new(&event(), &TwoShards);
        frames
            .iter()
            .try_for_each(|frame| state.apply(frame, &TwoShards))?;
        Ok(state)
    }

    fn frame(sequence: u64, body: Body) -> OpenedFrame {
        OpenedFrame::for_test(sequence, 1_000 * HOUR_MS + 5, body, None)
    }

    #[test]
    fn invariant_3_a_second_mark_stops_the_count() {
        let twice = [frame(1, marks(0, 1, &[3, 4])), frame(2, marks(0, 1, &[4]))];
        let expected = FoldError::Twice {
            partition: 0,
            sequence: 2,
            ballot: 0,
            shard: 1,
            ordinal: 4,
        };
        assert_eq!(fold(&twice).err(), Some(expected));
        assert!(fold(&[frame(1, marks(0, 0, &[4])), frame(2, marks(0, 1, &[4]))]).is_ok());
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
            let frames: Vec<OpenedFrame> = sequences
                .iter()
                .map(|sequence| frame(*sequence, Body::default()))
                .collect();
            assert!(
                matches!(fold(&frames).err(), Some(FoldError::Gap { .. })),
                "{sequences:?}"
            );
        }
    }

    #[test]
    fn choices_must_come_from_the_regions_that_voted() {
        let opened = |region, votes| {
            let counts = vec![(region, Choice::Oui, votes)];
            let choices = Some(vec![BallotChoices { ballot: 0, counts }]);
            fold(&[OpenedFrame::for_test(1, 0, marks(0, 0, &[1, 3]), choices)])
        };
        let state = opened(1, 2).expect("both live in region 1");
        assert_eq!(state.ballots[0].regions[&1].of(&Choice::Oui), 2);
        for (region, votes) in [(2, 2), (1, 1), (1, 3)] {
            let fault = opened(region, votes).err();
            assert!(matches!(fault, Some(FoldError::Region { .. })), "{fault:?}");
        }
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
        let state = fold(&[
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
        let ballot = &state.ballots[0];
        assert_eq!((ballot.votes, state.votes(), state.duplicates()), (3, 3, 3));
        assert_eq!(ballot.repeats[&(0, 2)].count, 3);
        assert_eq!(ballot.turnout[&(1, 1_000 * HOUR_MS)], 2);
        assert_eq!(ballot.turnout[&(2, 1_000 * HOUR_MS)], 1);
        assert_eq!(
            ballot.voters().collect::<Vec<_>>(),
            [(0, 1), (0, 2), (0, 3)]
        );
        assert_eq!(state.invalid[&(None, InvalidReason::NotOnRoll)], 4);
        assert_eq!(state.heads[&0].sequence, 4);
    }
}
