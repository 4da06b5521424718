//! What the tables should hold: the ledger folded once more, up to where they stand.

use std::collections::BTreeMap;

use super::error::DbError;
use super::group::region;
use super::pending::is_stored;
use super::positions::Positions;
use super::session::WorkError;
use crate::counts::Counts;
use crate::documents::hex;
use crate::ledger_count::LedgerCount;
use crate::reading::Fact;
use crate::recount::Recount;
use crate::release::MaskHand;

/// What the tables should hold.
pub(super) struct Expected<'a> {
    pub(super) recount: &'a Recount,
    /// Folded up to the cursors.
    pub(super) count: LedgerCount,
    /// Folded up to each unit's step, of all partitions: by ballot and region (laws: 0). None
    /// without the mask key.
    pub(super) units: Option<BTreeMap<(u16, u16), Counts>>,
}

/// Ends a comparison: a difference, or what kept it from being made.
pub(super) enum Stop {
    Difference(String),
    Work(WorkError),
}

impl<E: Into<WorkError>> From<E> for Stop {
    fn from(error: E) -> Stop {
        Stop::Work(error.into())
    }
}

pub(super) fn differ<T>(text: String) -> Result<T, Stop> {
    Err(Stop::Difference(text))
}

/// Folds the ledger once more, up to where the tables stand.
pub(super) fn expect<'a>(
    recount: &'a Recount,
    hand: Option<&MaskHand>,
    positions: &Positions,
) -> Result<Expected<'a>, Stop> {
    let package = &recount.package;
    let event = package.event();
    let mut count = LedgerCount::new(event, &**package);
    let mut units: BTreeMap<(u16, u16), Counts> = BTreeMap::new();
    let mut other_hash = None;
    let read = recount.directory.read(hand, |fact| {
        let frame = match fact {
            Fact::Frame(frame) => frame,
            Fact::Released(released) => {
                let unit = released.unit;
                if is_stored(event, unit) && released.at.sequence <= positions.step(unit) {
                    let counts = units.entry((unit.ballot, region(unit))).or_default();
                    counts.merge(&released.counts);
                }
                return Ok(());
            }
        };
        let cursor = positions.cursor(frame.partition);
        if frame.at.sequence == cursor.sequence && frame.at != cursor {
            other_hash.get_or_insert((frame.partition, cursor));
        }
        if frame.at.sequence <= cursor.sequence {
            count.apply(event, fact)?;
        }
        Ok(())
    });
    read.map_err(|error| Stop::Work(DbError::Ledger(error).into()))?;
    if let Some((partition, cursor)) = other_hash {
        return differ(format!(
            "partition {partition} frame {}: the database holds hash {}, the ledger another",
            cursor.sequence, cursor.link
        ));
    }
    Ok(Expected {
        recount,
        count,
        units: hand.map(|_| units),
    })
}

impl Expected<'_> {
    /// Index, shard and ordinal of a row's credential; a difference where there is none.
    pub(super) fn credential(
        &self,
        digest: &[u8],
        ballot: &str,
    ) -> Result<(usize, u32, u32), Stop> {
        let event = self.recount.package.event();
        let index = event.ballot(ballot).map(|ballot| ballot.index.0);
        let find = |index| self.recount.package.find(index, digest);
        let found = index.map(|index| find(index).map(|place| (index, place)));
        let found = found.transpose();
        match found.map_err(|rot| DbError::Ledger(rot.into()))? {
            Some((index, Some((shard, ordinal)))) => Ok((usize::from(index), shard, ordinal)),
            _ => differ(format!(
                "{} of ballot {ballot} is not on the roll",
                hex(digest)
            )),
        }
    }

    pub(super) fn unit(&self, ballot: u16, region: u16) -> Counts {
        let units = self.units.as_ref();
        units
            .and_then(|units| units.get(&(ballot, region)))
            .cloned()
            .unwrap_or_default()
    }
}

/// Compares a small table, read whole, with what it should hold.
pub(super) fn compare_small<K: Ord + std::fmt::Debug>(
    table: &str,
    found: &BTreeMap<K, i64>,
    expected: &BTreeMap<K, i64>,
) -> Result<(), Stop> {
    for key in expected.keys().chain(found.keys()) {
        let of = |map: &BTreeMap<K, i64>| map.get(key).copied().unwrap_or(0);
        if of(found) != of(expected) {
            return differ(format!(
                "{table} has {} at {key:?}, the ledger {}",
                of(found),
                of(expected)
            ));
        }
    }
    Ok(())
}
