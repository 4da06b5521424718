//! One group of frames inside its transaction: rows of who voted, counts that are due, the step of
//! the cursor.

use ledger::{Cursor, LinkHash};
use tokio_postgres::Transaction;

use super::error::DbError;
use super::pending::Pending;
use super::positions::{Positions, edited};
use super::rows::{add_law, add_region, signed};
use super::session::WorkError;
use crate::release::{Scope, Unit};

/// The database follows a ledger with another frame at its cursor.
pub(super) fn other_history(partition: u16, cursor: Cursor, got: LinkHash) -> DbError {
    DbError::OtherLedger(format!(
        "partition {partition} frame {}: the database holds hash {}, the ledger {got}: it follows another ledger, nothing is written; name the right database, or `tally rebuild` this one",
        cursor.sequence, cursor.link
    ))
}

/// Everything of one group, inside its transaction.
pub(super) async fn write_group(
    tx: &Transaction<'_>,
    pending: &Pending<'_>,
    positions: &Positions,
    due: &[Unit],
) -> Result<(), WorkError> {
    for partition in pending.heads.keys() {
        lock_cursor(tx, *partition, positions.cursor(*partition)).await?;
    }
    pending.audit.write(tx).await?;
    for unit in due {
        write_unit(tx, pending, *unit).await?;
    }
    for (partition, head) in &pending.heads {
        tx.execute(
            "UPDATE ledger_cursor SET seq = $2, hash = $3 WHERE partition = $1",
            &[
                &i32::from(*partition),
                &signed(head.sequence),
                &head.link.0.as_slice(),
            ],
        )
        .await?;
    }
    Ok(())
}

/// Locks the cursor's row and checks that nobody moved it since it was read.
async fn lock_cursor(
    tx: &Transaction<'_>,
    partition: u16,
    expected: Cursor,
) -> Result<(), WorkError> {
    let number = i32::from(partition);
    let start = LinkHash::default();
    tx.execute(
        "INSERT INTO ledger_cursor (partition, seq, hash) VALUES ($1, 0, $2) ON CONFLICT DO NOTHING",
        &[&number, &start.0.as_slice()],
    )
    .await?;
    let row = tx
        .query_one(
            "SELECT seq, hash FROM ledger_cursor WHERE partition = $1 FOR UPDATE",
            &[&number],
        )
        .await?;
    let (seq, hash): (i64, Vec<u8>) = (row.get(0), row.get(1));
    if seq != signed(expected.sequence) {
        return Err(DbError::Moved {
            partition,
            expected: expected.sequence,
            found: seq,
        }
        .into());
    }
    if hash != expected.link.0 {
        let link = LinkHash(hash.try_into().map_err(|_| edited("ledger_cursor.hash"))?);
        let cursor = Cursor {
            sequence: expected.sequence,
            link,
        };
        return Err(other_history(partition, cursor, expected.link).into());
    }
    Ok(())
}

/// The region column of a unit; 0 = the whole country.
pub(super) fn region(unit: Unit) -> u16 {
    match unit.scope {
        Scope::Country => 0,
        Scope::Region(region) => region,
    }
}

async fn write_unit(
    tx: &Transaction<'_>,
    pending: &Pending<'_>,
    unit: Unit,
) -> Result<(), WorkError> {
    let ballot = &pending.event().ballots()[usize::from(unit.ballot)];
    let held = &pending.held[&unit];
    match ballot.election() {
        None => add_law(tx, &ballot.id, &held.released, held.time_ms).await?,
        Some(election) => {
            add_region(
                tx,
                election.number,
                region(unit),
                &held.released,
                held.time_ms,
            )
            .await?;
        }
    }
    tx.execute(
        "INSERT INTO result_steps (partition, ballot_id, region_id, seq) VALUES ($1, $2, $3, $4)
         ON CONFLICT (partition, ballot_id, region_id) DO UPDATE SET seq = excluded.seq",
        &[
            &i32::from(unit.partition),
            &ballot.id,
            &i32::from(region(unit)),
            &signed(held.sequence),
        ],
    )
    .await?;
    Ok(())
}
