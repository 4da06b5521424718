//! Voted bitsets: one bit a credential, derived from the marks of the frames and nothing else.

use std::collections::BTreeMap;

use crate::format::body::Body;
use crate::format::defect::MarkError;
use crate::format::shape::{BallotShape, Shape};

/// The credentials of one shard of one ballot: who voted, and who tried again. Two are equal where
/// the same credentials voted and tried again, wherever they were restored from.
#[derive(Debug, Clone)]
pub struct ShardVotes {
    pub(crate) size: u32,
    pub(crate) bits: Vec<u64>,
    /// Further submissions after the accepted one, by ordinal.
    pub(crate) again: BTreeMap<u32, u32>,
    /// Frames up to this sequence came from a snapshot: a replay leaves them out.
    pub(crate) sequence: u64,
    pub(crate) voted: u32,
}

impl PartialEq for ShardVotes {
    fn eq(&self, other: &ShardVotes) -> bool {
        self.size == other.size && self.bits == other.bits && self.again == other.again
    }
}

impl Eq for ShardVotes {}

/// Result of a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Marked {
    Newly,
    Already,
}

impl ShardVotes {
    pub(crate) fn new(size: u32) -> ShardVotes {
        let words = size.div_ceil(64) as usize;
        ShardVotes {
            size,
            bits: vec![0; words],
            again: BTreeMap::new(),
            sequence: 0,
            voted: 0,
        }
    }

    /// Credentials in the shard.
    pub fn size(&self) -> u32 {
        self.size
    }

    /// Credentials of the shard that voted.
    pub fn voted(&self) -> u32 {
        self.voted
    }

    /// Whether the credential voted; `false` outside the shard.
    pub fn contains(&self, ordinal: u32) -> bool {
        let word = self.bits.get(ordinal as usize / 64);
        ordinal < self.size && word.is_some_and(|word| word >> (ordinal % 64) & 1 == 1)
    }

    /// Further submissions after the accepted one, ascending by ordinal.
    pub fn repeated(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.again.iter().map(|(ordinal, count)| (*ordinal, *count))
    }

    /// `None` outside the shard.
    fn mark(&mut self, ordinal: u32) -> Option<Marked> {
        if ordinal >= self.size {
            return None;
        }
        let word = self.bits.get_mut(ordinal as usize / 64)?;
        let bit = 1 << (ordinal % 64);
        if *word & bit != 0 {
            return Some(Marked::Already);
        }
        *word |= bit;
        self.voted += 1;
        Some(Marked::Newly)
    }

    fn unmark(&mut self, ordinal: u32) {
        let word = self.bits.get_mut(ordinal as usize / 64);
        let word = word.expect("only what was marked is taken back");
        let bit = 1 << (ordinal % 64);
        assert!(*word & bit != 0, "only what was marked is taken back");
        *word &= !bit;
        self.voted -= 1;
    }
}

/// The bitsets of a partition, of every ballot and of the shards that it records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voted {
    ballots: Vec<BallotVotes>,
}

/// Those of one ballot.
#[derive(Debug, Clone, PartialEq, Eq)]
struct BallotVotes {
    /// Number of the first shard.
    first: u32,
    shards: Vec<ShardVotes>,
}

impl Voted {
    /// Bitsets in which nobody has voted.
    pub fn new(shape: &Shape, partition: u16) -> Voted {
        let of_ballot = |ballot: &BallotShape| {
            let own = shape.shards_of(ballot, partition);
            let sizes = ballot.shard_sizes.get(own.clone());
            let sizes = sizes.expect("a range of these shards");
            BallotVotes {
                first: u32::try_from(own.start).expect("a shape has fewer shards"),
                shards: sizes.iter().map(|size| ShardVotes::new(*size)).collect(),
            }
        };
        Voted {
            ballots: shape.ballots.iter().map(of_ballot).collect(),
        }
    }

    /// One shard; `None` where the partition does not record it.
    pub fn shard(&self, ballot: u16, shard: u32) -> Option<&ShardVotes> {
        let of_ballot = self.ballots.get(usize::from(ballot))?;
        let nth = shard.checked_sub(of_ballot.first)?;
        of_ballot.shards.get(nth as usize)
    }

    /// Every shard: (ballot, shard, votes), ascending.
    pub fn shards(&self) -> impl Iterator<Item = (u16, u32, &ShardVotes)> {
        let numbered = (0u16..).zip(&self.ballots);
        numbered.flat_map(|(ballot, of_ballot)| {
            let shards = (of_ballot.first..).zip(&of_ballot.shards);
            shards.map(move |(shard, votes)| (ballot, shard, votes))
        })
    }

