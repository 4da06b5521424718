//! Where the tables stand: the cursor of each partition, the step of each unit.

use std::collections::BTreeMap;

use election::Event;
use ledger::{Cursor, LinkHash};
use tokio_postgres::Transaction;

use super::error::DbError;
use super::pending::Unit;
use super::session::WorkError;

/// Cursors by partition, and steps by unit.
pub(crate) type Positions = (BTreeMap<u16, Cursor>, BTreeMap<Unit, u64>);

/// Reads both.
///
/// # Errors
/// A value that no tally writes: somebody edited the table.
pub(crate) async fn read(tx: &Transaction<'_>, event: &Event) -> Result<Positions, WorkError> {
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
            region: small(row.get(2))?,
        };
        steps.insert(unit, sequence(row.get(3))?);
    }
    Ok((cursors, steps))
}

fn small(value: i32) -> Result<u16, WorkError> {
    u16::try_from(value).map_err(|_| edited("a partition or region"))
}

fn sequence(value: i64) -> Result<u64, WorkError> {
    u64::try_from(value).map_err(|_| edited("a sequence"))
}

fn edited(what: &str) -> WorkError {
    DbError::OtherLedger(format!(
        "{what} holds a value that no tally writes: the database was edited, `tally rebuild` it"
    ))
    .into()
}
