//! What is asked of PostgreSQL, in SQL.

use std::cell::OnceCell;
use std::time::Duration;

use database::Target;
use ledger::LinkHash;
use tokio_postgres::types::PgLsn;
use tokio_postgres::{Row, Statement};

use crate::connection::Connection;
use crate::server::{
    Changed, Head, Holder, NewLink, NoAnswer, Replication, SeenLease, Server, Session, Standby,
    StoredLink,
};

/// Version of the tables. There are no migrations: an event keeps the tables in which its ledger was begun.
pub const SCHEMA_VERSION: i32 = 2;
/// Rows read at a time.
const ROWS_MAX: i64 = 256;
/// Links are read until there are so many bytes of them; one link may be longer.
const BYTES_MAX: i64 = 4 << 20;

/// The append: the row of the lease moves on by one link, and the link is inserted, or neither is.
const APPEND: &str = "WITH moved AS (UPDATE ledger_lease SET number = $2::int8, segment = $3, head = $7, lease_until = clock_timestamp() + $10::float8 * interval '1 second' WHERE partition = $1 AND epoch = $4 AND attempt = $5 AND number = $2::int8 - 1 AND head = $6 RETURNING partition, epoch) INSERT INTO ledger_links (partition, number, frame, epoch, previous, hash, body) SELECT partition, $2::int8, $8::int8, epoch, $6, $7, $9 FROM moved";

/// Asked behind each append: a wait for the standby that somebody ended by emptying the names brings no notice.
const NAMES: &str = "SELECT current_setting('synchronous_standby_names')";

/// A database of PostgreSQL.
pub(crate) struct Postgres(Target);

impl Postgres {
    /// Nothing is connected to yet.
    pub(crate) fn new(target: Target) -> Postgres {
        Postgres(target)
    }
}

impl Server for Postgres {
    fn name(&self) -> String {
        format!("ledger on PostgreSQL at {}", self.0.name())
    }

    fn connect(&self) -> Result<Box<dyn Session>, NoAnswer> {
        Ok(Box::new(PostgresSession {
            connection: connect(&self.0)?,
            prepared: OnceCell::new(),
        }))
    }
}

/// A connection as a role that can append and do no harm, to tables that this program knows.
pub(crate) fn connect(target: &Target) -> Result<Connection, NoAnswer> {
    let connection = Connection::open(target)?;
    check_version(&connection)?;
    check_role(&connection)?;
    Ok(connection)
}

fn check_version(connection: &Connection) -> Result<(), NoAnswer> {
    match version(connection)? {
        Some(SCHEMA_VERSION) => Ok(()),
        found => {
            let found = found.map_or_else(|| "none".to_owned(), |found| found.to_string());
            Err(NoAnswer(format!(
                "the tables have version {found}, this program knows {SCHEMA_VERSION}: use the release that made them"
            )))
        }
    }
}

/// Version of the tables; none where they name none.
pub(crate) fn version(connection: &Connection) -> Result<Option<i32>, NoAnswer> {
    let rows = connection.read("SELECT version FROM ledger_schema", &[]);
    let rows = rows.map_err(|NoAnswer(why)| {
        NoAnswer(format!(
            "{why}; the owner of the database makes the tables of a ledger with the file that `validator ledger-schema` prints"
        ))
    })?;
    Ok(rows.first().map(|row| row.get(0)))
}

/// A validator that is broken into must not be able to rewrite what it appended.
fn check_role(connection: &Connection) -> Result<(), NoAnswer> {
    let rows = connection.read(
        "SELECT current_user::text, (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) OR has_any_column_privilege('ledger_links', 'UPDATE') OR has_table_privilege('ledger_links', 'DELETE') OR has_table_privilege('ledger_links', 'TRUNCATE')",
        &[],
    )?;
    match rows
        .first()
        .map(|row| (row.get::<_, String>(0), row.get::<_, bool>(1)))
    {
        Some((_, false)) => Ok(()),
        Some((role, true)) => Err(NoAnswer(format!(
            "role {role} can rewrite the ledger: give the validator a role of its own, with no right but membership of scrutin_ledger"
        ))),
        None => Err(NoAnswer(
            "the server does not tell the role's rights".to_owned(),
        )),
    }
}

/// What the server says of its standbys.
pub(crate) fn replication(connection: &Connection) -> Result<Replication, NoAnswer> {
    let rows = connection.read(
        "SELECT current_setting('synchronous_commit'), current_setting('synchronous_standby_names'), timeline, name, state, sync_state, flushed FROM ledger_replication()",
        &[],
    )?;
    let first = rows.first();
    let first = first.ok_or_else(|| NoAnswer("nothing is told of standbys".to_owned()))?;
    Ok(Replication {
        commit: first.get(0),
        names: first.get(1),
        timeline: first.get(2),
        standbys: rows.iter().filter_map(standby).collect(),
    })
}

struct PostgresSession {
    connection: Connection,
    /// The append and the question behind it, once there was an attempt to append by.
    prepared: OnceCell<(Statement, Statement)>,
}

