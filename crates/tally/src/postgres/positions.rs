//! Where the tables stand: the cursor of each partition, the step of each unit.

use std::collections::BTreeMap;

use election::Event;
use ledger::{Cursor, LinkHash};
use tokio_postgres::Transaction;

use super::error::DbError;
use super::session::WorkError;
use crate::release::{Scope, Unit};

/// Where the tables stand.
#[derive(Default)]
pub(super) struct Positions {
    /// Last frame of each partition that is in the rows of who.
    pub(super) cursors: BTreeMap<u16, Cursor>,
    /// Last frame of each unit that is in its counts.
    pub(super) steps: BTreeMap<Unit, u64>,
}

impl Positions {
    /// The start of the ledger where nothing of the partition has been written.
    pub(super) fn cursor(&self, partition: u16) -> Cursor {
        self.cursors.get(&partition).copied().unwrap_or_default()
    }

    /// 0 where nothing of the unit has been written.
    pub(super) fn step(&self, unit: Unit) -> u64 {
        self.steps.get(&unit).copied().unwrap_or(0)
    }
}

/// Reads cursors and steps.
///
/// # Errors
/// A value that no tally writes: somebody edited the table.
pub(super) async fn read(tx: &Transaction<'_>, event: &Event) -> Result<Positions, WorkError> {
    let mut cursors = BTreeMap::new();
    for row in tx
        .query("SELECT partition, seq, hash FROM ledger_cursor", &[])
        .await?
    {
        let hash: Vec<u8> = row.get(2);
        let link = LinkHash(hash.try_into().map_err(|_| edited("ledger_cursor.hash"))?);
        cursors.insert(
            small(row.get(0))?,
            Cursor {
                sequence: sequence(row.get(1))?,
                link,
            },
        );
    }
    let mut steps = BTreeMap::new();
    let query = "SELECT partition, ballot_id, region_id, seq FROM result_steps";
    for row in tx.query(query, &[]).await? {
        let ballot = event
            .ballot(row.get(1))
            .ok_or_else(|| edited("result_steps.ballot_id"))?;
        let unit = Unit {
            partition: small(row.get(0))?,
            ballot: ballot.index.0,
            scope: match ballot.law() {
                Some(_) => Scope::Country,
                None => Scope::Region(small(row.get(2))?),
            },
        };
        steps.insert(unit, sequence(row.get(3))?);
    }
    Ok(Positions { cursors, steps })
}

fn small(value: i32) -> Result<u16, WorkError> {
    u16::try_from(value).map_err(|_| edited("a partition or region"))
}

fn sequence(value: i64) -> Result<u64, WorkError> {
    u64::try_from(value).map_err(|_| edited("a sequence"))
}

pub(super) fn edited(what: &str) -> WorkError {
    DbError::OtherLedger(format!(
        "{what} holds a value that no tally writes: the database was edited, `tally rebuild` it"
    ))
    .into()
}