    /// Credentials that voted on a ballot.
    pub fn count(&self, ballot: u16) -> u64 {
        let of_ballot = self.ballots.get(usize::from(ballot));
        of_ballot.map_or(0, |of_ballot| {
            let voted = of_ballot.shards.iter().map(|shard| u64::from(shard.voted));
            voted.sum()
        })
    }

    pub(crate) fn shard_mut(&mut self, ballot: u16, shard: u32) -> Option<&mut ShardVotes> {
        let of_ballot = self.ballots.get_mut(usize::from(ballot))?;
        let nth = shard.checked_sub(of_ballot.first)?;
        of_ballot.shards.get_mut(nth as usize)
    }

    /// Sets a bit. `None` where there is no such credential.
    pub(crate) fn mark(&mut self, ballot: u16, shard: u32, ordinal: u32) -> Option<Marked> {
        self.shard_mut(ballot, shard)?.mark(ordinal)
    }

    /// Takes a mark back whose frame was not written.
    pub(crate) fn unmark(&mut self, ballot: u16, shard: u32, ordinal: u32) {
        let votes = self.shard_mut(ballot, shard);
        votes
            .expect("only what was marked is taken back")
            .unmark(ordinal);
    }

    /// Further submissions of a credential, after the accepted one.
    pub(crate) fn again(&self, ballot: u16, shard: u32, ordinal: u32) -> u32 {
        self.shard(ballot, shard)
            .and_then(|votes| votes.again.get(&ordinal))
            .copied()
            .unwrap_or(0) // not tried again
    }

    pub(crate) fn add_again(&mut self, ballot: u16, shard: u32, ordinal: u32, count: u32) {
        let votes = self.shard_mut(ballot, shard);
        let votes = votes.expect("whoever tries again has voted here");
        let again = votes.again.entry(ordinal).or_default();
        // A count for review: one voter cannot send four billion, but a ledger's bytes may say so.
        *again = again.saturating_add(count);
    }

    /// The lowest sequence that some shard holds: replay starts behind it.
    pub(crate) fn oldest(&self) -> u64 {
        self.shards()
            .map(|(_, _, votes)| votes.sequence)
            .min()
            .unwrap_or(0) // a shape without shards: nothing is left out
    }

    /// Replays a frame into the shards that do not hold it yet.
    ///
    /// # Errors
    /// A credential outside the shape, marked twice, or tried again without a vote: the ledger
    /// would break its first promise, so the frame counts as damage.
    pub fn apply(&mut self, sequence: u64, body: &Body) -> Result<(), MarkError> {
        for ballot_marks in &body.marks {
            let ballot = ballot_marks.ballot;
            for marks in &ballot_marks.shards {
                self.apply_shard(sequence, ballot, marks.shard, &marks.ordinals)?;
            }
        }
        for attempt in &body.attempts.duplicates {
            let (ballot, shard, ordinal) = (attempt.ballot, attempt.shard, attempt.ordinal);
            let votes = self.shard(ballot, shard);
            let votes = votes.ok_or(MarkError::Unknown {
                ballot,
                shard,
                ordinal,
            })?;
            if votes.sequence >= sequence {
                continue;
            }
            if !votes.contains(ordinal) {
                return Err(MarkError::DuplicateOfNone {
                    ballot,
                    shard,
                    ordinal,
                });
            }
            self.add_again(ballot, shard, ordinal, attempt.count);
        }
        Ok(())
    }

    fn apply_shard(
        &mut self,
        sequence: u64,
        ballot: u16,
        shard: u32,
        ordinals: &[u32],
    ) -> Result<(), MarkError> {
        let first = ordinals.first().copied();
        let unknown = || MarkError::Unknown {
            ballot,
            shard,
            ordinal: first.expect("a body decodes with at least one ordinal a shard"),
        };
        let votes = self.shard_mut(ballot, shard).ok_or_else(unknown)?;
        if votes.sequence >= sequence {
            return Ok(());
        }
        for ordinal in ordinals.iter().copied() {
            match votes.mark(ordinal) {
                Some(Marked::Newly) => {}
                Some(Marked::Already) => {
                    return Err(MarkError::Twice {
                        ballot,
                        shard,
                        ordinal,
                    });
                }
                None => {
                    return Err(MarkError::Unknown {
                        ballot,
                        shard,
                        ordinal,
                    });
                }
            }
        }
        Ok(())
    }
}
