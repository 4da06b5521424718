//! Why a ledger cannot be folded any further, named by partition and frame.

use election::Ballot;
use election::instant_text;
use shards::Rot;

/// Why a frame does not follow from the frames before it and the package. Never repaired.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FoldError {
    #[error(
        "partition {partition} frame {sequence}: ballot {ballot} shard {shard} ordinal {ordinal} voted a second time: the ledger breaks its own rule, keep it as evidence and stop the count"
    )]
    Twice {
        partition: u16,
        sequence: u64,
        ballot: String,
        shard: u32,
        ordinal: u32,
    },
    #[error(
        "partition {partition} frame {sequence}: ballot number {ballot} shard {shard} ordinal {ordinal} is not on the roll of this package: check that ledger and package belong together"
    )]
    NotOnRoll {
        partition: u16,
        sequence: u64,
        ballot: u16,
        shard: u32,
        ordinal: u32,
    },
    #[error(
        "partition {partition} frame {sequence}: votes of ballot number {ballot} shard {shard}, which belong into another partition: no validator of ours writes this, keep the ledger as evidence and stop the count"
    )]
    OtherPartition {
        partition: u16,
        sequence: u64,
        ballot: u16,
        shard: u32,
    },
    #[error(
        "partition {partition} frame {sequence}: the sealed choices of ballot {ballot} are of another length than the ballot papers of its voters ask for: check that ledger and package belong together, keep both as evidence and stop the count"
    )]
    Length {
        partition: u16,
        sequence: u64,
        ballot: String,
    },
    #[error(
        "partition {partition} frame {sequence}: votes on ballot number {ballot} of voters of region {region}, who have no ballot paper there: check that ledger and package belong together"
    )]
    NoPaper {
        partition: u16,
        sequence: u64,
        ballot: u16,
        region: u16,
    },
    #[error(
        "partition {partition} frame {sequence}: votes on ballot {ballot} stamped {time}, but its window is from {opens} until before {closes}: no validator of ours writes this, keep the ledger as evidence and stop the count"
    )]
    OutsideWindow {
        partition: u16,
        sequence: u64,
        ballot: String,
        time: String,
        opens: String,
        closes: String,
    },
    #[error(
        "partition {partition} frame {sequence}: more refused attempts than can be counted: no validator writes so many, keep the ledger as evidence"
    )]
    TooManyAttempts { partition: u16, sequence: u64 },
    #[error(
        "partition {partition}: frame {got} after frame {expected}: the source skipped or repeated frames"
    )]
    Gap {
        partition: u16,
        expected: u64,
        got: u64,
    },
    #[error(
        "ballot {ballot}: the releases of the whole country and those of its regions do not come to the same votes for each choice: whoever made these masked sums shifted votes, keep ledger and releases as evidence and stop the count"
    )]
    Shifted { ballot: String },
    #[error(transparent)]
    Rot(#[from] Rot),
}

/// The frame that is being folded: where an error stands.
#[derive(Clone, Copy)]
pub(crate) struct FramePosition {
    pub(crate) partition: u16,
    pub(crate) sequence: u64,
}

impl FramePosition {
    pub(crate) fn twice(self, ballot: &Ballot, shard: u32, ordinal: u32) -> FoldError {
        let FramePosition {
            partition,
            sequence,
        } = self;
        FoldError::Twice {
            partition,
            sequence,
            ballot: ballot.id.clone(),
            shard,
            ordinal,
        }
    }

    pub(crate) fn not_on_roll(self, ballot: u16, shard: u32, ordinal: u32) -> FoldError {
        let FramePosition {
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

    pub(crate) fn length(self, ballot: &Ballot) -> FoldError {
        FoldError::Length {
            partition: self.partition,
            sequence: self.sequence,
            ballot: ballot.id.clone(),
        }
    }

    pub(crate) fn no_paper(self, ballot: u16, region: u16) -> FoldError {
        FoldError::NoPaper {
            partition: self.partition,
            sequence: self.sequence,
            ballot,
            region,
        }
    }

    pub(crate) fn too_many_attempts(self) -> FoldError {
        FoldError::TooManyAttempts {
            partition: self.partition,
            sequence: self.sequence,
        }
    }

    /// Whether votes of a shard belong where they were found. Each partition refuses a credential's second vote by
    /// itself, so no credential may have two.
    ///
    /// # Errors
    /// [`FoldError::NotOnRoll`] where there is no such shard, [`FoldError::OtherPartition`].
    pub(crate) fn check_partition(
        self,
        (ballot, shard): (u16, u32),
        recorded_in: Option<u16>,
    ) -> Result<(), FoldError> {
        let FramePosition {
            partition,
            sequence,
        } = self;
        match recorded_in {
            None => Err(self.not_on_roll(ballot, shard, 0)),
            Some(expected) if expected == partition => Ok(()),
            Some(_) => Err(FoldError::OtherPartition {
                partition,
                sequence,
                ballot,
                shard,
            }),
        }
    }

    /// Whether votes on this ballot may be stamped `time_ms`.
    ///
    /// # Errors
    /// [`FoldError::OutsideWindow`].
    pub(crate) fn check_window(self, ballot: &Ballot, time_ms: i64) -> Result<(), FoldError> {
        if (ballot.opens..ballot.closes).contains(&time_ms) {
            return Ok(());
        }
        Err(FoldError::OutsideWindow {
            partition: self.partition,
            sequence: self.sequence,
            ballot: ballot.id.clone(),
            time: instant_text(time_ms),
            opens: instant_text(ballot.opens),
            closes: instant_text(ballot.closes),
        })
    }
}
