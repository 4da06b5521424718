//! Snapshots of the voted bitsets while votes come in: begun every so many votes, written one
//! bitset at a time between two frames.

use std::sync::Arc;

use crate::decide::voted::Voted;
use crate::error::LedgerError;
use crate::format::chain::Cursor;
use crate::format::shape::Shape;
use crate::replay::snapshot::Snapshots;

/// Writes the snapshots of one partition.
pub(crate) struct Snapshotter {
    snapshots: Snapshots,
    shape: Arc<Shape>,
    partition: u16,
    /// Votes between two snapshots.
    votes_max: u64,
    /// Votes since the last one was begun.
    votes: u64,
    /// Ballot and shard of the bitsets that the snapshot under way still has to write.
    due: Vec<(u16, u32)>,
}

impl Snapshotter {
    pub(crate) fn new(
        snapshots: Snapshots,
        shape: Arc<Shape>,
        partition: u16,
        votes_max: u64,
    ) -> Snapshotter {
        Snapshotter {
            snapshots,
            shape,
            partition,
            votes_max: votes_max.max(1),
            votes: 0,
            due: Vec::new(),
        }
    }

    /// A frame with so many votes was appended.
    pub(crate) fn note_votes(&mut self, votes: u64) {
        self.votes += votes;
    }

    /// Writes one bitset where a snapshot is due or under way. A full disk postpones it to the next
    /// snapshot.
    pub(crate) fn write_one(&mut self, voted: &Voted, cursor: Cursor) -> Result<(), LedgerError> {
        if self.due.is_empty() && self.votes >= self.votes_max {
            self.begin(voted);
        }
        match self.due.pop() {
            Some((ballot, shard)) => self.save(voted, ballot, shard, cursor),
            None => Ok(()),
        }
    }

    /// Writes every bitset: the last act of an orderly stop.
    pub(crate) fn write_all(&mut self, voted: &Voted, cursor: Cursor) -> Result<(), LedgerError> {
        self.begin(voted);
        while let Some((ballot, shard)) = self.due.pop() {
            self.save(voted, ballot, shard, cursor)?;
        }
        Ok(())
    }

    fn begin(&mut self, voted: &Voted) {
        let places = voted.shards().map(|(ballot, shard, _)| (ballot, shard));
        self.due = places.collect();
        self.votes = 0;
    }

    fn save(
        &self,
        voted: &Voted,
        ballot: u16,
        shard: u32,
        cursor: Cursor,
    ) -> Result<(), LedgerError> {
        let votes = voted.shard(ballot, shard);
        let votes = votes.expect("the places were listed from these bitsets");
        let slot = self
            .snapshots
            .slot(&self.shape, self.partition, ballot, shard);
        match slot.save(votes, cursor) {
            Err(error) if error.is_full() => Ok(()),
            other => other,
        }
    }
}