impl PostgresSession {
    fn prepared(&self) -> Result<&(Statement, Statement), NoAnswer> {
        if let Some(prepared) = self.prepared.get() {
            return Ok(prepared);
        }
        let append = self.connection.prepare(APPEND)?;
        let names = self.connection.prepare(NAMES)?;
        Ok(self.prepared.get_or_init(|| (append, names)))
    }
}

impl Session for PostgresSession {
    fn replication(&self) -> Result<Replication, NoAnswer> {
        replication(&self.connection)
    }

    fn flushed(&self) -> Result<u64, NoAnswer> {
        let sql = "SELECT pg_current_wal_flush_lsn()";
        let rows = self.connection.read(sql, &[])?;
        let flushed = rows.first().map(|row| u64::from(row.get::<_, PgLsn>(0)));
        flushed.ok_or_else(|| NoAnswer("no position is told".to_owned()))
    }

    fn commit_nothing(&self) -> Result<Changed<()>, NoAnswer> {
        let barrier = "SELECT pg_logical_emit_message(true, 'ledger', '')";
        let changed = self.connection.change_row(barrier, &[])?;
        Ok(changed.map(drop))
    }

    fn begin(&self, partition: u16) -> Result<Changed<bool>, NoAnswer> {
        let changed = self.connection.change_row(
            "INSERT INTO ledger_lease (partition, epoch, attempt, owner, lease_until, number, segment, head) VALUES ($1, 0, 0, '', '-infinity', 0, 0, decode(repeat('00', 32), 'hex')) ON CONFLICT DO NOTHING RETURNING partition",
            &[&i32::from(partition)],
        )?;
        Ok(changed.map(|row| row.is_some()))
    }

    fn lease(&self, partition: u16) -> Result<Option<SeenLease>, NoAnswer> {
        let rows = self.connection.read(
            "SELECT owner, lease_until::text, CASE WHEN isfinite(lease_until) THEN extract(epoch FROM lease_until - clock_timestamp())::float8 ELSE -1 END FROM ledger_lease WHERE partition = $1",
            &[&i32::from(partition)],
        )?;
        Ok(rows.first().map(|row| SeenLease {
            owner: row.get(0),
            renewal: row.get(1),
            left_s: row.get(2),
        }))
    }

    fn take(
        &self,
        partition: u16,
        owner: &str,
        lasts: Duration,
        silent: Option<&str>,
    ) -> Result<Changed<Option<i64>>, NoAnswer> {
        let changed = self.connection.change_row(
            "UPDATE ledger_lease SET epoch = epoch + 1, attempt = 0, owner = $2, lease_until = clock_timestamp() + $3::float8 * interval '1 second' WHERE partition = $1 AND (lease_until < clock_timestamp() OR lease_until::text = $4) RETURNING epoch",
            &[&i32::from(partition), &owner, &lasts.as_secs_f64(), &silent],
        )?;
        Ok(changed.map(|row| row.map(|row| row.get(0))))
    }

    fn raise_attempt(
        &self,
        partition: u16,
        epoch: u32,
        lasts: Duration,
    ) -> Result<Changed<Option<(i64, Head)>>, NoAnswer> {
        let changed = self.connection.change_row(
            "UPDATE ledger_lease SET attempt = attempt + 1, lease_until = clock_timestamp() + $3::float8 * interval '1 second' WHERE partition = $1 AND epoch = $2 RETURNING attempt, number, segment, head",
            &[&i32::from(partition), &i64::from(epoch), &lasts.as_secs_f64()],
        )?;
        self.prepared()?;
        let raised = |row: Row| Ok((row.get(0), head(&row, 1)?));
        changed.try_map(|row| row.map(raised).transpose())
    }

    fn renew(&self, holder: &Holder, lasts: Duration) -> Result<Changed<bool>, NoAnswer> {
        let changed = self.connection.change_row(
            "UPDATE ledger_lease SET lease_until = clock_timestamp() + $4::float8 * interval '1 second' WHERE partition = $1 AND epoch = $2 AND attempt = $3 RETURNING epoch",
            &[&i32::from(holder.partition), &i64::from(holder.epoch), &holder.attempt, &lasts.as_secs_f64()],
        )?;
        Ok(changed.map(|row| row.is_some()))
    }

    fn give_back(&self, holder: &Holder) -> Result<Changed<bool>, NoAnswer> {
        let changed = self.connection.change_row(
            "UPDATE ledger_lease SET owner = '', lease_until = clock_timestamp() WHERE partition = $1 AND epoch = $2 AND attempt = $3 RETURNING epoch",
            &[&i32::from(holder.partition), &i64::from(holder.epoch), &holder.attempt],
        )?;
        Ok(changed.map(|row| row.is_some()))
    }

    fn append(
        &self,
        holder: &Holder,
        link: &NewLink<'_>,
        lasts: Duration,
    ) -> Result<Changed<(u64, String)>, NoAnswer> {
        let (append, names) = self.prepared()?;
        let changed = self.connection.change(
            append,
            &[
                &i32::from(holder.partition),
                &signed(link.number)?,
                &signed(link.segment)?,
                &i64::from(holder.epoch),
                &holder.attempt,
                &link.previous.0.as_slice(),
                &link.hash.0.as_slice(),
                &link.frame.map(signed).transpose()?,
                &link.bytes,
                &lasts.as_secs_f64(),
            ],
            names,
        )?;
        Ok(changed.map(|(rows, names)| (rows, names.get(0))))
    }

