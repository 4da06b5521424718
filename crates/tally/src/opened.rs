//! What the fold takes, in order: frames as they stand in the ledger, and the votes that they release.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use election::{Ballot, Choice, Event};
use ledger::{Body, BoxSecretKey, Cursor, Item, Opener, SegmentHeader};

use crate::fold_error::{FoldError, FramePosition};
use crate::inputs::PackageRoll;
use crate::release::{ReleasedVotes, WaitingVotes};
use crate::roll::Roll;

/// What a ledger tells, one after the other.
#[derive(Clone)]
pub(crate) enum Fact {
    /// The next frame of its partition.
    Frame(OpenedFrame),
    /// Votes of frames before, which may be seen from now on.
    Released(ReleasedVotes),
}

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
    /// A ballot or credential that the package does not have, marks outside a ballot's window.
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
                for ordinal in &shard.ordinals {
                    let region = roll.region(marks.ballot, shard.shard, *ordinal);
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

    /// Whether each region has as many choices as marks.
    ///
    /// # Errors
    /// [`FoldError::Region`], of the first region that has not.
    pub(crate) fn check_regions(
        &self,
        ballot: &Ballot,
        choices: &[(u16, Choice, u64)],
    ) -> Result<(), FoldError> {
        let mut sums: BTreeMap<u16, u64> = BTreeMap::new();
        for (region, _, votes) in choices {
            *sums.entry(*region).or_default() += votes;
        }
        let voters: BTreeMap<u16, u64> = self.voters_on(ballot.index.0).collect();
        for region in voters.keys().chain(sums.keys()) {
            let of = |map: &BTreeMap<u16, u64>| map.get(region).copied().unwrap_or(0);
            let (expected, got) = (of(&voters), of(&sums));
            if expected != got {
                return Err(self.position().region(ballot, *region, expected, got));
            }
        }
        Ok(())
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

/// Turns the verified items of one partition into facts.
pub(crate) struct Reading {
    package: Arc<PackageRoll>,
    header: Option<SegmentHeader>,
    /// None without the box key: choices then stay sealed.
    opening: Option<Opening>,
}

struct Opening {
    opener: Opener,
    votes: WaitingVotes,
}

impl Reading {
    /// From the start of a partition.
    pub(crate) fn new(
        package: &Arc<PackageRoll>,
        partition: u16,
        key: Option<&BoxSecretKey>,
    ) -> Reading {
        Reading {
            package: Arc::clone(package),
            header: None,
            opening: key.map(|key| Opening {
                opener: Opener::new(key),
                votes: WaitingVotes::new(package.event(), partition),
            }),
        }
    }

    /// What `item` tells: a frame, and what is released with it; nothing where it begins a segment.
    ///
    /// # Errors
    /// A ledger of another event, a body that does not decode, a mark or a choice that cannot be, choices
    /// that do not open.
    pub(crate) fn take(&mut self, item: &Item) -> anyhow::Result<Vec<Fact>> {
        let frame = match item {
            Item::Segment(header) => {
                self.package.identity().check(header)?;
                self.header = Some(header.clone());
                return Ok(Vec::new());
            }
            Item::Frame(frame) => frame,
        };
        let header = self.header.as_ref();
        let header = header.context("a frame before any segment header")?;
        let at = Cursor {
            sequence: frame.header.sequence,
            link: frame.link,
        };
        let position = (header.partition, at, frame.header.time_ms);
        let event = self.package.event();
        let opened = OpenedFrame::new(event, &*self.package, position, frame.body()?)?;
        let released = match &mut self.opening {
            Some(Opening { opener, votes }) => {
                let choices = opener.choices(header, frame)?;
                votes.step(event, &opened, &choices)?
            }
            None => Vec::new(),
        };
        let released = released.into_iter().map(Fact::Released);
        Ok([Fact::Frame(opened)].into_iter().chain(released).collect())
    }
}
