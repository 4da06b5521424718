//! The schema, by numbered migrations. Applied ones are never edited, only followed by new ones: the
//! database keeps the SHA-256 of each, and a difference is refused.

use database::Target;
use sha2::{Digest, Sha256};
use tokio_postgres::Transaction;

use super::error::DbError;
use super::session::{Session, WorkError};
use crate::documents::hex;

/// A step of the schema.
struct Migration {
    /// From 1, without a gap.
    number: i64,
    name: &'static str,
    sql: &'static str,
}

/// In the order in which they are applied: ascending by number.
const MIGRATIONS: [Migration; 4] = [
    Migration {
        number: 1,
        name: "results",
        sql: include_str!("../../migrations/0001_results.sql"),
    },
    Migration {
        number: 2,
        name: "roles",
        sql: include_str!("../../migrations/0002_roles.sql"),
    },
    Migration {
        number: 3,
        name: "writer-rankings",
        sql: include_str!("../../migrations/0003_writer_rankings.sql"),
    },
    Migration {
        number: 4,
        name: "seeds-views",
        sql: include_str!("../../migrations/0004_seeds_views.sql"),
    },
];

/// The newest migration's number.
const NEWEST: i64 = MIGRATIONS[MIGRATIONS.len() - 1].number;

/// First half of the number of the advisory lock that whoever writes a partition holds: "scr". The partition is the
/// second half.
pub(super) const WRITER_LOCK: i64 = 0x0073_6372 << 32;
/// Taken by whoever looks at or changes the schema: "scrutin", in ASCII.
const SCHEMA_LOCK: i64 = 0x0073_6372_7574_696e;

impl Migration {
    fn sha256(&self) -> String {
        hex(&Sha256::digest(self.sql))
    }
}

/// A row of `schema_migrations`.
struct Applied {
    number: i64,
    name: String,
    /// None where an older tally applied it, which kept no checksums.
    sha256: Option<String>,
}

/// Brings the schema up to date; does nothing where it is.
///
/// # Errors
/// [`DbError::NewerSchema`] where a newer program made it, [`DbError::OtherSchema`] where another
/// one did; the server's refusal.
pub(crate) async fn migrate(session: &mut Session) -> Result<(), DbError> {
    session
        .transact("migrate the schema", async |tx| migrate_in(tx).await)
        .await
}

async fn migrate_in(tx: &Transaction<'_>) -> Result<(), WorkError> {
    tx.execute("SELECT pg_advisory_xact_lock($1)", &[&SCHEMA_LOCK])
        .await?;
    let applied = applied(tx).await?;
    check(&applied)?;
    if let Some(last) = applied.last().filter(|last| last.number < NEWEST) {
        check_unused(tx, last.number).await?;
    }
    if applied.is_empty() {
        tx.batch_execute(
            "CREATE TABLE IF NOT EXISTS schema_migrations (
                 version bigint PRIMARY KEY, name text NOT NULL,
                 applied_at timestamptz NOT NULL DEFAULT now(), sha256 text)",
        )
        .await?;
    }
    if applied.iter().any(|row| row.sha256.is_none()) {
        keep_checksums(tx).await?;
    }
    for migration in MIGRATIONS.iter().skip(applied.len()) {
        let Migration { number, name, sql } = migration;
        tx.batch_execute(sql).await?;
        tx.execute(
            "INSERT INTO schema_migrations (version, name, sha256) VALUES ($1, $2, $3)",
            &[number, name, &migration.sha256()],
        )
        .await?;
        tracing::info!(number, name, "applied migration");
    }
    Ok(())
}

/// Refuses to migrate under a tally that writes: it holds the advisory lock of each partition that it writes. Whoever
/// takes its turn later looks at the schema again.
async fn check_unused(tx: &Transaction<'_>, found: i64) -> Result<(), WorkError> {
    let writer = tx
        .query_opt(
            "SELECT pid FROM pg_locks JOIN pg_database ON pg_database.oid = database
             WHERE datname = current_database() AND locktype = 'advisory' AND granted
               AND classid::int8 = $1 AND objid::int8 < 65536 LIMIT 1",
            &[&(WRITER_LOCK >> 32)],
        )
        .await?;
    match writer {
        None => Ok(()),
        Some(row) => Err(WorkError::Stop(DbError::SchemaInUse {
            found,
            known: NEWEST,
            backend: row.get(0),
        })),
    }
}