    fn is_held_by(&self, holder: &Holder) -> Result<Option<(bool, bool)>, NoAnswer> {
        let rows = self.connection.read(
            "SELECT epoch = $2, attempt = $3 FROM ledger_lease WHERE partition = $1",
            &[
                &i32::from(holder.partition),
                &i64::from(holder.epoch),
                &holder.attempt,
            ],
        )?;
        Ok(rows.first().map(|row| (row.get(0), row.get(1))))
    }

    fn head(&self, partition: u16) -> Result<Option<Head>, NoAnswer> {
        let rows = self.connection.read(
            "SELECT number, segment, head FROM ledger_lease WHERE partition = $1",
            &[&i32::from(partition)],
        )?;
        rows.first().map(|row| head(row, 0)).transpose()
    }

    fn links(
        &self,
        partition: u16,
        (first, last): (u64, u64),
    ) -> Result<Vec<StoredLink>, NoAnswer> {
        let rows = self.connection.read(
            "SELECT number, frame, hash, body FROM (SELECT *, sum(octet_length(body)) OVER (ORDER BY number) AS bytes FROM (SELECT number, frame, hash, body FROM ledger_links WHERE partition = $1 AND number BETWEEN $2 AND $3 ORDER BY number LIMIT $4) AS next) AS sized WHERE bytes - octet_length(body) < $5 ORDER BY number",
            &[&i32::from(partition), &signed(first)?, &signed(last)?, &ROWS_MAX, &BYTES_MAX],
        )?;
        rows.iter().map(stored_link).collect()
    }

    fn is_link_from(&self, partition: u16, number: u64) -> Result<bool, NoAnswer> {
        let sql = "SELECT 1 FROM ledger_links WHERE partition = $1 AND number >= $2 LIMIT 1";
        let values: [&(dyn tokio_postgres::types::ToSql + Sync); 2] =
            [&i32::from(partition), &signed(number)?];
        Ok(!self.connection.read(sql, &values)?.is_empty())
    }

    fn number_of_frame(
        &self,
        partition: u16,
        sequence: u64,
        (first, last): (u64, u64),
    ) -> Result<Option<u64>, NoAnswer> {
        let rows = self.connection.read(
            "SELECT number FROM ledger_links WHERE partition = $1 AND number BETWEEN $2 AND $3 AND frame = $4",
            &[&i32::from(partition), &signed(first)?, &signed(last)?, &signed(sequence)?],
        )?;
        rows.first().map(|row| unsigned(row.get(0))).transpose()
    }

    fn headers_before(&self, partition: u16, number: u64) -> Result<Vec<u64>, NoAnswer> {
        let rows = self.connection.read(
            "SELECT number FROM ledger_links WHERE partition = $1 AND frame IS NULL AND number < $2 ORDER BY number DESC LIMIT $3",
            &[&i32::from(partition), &signed(number)?, &ROWS_MAX],
        )?;
        rows.iter().map(|row| unsigned(row.get(0))).collect()
    }
}

/// None of the row that only tells settings.
fn standby(row: &Row) -> Option<Standby> {
    Some(Standby {
        name: row.get::<_, Option<String>>(3)?,
        state: row.get::<_, Option<String>>(4)?,
        sync_state: row.get::<_, Option<String>>(5)?,
        flushed: row.get::<_, Option<PgLsn>>(6).map_or(0, u64::from),
    })
}

/// From columns `number`, `segment`, `head`, the first of which is the `at`th.
fn head(row: &Row, at: usize) -> Result<Head, NoAnswer> {
    Ok(Head {
        number: unsigned(row.get(at))?,
        segment: unsigned(row.get(at + 1))?,
        link: hash(row.get(at + 2))?,
    })
}

fn stored_link(row: &Row) -> Result<StoredLink, NoAnswer> {
    let frame: Option<i64> = row.get(1);
    Ok(StoredLink {
        number: unsigned(row.get(0))?,
        frame: frame.map(unsigned).transpose()?,
        hash: hash(row.get(2))?,
        bytes: row.get(3),
    })
}

/// A number that the tables keep with a sign.
fn signed(number: u64) -> Result<i64, NoAnswer> {
    i64::try_from(number).map_err(|_| NoAnswer(format!("{number} is no place in a ledger")))
}

pub(crate) fn unsigned(number: i64) -> Result<u64, NoAnswer> {
    u64::try_from(number).map_err(|_| NoAnswer(format!("a row holds {number}: it was edited")))
}

fn hash(bytes: Vec<u8>) -> Result<LinkHash, NoAnswer> {
    let bytes = bytes.try_into();
    let bytes =
        bytes.map_err(|_| NoAnswer("a row holds no hash of 32 bytes: it was edited".to_owned()));
    bytes.map(LinkHash)
}
