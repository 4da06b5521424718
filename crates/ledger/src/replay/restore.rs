//! Voted bitsets from their snapshots: read before a replay, and held against one.

use std::collections::BTreeMap;
use std::path::Path;

use durable::Storage;

use crate::decide::voted::{ShardVotes, Voted};
use crate::error::LedgerError;
use crate::format::chain::LinkHash;
use crate::format::decoder::Item;
use crate::format::frame::Frame;
use crate::format::shape::Shape;
use crate::log::files::layout::partition_dir;
use crate::log::files::scan::scan;
use crate::replay::snapshot::{Loaded, Slot};

/// Bitsets before the replay, with the frames that their snapshots claim to hold.
pub(crate) struct Restored {
    pub(crate) voted: Voted,
    claims: BTreeMap<u64, LinkHash>,
    pub(crate) used: u64,
    pub(crate) refused: Vec<String>,
}

impl Restored {
    /// Nobody has voted.
    pub(crate) fn nothing(shape: &Shape, refused: Vec<String>) -> Restored {
        Restored {
            voted: Voted::new(&shape.ballots),
            claims: BTreeMap::new(),
            used: 0,
            refused,
        }
    }

    /// Reads every snapshot there is. One that does not fit is refused, never an error.
    pub(crate) fn read(
        storage: &dyn Storage,
        data_dir: &Path,
        shape: &Shape,
        partition: u16,
    ) -> Result<Restored, LedgerError> {
        let mut restored = Restored::nothing(shape, Vec::new());
        let places: Vec<(u16, u32)> = restored
            .voted
            .shards()
            .map(|(ballot, shard, _)| (ballot, shard))
            .collect();
        for (ballot, shard) in places {
            let slot = Slot {
                data_dir,
                shape,
                partition,
                ballot,
                shard,
            };
            match slot.load(storage)? {
                Loaded::Missing => {}
                Loaded::Refused(why) => restored.refused.push(why),
                Loaded::Votes(votes, link) => restored.accept(ballot, shard, votes, link),
            }
        }
        Ok(restored)
    }

    fn accept(&mut self, ballot: u16, shard: u32, votes: ShardVotes, link: LinkHash) {
        if votes.sequence > 0 {
            // Two snapshots of one frame with different hashes: at least one is of another
            // history; the claim of the first then fails or the second's does.
            let claim = self.claims.entry(votes.sequence).or_insert(link);
            if *claim != link {
                *claim = LinkHash::default();
            }
        }
        if let Some(slot) = self.voted.shard_mut(ballot, shard) {
            *slot = votes;
            self.used += 1;
        }
    }

    /// Whether a snapshot claims to hold this very frame.
    pub(crate) fn is_claimed(&self, frame: &Frame) -> bool {
        self.claims.get(&frame.header.sequence) == Some(&frame.link)
    }

    /// How many frames are claimed; each must be met.
    pub(crate) fn claims(&self) -> usize {
        self.claims.len()
    }
}

/// What the snapshots of a partition's bitsets are worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotCheck {
    /// Snapshots read.
    pub snapshots: u64,
    /// Snapshots that no start would use, and why.
    pub refused: Vec<String>,
    /// Where the bitsets from snapshots and the frames behind them differ from those of all frames.
    pub difference: Option<String>,
}

/// Rebuilds the voted bitsets twice, from the snapshots with the frames behind them and from all
/// frames, and compares them. A start trusts the first way, invariant 1 the second.
///
/// # Errors
/// Damage of the ledger itself, and the system's.
pub fn check_snapshots(
    storage: &dyn Storage,
    data_dir: &Path,
    shape: &Shape,
    partition: u16,
) -> Result<SnapshotCheck, LedgerError> {
    // Read before the ledger: a validator may be writing, and a snapshot is never ahead of the frames.
    let mut restored = Restored::read(storage, data_dir, shape, partition)?;
    let mut replayed = Voted::new(&shape.ballots);
    let (mut confirmed, mut difference) = (0, None);
    scan(
        storage,
        &partition_dir(data_dir, partition),
        |item, origin| {
            let Item::Frame(frame) = item else {
                return Ok::<(), LedgerError>(());
            };
            let body = frame.body().map_err(|error| origin.damaged(error.into()))?;
            let sequence = frame.header.sequence;
            let applied = replayed.apply(sequence, &body);
            applied.map_err(|error| origin.damaged(error.into()))?;
            confirmed += usize::from(restored.is_claimed(frame));
            if let (None, Err(error)) = (&difference, restored.voted.apply(sequence, &body)) {
                difference = Some(format!("frame {sequence} on top of the snapshots: {error}"));
            }
            Ok(())
        },
    )?;
    if confirmed != restored.claims() {
        difference
            .get_or_insert("a snapshot names a frame that the ledger does not have".to_owned());
    }
    if difference.is_none() {
        difference = first_difference(shape, &restored.voted, &replayed);
    }
    Ok(SnapshotCheck {
        snapshots: restored.used,
        refused: restored.refused,
        difference,
    })
}

fn first_difference(shape: &Shape, restored: &Voted, replayed: &Voted) -> Option<String> {
    let pairs = restored.shards().zip(replayed.shards());
    let mut differing = pairs.filter(|((_, _, one), (_, _, other))| one != other);
    let ((ballot, shard, one), (_, _, other)) = differing.next()?;
    let id = shape.ballots.get(usize::from(ballot));
    let id = id.map_or("?", |ballot| &ballot.id);
    let ordinal = (0..one.size()).find(|at| one.contains(*at) != other.contains(*at));
    Some(match ordinal {
        Some(ordinal) => format!(
            "{id}, shard {shard}, ordinal {ordinal}: voted by the {}, not by the {}",
            if one.contains(ordinal) {
                "snapshot"
            } else {
                "ledger"
            },
            if one.contains(ordinal) {
                "ledger"
            } else {
                "snapshot"
            },
        ),
        None => format!("{id}, shard {shard}: repeated attempts differ"),
    })
}
