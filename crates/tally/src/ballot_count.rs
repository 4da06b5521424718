//! What the ledger says of one ballot: who has voted, who tried again, and the votes per choice.

use std::collections::BTreeMap;

use election::{Ballot, Choice};
use ledger::{BallotMarks, Cursor, DuplicateAttempts};

use crate::counts::{Added, Counts};
use crate::fold_error::{FoldError, FramePosition};
use crate::opened::OpenedFrame;
use crate::roll::Roll;
use crate::voted::VotedBits;

/// Milliseconds of an hour: the grain of turnout.
pub(crate) const HOUR_MS: i64 = 3_600_000;

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
pub(crate) struct BallotCount {
    /// One bit a credential, by shard and ordinal.
    voted: Vec<VotedBits>,
    /// Votes per region of the voter (0 = none) and choice; empty without the box key.
    pub(crate) regions: BTreeMap<u16, Counts>,
    /// Votes per region and start of the hour (ms UTC), counted from marks.
    pub(crate) turnout: BTreeMap<(u16, i64), u64>,
    /// By shard and ordinal.
    pub(crate) repeats: BTreeMap<(u32, u32), Repeats>,
    /// Votes counted from marks: one a credential that voted.
    pub(crate) votes: u64,
    /// Commit time of the last frame with a vote; 0 before the first.
    pub(crate) updated_ms: i64,
    /// The last frame with a vote, by partition.
    pub(crate) position: BTreeMap<u16, Cursor>,
}

impl BallotCount {
    /// Nobody has voted. `shard_sizes`: credentials of each shard of the ballot.
    pub(crate) fn new(shard_sizes: Vec<u32>) -> BallotCount {
        BallotCount {
            voted: shard_sizes.into_iter().map(VotedBits::new).collect(),
            ..BallotCount::default()
        }
    }

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

    /// Votes by region of the voter (0 = none), counted from marks.
    pub(crate) fn votes_by_region(&self) -> BTreeMap<u16, u64> {
        let mut sums = BTreeMap::new();
        for ((region, _), votes) in &self.turnout {
            *sums.entry(*region).or_default() += votes;
        }
        sums
    }

    /// Adds the marks of one frame, and its choices where they are opened.
    ///
    /// # Errors
    /// A frame outside the ballot's window; a credential that is not on the roll, or that has voted;
    /// a choice that the ballot does not offer; a region that has more choices or fewer than marks.
    pub(crate) fn add(
        &mut self,
        ballot: &Ballot,
        marks: &BallotMarks,
        frame: &OpenedFrame,
        roll: &dyn Roll,
    ) -> Result<(), FoldError> {
        frame.position().check_window(ballot, frame.time_ms)?;
        let voters = self.mark(ballot, marks, frame.position(), roll)?;
        let hour = frame.time_ms - frame.time_ms.rem_euclid(HOUR_MS);
        for (region, votes) in &voters {
            *self.turnout.entry((*region, hour)).or_default() += votes;
            self.votes += votes;
        }
        // Partitions are folded side by side: a frame may be older than the last of another one.
        self.updated_ms = self.updated_ms.max(frame.time_ms);
        self.position.insert(frame.partition, frame.at);
        match frame.choices_of(marks.ballot) {
            Some(choices) => self.count(ballot, choices, &voters, frame.position()),
            None => Ok(()),
        }
    }

    /// Sets the bits of `marks`, and returns how many voters of each region they are.
    fn mark(
        &mut self,
        ballot: &Ballot,
        marks: &BallotMarks,
        at: FramePosition,
        roll: &dyn Roll,
    ) -> Result<BTreeMap<u16, u64>, FoldError> {
        let mut voters: BTreeMap<u16, u64> = BTreeMap::new();
        for shard in &marks.shards {
            for ordinal in &shard.ordinals {
                let (shard, ordinal) = (shard.shard, *ordinal);
                let not_on_roll = || at.not_on_roll(marks.ballot, shard, ordinal);
                if !self.set_voted(shard, ordinal).ok_or_else(not_on_roll)? {
                    return Err(at.twice(ballot, shard, ordinal));
                }
                let region = roll.region(marks.ballot, shard, ordinal)?;
                *voters.entry(region.ok_or_else(not_on_roll)?).or_default() += 1;
            }
        }
        Ok(voters)
    }

    /// Adds opened choices. `voters`: how many of each region the same frame's marks name.
    fn count(
        &mut self,
        ballot: &Ballot,
        choices: &[(u16, Choice, u64)],
        voters: &BTreeMap<u16, u64>,
        at: FramePosition,
    ) -> Result<(), FoldError> {
        let mut sums: BTreeMap<u16, u64> = BTreeMap::new();
        for (region, choice, votes) in choices {
            *sums.entry(*region).or_default() += votes;
            let counts = self.regions.entry(*region).or_default();
            if counts.add(choice, *votes) == Added::First {
                at.check(ballot, *region, choice)?;
            }
        }
        for region in voters.keys().chain(sums.keys()) {
            let of = |map: &BTreeMap<u16, u64>| map.get(region).copied().unwrap_or(0);
            if of(voters) != of(&sums) {
                return Err(at.region(ballot, *region, of(voters), of(&sums)));
            }
        }
        Ok(())
    }

    /// Adds further submissions of a credential.
    ///
    /// # Errors
    /// It has not voted: then the submission was its first, and no repeat.
    pub(crate) fn repeat(
        &mut self,
        repeat: &DuplicateAttempts,
        frame: &OpenedFrame,
    ) -> Result<(), FoldError> {
        let DuplicateAttempts {
            ballot,
            shard,
            ordinal,
            count,
        } = *repeat;
        if self.has_voted(shard, ordinal) != Some(true) {
            return Err(frame.position().not_on_roll(ballot, shard, ordinal));
        }
        let repeats = self.repeats.entry((shard, ordinal)).or_insert(Repeats {
            count: 0,
            first_ms: frame.time_ms,
            last_ms: frame.time_ms,
        });
        repeats.count += u64::from(count);
        repeats.last_ms = frame.time_ms;
        Ok(())
    }
}