/// Notes the checksums of migrations that an older tally applied. Only the owner may: until then
/// names and numbers are compared alone.
async fn keep_checksums(tx: &Transaction<'_>) -> Result<(), WorkError> {
    let owner = "SELECT pg_has_role(relowner, 'MEMBER') FROM pg_class WHERE oid = 'schema_migrations'::regclass";
    if !tx.query_one(owner, &[]).await?.get::<_, bool>(0) {
        return Ok(());
    }
    tx.batch_execute("ALTER TABLE schema_migrations ADD COLUMN IF NOT EXISTS sha256 text")
        .await?;
    for migration in &MIGRATIONS {
        tx.execute(
            "UPDATE schema_migrations SET sha256 = $2 WHERE version = $1 AND sha256 IS NULL",
            &[&migration.number, &migration.sha256()],
        )
        .await?;
    }
    Ok(())
}

/// Migrations that the database has, ascending; none in an empty one.
async fn applied(tx: &Transaction<'_>) -> Result<Vec<Applied>, WorkError> {
    let table = tx
        .query_one("SELECT to_regclass('schema_migrations') IS NOT NULL", &[])
        .await?;
    if !table.get::<_, bool>(0) {
        return Ok(Vec::new());
    }
    // By way of JSON, because the table of an older tally has no column of that name.
    let rows = tx
        .query(
            "SELECT version, name, to_jsonb(m) ->> 'sha256' FROM schema_migrations m ORDER BY version",
            &[],
        )
        .await?;
    let row = |row: &tokio_postgres::Row| Applied {
        number: row.get(0),
        name: row.get(1),
        sha256: row.get(2),
    };
    Ok(rows.iter().map(row).collect())
}

/// Compares what was applied with what this program would apply.
fn check(applied: &[Applied]) -> Result<(), DbError> {
    if let Some(newest) = applied.last().filter(|newest| newest.number > NEWEST) {
        return Err(DbError::NewerSchema {
            found: newest.number,
            known: NEWEST,
        });
    }
    for (applied, expected) in applied.iter().zip(&MIGRATIONS) {
        let same_text = applied
            .sha256
            .as_ref()
            .is_none_or(|sum| *sum == expected.sha256());
        if applied.number != expected.number || applied.name != expected.name || !same_text {
            return Err(DbError::OtherSchema {
                number: applied.number,
                name: applied.name.clone(),
            });
        }
    }
    Ok(())
}

/// Refuses a schema that this program did not make, without changing anything: for comparing.
///
/// # Errors
/// As [`migrate`], and where a migration is missing.
pub(crate) async fn check_version(session: &mut Session) -> Result<(), DbError> {
    let applied = session
        .transact("read the schema version", async |tx| {
            // Behind whoever migrates at this moment.
            tx.execute("SELECT pg_advisory_xact_lock($1)", &[&SCHEMA_LOCK])
                .await?;
            applied(tx).await
        })
        .await?;
    check(&applied)?;
    match applied.last() {
        None => Err(DbError::OtherLedger(
            "the database has no schema of Scrutin: name the database that `tally run` writes"
                .to_owned(),
        )),
        Some(newest) if newest.number < NEWEST => Err(DbError::OlderSchema {
            found: newest.number,
            known: NEWEST,
        }),
        Some(_) => Ok(()),
    }
}

/// Empties every table that a ledger fills, so that another one, or the same, can be written.
///
/// # Errors
/// The server's refusal, or a schema that this program did not make; nothing is emptied then.
pub(crate) async fn empty(target: &Target) -> Result<(), DbError> {
    let mut session = Session::connect(target).await?;
    migrate(&mut session).await?;
    let truncate = async |tx: &Transaction<'_>| {
        tx.batch_execute(
            "TRUNCATE ledger_origin, ledger_cursor, result_steps, laws, regions, political_parties,
                 elections, candidates, vote_results, election_results, ranking_counts, vote_audit,
                 duplicate_attempts, turnout",
        )
        .await?;
        Ok(())
    };
    session.transact("empty the tables", truncate).await
}
