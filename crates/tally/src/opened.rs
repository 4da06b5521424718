//! Frames as they stand in the ledger, with whose marks they hold.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use election::Event;
use ledger::{Body, Cursor, Item, SegmentHeader, choices_bytes};

use crate::fold_error::{FoldError, FramePosition};
use crate::package_roll::PackageRoll;
use crate::roll::Roll;

/// What sealing adds to the choices of a ballot.
const SEAL_TAG_BYTES: u64 = 16;

/// One frame with everything that the fold and the database need of who voted.
#[derive(Clone)]
pub(crate) struct OpenedFrame {
    pub(crate) partition: u16,
    /// Sequence of the frame and its link hash.
    pub(crate) at: Cursor,
    /// Commit time, ms UTC.
    pub(crate) time_ms: i64,
    pub(crate) body: Body,
    /// Votes by ballot and region of the voter, counted from marks.
    voters: BTreeMap<(u16, u16), u64>,
}

impl OpenedFrame {
    /// Looks up whose marks these are.
    ///
    /// # Errors
    /// A ballot or credential that the package does not have or has recorded in another partition, marks outside a
    /// ballot's window.
    pub(crate) fn new(
        event: &Event,
        roll: &dyn Roll,
        (partition, at, time_ms): (u16, Cursor, i64),
        body: Body,
    ) -> Result<OpenedFrame, FoldError> {
        let mut frame = OpenedFrame {
            partition,
            at,
            time_ms,
            body,
            voters: BTreeMap::new(),
        };
        let position = frame.position();
        for marks in &frame.body.marks {
            let unknown = |shard, ordinal| position.not_on_roll(marks.ballot, shard, ordinal);
            let ballot = event.ballots().get(usize::from(marks.ballot));
            position.check_window(ballot.ok_or_else(|| unknown(0, 0))?, time_ms)?;
            for shard in &marks.shards {
                let recorded_in = roll.partition_of(marks.ballot, shard.shard);
                position.check_partition((marks.ballot, shard.shard), recorded_in)?;
                for ordinal in &shard.ordinals {
                    let region = roll.region(marks.ballot, shard.shard, *ordinal)?;
                    let region = region.ok_or_else(|| unknown(shard.shard, *ordinal))?;
                    *frame.voters.entry((marks.ballot, region)).or_default() += 1;
                }
            }
        }
        Ok(frame)
    }

    /// Ballot, region of the voters (0 = the roll names none) and how many of them voted; ascending.
    pub(crate) fn voters(&self) -> impl Iterator<Item = (u16, u16, u64)> {
        let voters = self.voters.iter();
        voters.map(|((ballot, region), votes)| (*ballot, *region, *votes))
    }

    /// Regions of the voters on one ballot and how many of them voted; ascending.
    pub(crate) fn voters_on(&self, ballot: u16) -> impl Iterator<Item = (u16, u64)> {
        let of_ballot = self.voters.range((ballot, 0)..=(ballot, u16::MAX));
        of_ballot.map(|((_, region), votes)| (*region, *votes))
    }

    /// Where this frame stands, for errors.
    pub(crate) fn position(&self) -> FramePosition {
        FramePosition {
            partition: self.partition,
            sequence: self.at.sequence,
        }
    }

    /// Votes of all ballots.
    pub(crate) fn votes(&self) -> u64 {
        self.body.votes()
    }
}

/// Reads the verified items of one partition: frames, and the headers of their segments.
pub(crate) struct FrameReading {
    package: Arc<PackageRoll>,
    header: Option<SegmentHeader>,
}

impl FrameReading {
    /// From the start of a partition.
    pub(crate) fn new(package: &Arc<PackageRoll>) -> FrameReading {
        FrameReading {
            package: Arc::clone(package),
            header: None,
        }
    }

    /// The frame that `item` is, with the header of its segment; none where it begins a segment.
    ///
    /// # Errors
    /// A ledger of another event, a body that does not decode, a mark that cannot be, choices of another
    /// length than the ballot papers of their voters ask for.
    pub(crate) fn take(
        &mut self,
        item: &Item,
    ) -> anyhow::Result<Option<(&SegmentHeader, OpenedFrame)>> {
        let frame = match item {
            Item::Segment(header) => {
                self.package.identity().check(header)?;
                self.header = Some(header.clone());
                return Ok(None);
            }
            Item::Frame(frame) => frame,
        };
        let header = self.header.as_ref();
        let header = header.context("a frame before any segment header")?;
        let position = (header.partition, frame.cursor(), frame.header.time_ms);
        let event = self.package.event();
        let opened = OpenedFrame::new(event, &*self.package, position, frame.body()?)?;
        self.check_lengths(&opened)?;
        Ok(Some((header, opened)))
    }

    /// Anybody checks these, without a key.
    fn check_lengths(&self, frame: &OpenedFrame) -> Result<(), FoldError> {
        for sealed in &frame.body.choices {
            let papers = self.package.papers(sealed.ballot);
            let expected = choices_bytes(papers, frame.voters_on(sealed.ballot));
            let got = (sealed.sealed.len() as u64).checked_sub(SEAL_TAG_BYTES);
            if expected.is_none() || got != expected {
                let ballot = &self.package.event().ballots()[usize::from(sealed.ballot)];
                return Err(frame.position().length(ballot));
            }
        }
        Ok(())
    }
}
