//! What the ledger must know of the event it serves. The program takes it from the verified
//! package; the ledger itself knows neither packages nor definitions.

use std::ops::Range;

use election::{Ballot, BallotIndex, Event};

use crate::format::ballot_paper::{Paper, Papers};
use crate::format::hand::HandPublicKeys;
use crate::format::limits::{
    BALLOTS_MAX, CELLS_BYTES_MAX, ID_BYTES_MAX, RANKED_CANDIDATES_MAX, RANKS_MAX,
    SHARD_CREDENTIALS_MAX, SHARDS_MAX,
};

/// The event as the ledger sees it. A ledger whose segments name another event, manifest, keys
/// or ballots is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// The event's id, 1 to 32 bytes of `[A-Za-z0-9._-]`.
    pub event_id: String,
    /// SHA-256 of the package's `manifest.json`.
    pub manifest_sha256: [u8; 32],
    /// How many partitions the ledger has. The shards of a ballot are dealt out to them in order, as many to each.
    pub partitions: u16,
    /// To whom choices are sealed.
    pub keys: HandPublicKeys,
    /// In the order of `election::BallotIndex`.
    pub ballots: Vec<BallotShape>,
}

/// One ballot as the ledger sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BallotShape {
    /// Law id or election code, 1 to 32 bytes of `[A-Za-z0-9._-]`, not starting with a dot: it
    /// names the directory of this ballot's voted bitsets.
    pub id: String,
    /// First millisecond, UTC since 1970, at which votes are taken.
    pub opens_ms: i64,
    /// First millisecond, UTC since 1970, at which none is taken any more.
    pub closes_ms: i64,
    /// Credentials in each shard: ordinals are below this.
    pub shard_sizes: Vec<u32>,
    /// What its voters may choose.
    pub papers: Papers,
}

impl BallotShape {
    /// Of a ballot of the event, on a roll with so many credentials in each shard.
    fn of(ballot: &Ballot, shard_sizes: Vec<u32>) -> BallotShape {
        BallotShape {
            id: ballot.id.clone(),
            opens_ms: ballot.opens,
            closes_ms: ballot.closes,
            shard_sizes,
            papers: Papers::of(ballot),
        }
    }

    /// The longest that the counts of a frame can be, whichever regions vote; rankings are bounded by the
    /// votes of a frame.
    fn cells_bytes(&self) -> u64 {
        let cells = |paper: &Paper| match paper {
            Paper::Cells(_) => paper.bytes_of(1),
            Paper::Ranked { .. } => 0,
        };
        self.papers.all().map(cells).sum()
    }
}

/// Why a shape cannot have a ledger.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant names its fields")]
#[non_exhaustive]
pub enum ShapeError {
    /// An id that cannot stand in a segment header or a file name.
    #[error("id {id:?} cannot name a file: use 1 to 32 of A-Z a-z 0-9 . _ - and no leading dot")]
    Id {
        /// The id as given.
        id: String,
    },
    /// Two ballots of one name would share their bitsets.
    #[error("two ballots are called {id}: give each its own id")]
    Repeated {
        /// The id given twice.
        id: String,
    },
    /// Shards that cannot be dealt out evenly.
    #[error(
        "ballot {id} has {shards} shards for {partitions} partitions: give each partition as many"
    )]
    Partitions {
        /// Id of the ballot.
        id: String,
        shards: usize,
        partitions: u16,
    },
    /// Partitions are numbered from 0.
    #[error("there is no partition {partition}: the package says that the ledger has {partitions}")]
    NoSuchPartition {
        /// The number asked for.
        partition: u16,
        partitions: u16,
    },
    /// More than the format can number or hold.
    #[error("{got} {what}, at most {max} fit a ledger")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        max: u64,
        got: u64,
    },
}

impl Shape {
    /// Of an event, the SHA-256 of its package's manifest, and how many partitions the ledger has.
    /// `shard_sizes`: credentials in each shard of a ballot.
    pub fn of(
        event: &Event,
        manifest_sha256: [u8; 32],
        partitions: u16,
        shard_sizes: impl Fn(BallotIndex) -> Vec<u32>,
    ) -> Shape {
        let ballots = event.ballots().iter();
        Shape {
            event_id: event.id.clone(),
            manifest_sha256,
            partitions,
            keys: HandPublicKeys::of(event),
            ballots: ballots
                .map(|ballot| BallotShape::of(ballot, shard_sizes(ballot.index)))
                .collect(),
        }
    }

    /// The shards of a ballot whose votes a partition records; empty outside the shape.
    pub fn shards_of(&self, ballot: &BallotShape, partition: u16) -> Range<usize> {
        if partition >= self.partitions {
            return 0..0;
        }
        let each = ballot.shard_sizes.len() / usize::from(self.partitions);
        let first = each * usize::from(partition);
        first..first + each
    }

    /// Whether the ledger has a partition of this number.
    ///
    /// # Errors
    /// [`ShapeError::NoSuchPartition`].
    pub fn check_partition(&self, partition: u16) -> Result<(), ShapeError> {
        let partitions = self.partitions;
        if partition < partitions {
            Ok(())
        } else {
            Err(ShapeError::NoSuchPartition {
                partition,
                partitions,
            })
        }
    }

    /// Checks every bound that the formats rely on.
    ///
    /// # Errors
    /// The first bound that is broken.
    pub fn check(&self) -> Result<(), ShapeError> {
        check_id(&self.event_id)?;
        at_most("ballots", BALLOTS_MAX as u64, self.ballots.len() as u64)?;
        for (at, ballot) in self.ballots.iter().enumerate() {
            check_id(&ballot.id)?;
            if self
                .ballots
                .iter()
                .take(at)
                .any(|earlier| earlier.id == ballot.id)
            {
                return Err(ShapeError::Repeated {
                    id: ballot.id.clone(),
                });
            }
            let shards = ballot.shard_sizes.len();
            if self.partitions == 0 || !shards.is_multiple_of(usize::from(self.partitions)) {
                return Err(ShapeError::Partitions {
                    id: ballot.id.clone(),
                    shards,
                    partitions: self.partitions,
                });
            }
            at_most("shards", SHARDS_MAX as u64, ballot.shard_sizes.len() as u64)?;
            for size in &ballot.shard_sizes {
                at_most(
                    "credentials in a shard",
                    SHARD_CREDENTIALS_MAX.into(),
                    (*size).into(),
                )?;
            }
            for paper in ballot.papers.all() {
                check_ranks(paper)?;
            }
        }
        let cells = self.ballots.iter().map(BallotShape::cells_bytes).sum();
        at_most("bytes of counts in a frame", CELLS_BYTES_MAX, cells)?;
        Ok(())
    }
}

fn at_most(what: &'static str, max: u64, got: u64) -> Result<(), ShapeError> {
    if got > max {
        Err(ShapeError::TooMany { what, max, got })
    } else {
        Ok(())
    }
}

fn check_ranks(paper: &Paper) -> Result<(), ShapeError> {
    let Paper::Ranked { candidates, ranks } = paper else {
        return Ok(());
    };
    let most = RANKED_CANDIDATES_MAX as u64;
    at_most(
        "candidates of a region to rank",
        most,
        candidates.len() as u64,
    )?;
    at_most("ranks", RANKS_MAX as u64, *ranks as u64)
}

fn check_id(id: &str) -> Result<(), ShapeError> {
    let plain = id
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
    if id.is_empty() || id.len() > ID_BYTES_MAX || id.starts_with('.') || !plain {
        return Err(ShapeError::Id {
            id: id.chars().take(64).collect(),
        });
    }
    Ok(())
}
