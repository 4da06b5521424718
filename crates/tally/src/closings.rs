//! Which ballots the ledger has closed: the clock of whoever reads it decides nothing.

use std::collections::{BTreeMap, BTreeSet};

use election::{Ballot, Event};
use ledger::Cursor;

/// The first frame of a partition that is stamped at or after a ballot's end. Frames are stamped in
/// order, so no vote on that ballot can follow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClosingFrame {
    pub(crate) at: Cursor,
    /// Commit time, ms UTC.
    pub(crate) time_ms: i64,
}

/// The closing frames read so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Closings {
    /// Partitions of the ledger; empty while it is not known which there are.
    partitions: BTreeSet<u16>,
    /// By ballot, then partition.
    frames: Vec<BTreeMap<u16, ClosingFrame>>,
}

impl Closings {
    pub(crate) fn new(event: &Event) -> Closings {
        Closings {
            partitions: BTreeSet::new(),
            frames: vec![BTreeMap::new(); event.ballots().len()],
        }
    }

    /// Says which partitions the ledger has: a ballot is closed once all of them have closed it.
    pub(crate) fn expect(&mut self, partitions: &[u16]) {
        self.partitions = partitions.iter().copied().collect();
    }

    /// Partitions of the ledger; empty while it is not known which there are.
    pub(crate) fn partitions(&self) -> &BTreeSet<u16> {
        &self.partitions
    }

    /// Takes the next frame of a partition. Returns the ballots that it closes, as the last partition.
    pub(crate) fn see<'a>(
        &mut self,
        event: &'a Event,
        partition: u16,
        frame: ClosingFrame,
    ) -> Vec<&'a Ballot> {
        let mut closed = Vec::new();
        for ballot in event.ballots() {
            let frames = &mut self.frames[usize::from(ballot.index.0)];
            if frame.time_ms >= ballot.closes && !frames.contains_key(&partition) {
                frames.insert(partition, frame);
                if self.of(ballot).is_some() {
                    closed.push(ballot);
                }
            }
        }
        closed
    }

    /// The closing frames of a ballot by partition; none while a partition may still hold votes.
    pub(crate) fn of(&self, ballot: &Ballot) -> Option<&BTreeMap<u16, ClosingFrame>> {
        let frames = &self.frames[usize::from(ballot.index.0)];
        let has_all = self.partitions.iter().all(|at| frames.contains_key(at));
        (has_all && !self.partitions.is_empty()).then_some(frames)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> Event {
        let mut text = String::from(
            "[event]\nid = \"E\"\ntitle_fr = \"E\"\ntitle_en = \"E\"\ntime_zone = \"America/Toronto\"\ncount_key = \"e3f53cb0c8535043d198d0275fe9fffcf736fc1c539191334ab910cf9899be33\"\nmask_key = \"e96d77aafa41a438c89bcf04a556cbaa73c831f1cfdf7d4cfe2a478a4e1cde26\"\n",
        );
        for id in ["L-1", "L-2"] {
            text += &format!(
                "[[law]]\nid = \"{id}\"\ntitle_fr = \"L\"\ntitle_en = \"L\"\nquestion_fr = \"L\"\nquestion_en = \"L\"\nopens = 2025-01-01T00:00:00\ncloses = 2035-01-01T00:00:00\n"
            );
        }
        match Event::from_toml(&text) {
            Ok(event) => event,
            Err(faults) => panic!("{faults:?}"),
        }
    }

    #[test]
    fn a_ballot_is_closed_by_a_frame_of_every_partition() {
        let event = event();
        let ballot = &event.ballots()[0];
        let frame = |time_ms| ClosingFrame {
            at: Cursor::default(),
            time_ms,
        };
        let mut closings = Closings::new(&event);
        let (before, after) = (frame(ballot.closes - 1), frame(ballot.closes));
        closings.see(&event, 1, after);
        assert_eq!(
            closings.of(ballot),
            None,
            "it is not known which partitions there are"
        );
        closings.expect(&[0, 1]);
        assert!(closings.see(&event, 0, before).is_empty());
        assert_eq!(closings.of(ballot), None);
        let closed = closings.see(&event, 0, after);
        assert_eq!(closed.len(), event.ballots().len());
        assert!(closings.of(ballot).is_some());
        assert!(closings.see(&event, 0, frame(ballot.closes + 1)).is_empty());
        assert_eq!(closings.of(ballot).map(|frames| frames[&0]), Some(after));
    }
}
