//! What the ledger says of one ballot: who has voted, who tried again, and the votes per choice.

use std::collections::BTreeMap;

use election::Ballot;
use ledger::{BallotMarks, Cursor, DuplicateAttempts};

use crate::counts::Counts;
use crate::fold_error::FoldError;
use crate::opened::OpenedFrame;
use crate::release::{ReleasedVotes, Scope};
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

/// The votes of all releases of a ballot so far.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct ReleasedCounts {
    /// Of a law, for the whole country.
    pub(crate) country: Counts,
    /// By region of the voters (0 = the roll names none): of an election; of a law, once it is closed.
    pub(crate) regions: BTreeMap<u16, Counts>,
    /// How many releases these votes came in.
    pub(crate) releases: u64,
    /// Votes of all regions: every look at a closed ballot asks whether these are all.
    pub(crate) regional_votes: u64,
    /// Commit time of the last frame with a vote inside; 0 before the first.
    pub(crate) updated_ms: i64,
    /// The last frame with a vote inside, by partition.
    pub(crate) position: BTreeMap<u16, Cursor>,
}

/// What the ledger says of one ballot.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct BallotCount {
    /// One bit a credential, by shard and ordinal.
    voted: Vec<VotedBits>,
    /// What may be counted; nothing without the mask key.
    pub(crate) released: ReleasedCounts,
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

    /// Leaves the numbers, and no trace of whose votes they are.
    pub(crate) fn forget_voters(&mut self) {
        self.voted.clear();
        self.repeats.clear();
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

    /// Votes of all regions by start of the hour, counted from marks.
    pub(crate) fn votes_by_hour(&self) -> BTreeMap<i64, u64> {
        let mut sums = BTreeMap::new();
        for ((_, hour), votes) in &self.turnout {
            *sums.entry(*hour).or_default() += votes;
        }
        sums
    }

    /// Adds the marks of one frame.
    ///
    /// # Errors
    /// A credential that is not on the roll, or that has voted.
    pub(crate) fn add(
        &mut self,
        ballot: &Ballot,
        marks: &BallotMarks,
        frame: &OpenedFrame,
    ) -> Result<(), FoldError> {
        self.mark(ballot, marks, frame)?;
        let hour = frame.time_ms - frame.time_ms.rem_euclid(HOUR_MS);
        for (region, votes) in frame.voters_on(marks.ballot) {
            *self.turnout.entry((region, hour)).or_default() += votes;
            self.votes += votes;
        }
        // Partitions are folded side by side: a frame may be older than the last of another one.
        self.updated_ms = self.updated_ms.max(frame.time_ms);
        self.position.insert(frame.partition, frame.at);
        Ok(())
    }

    fn mark(
        &mut self,
        ballot: &Ballot,
        marks: &BallotMarks,
        frame: &OpenedFrame,
    ) -> Result<(), FoldError> {
        for shard in &marks.shards {
            for ordinal in &shard.ordinals {
                let (shard, ordinal) = (shard.shard, *ordinal);
                let is_new = self.set_voted(shard, ordinal);
                let not_on_roll = || frame.position().not_on_roll(marks.ballot, shard, ordinal);
                if !is_new.ok_or_else(not_on_roll)? {
                    return Err(frame.position().twice(ballot, shard, ordinal));
                }
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

impl ReleasedCounts {
    /// Whether a law's regions come to the same votes for each choice as the whole country, which was released
    /// in other sums of the same votes.
    pub(crate) fn fits(&self) -> bool {
        let mut regions = Counts::default();
        for counts in self.regions.values() {
            regions.merge(counts);
        }
        regions == self.country
    }

    /// Adds the votes of a release.
    pub(crate) fn add(&mut self, released: &ReleasedVotes) {
        self.releases += 1;
        match released.unit.scope {
            Scope::Country => self.country.merge(&released.counts),
            Scope::Region(region) => {
                let counts = self.regions.entry(region).or_default();
                counts.merge(&released.counts);
                self.regional_votes += released.counts.total();
            }
        }
        self.updated_ms = self.updated_ms.max(released.time_ms);
        let at = self.position.entry(released.unit.partition).or_default();
        if released.at.sequence > at.sequence {
            *at = released.at;
        }
    }
}
