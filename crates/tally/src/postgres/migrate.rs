//! The schema, by numbered migrations. Applied ones are never edited, only followed by new ones.

use tokio_postgres::Transaction;

use super::error::DbError;
use super::session::{Session, WorkError};
use super::target::Target;

/// In order; the version of a database is how many of them it has.
const MIGRATIONS: [(&str, &str); 3] = [
    ("results", include_str!("../../migrations/0001_results.sql")),
    ("roles", include_str!("../../migrations/0002_roles.sql")),
    (
        "writer-rankings",
        include_str!("../../migrations/0003_writer_rankings.sql"),
    ),
];

/// Taken by whoever looks at or changes the schema: "scrutin", in ASCII.
const SCHEMA_LOCK: i64 = 0x0073_6372_7574_696e;

/// Brings the schema up to date; does nothing where it is.
///
/// # Errors
/// [`DbError::NewerSchema`] where a newer program made it; the server's refusal.
pub(crate) async fn migrate(session: &mut Session) -> Result<(), DbError> {
    session
        .transact("migrate the schema", async |tx| migrate_in(tx).await)
        .await
}

async fn migrate_in(tx: &Transaction<'_>) -> Result<(), WorkError> {
    tx.execute("SELECT pg_advisory_xact_lock($1)", &[&SCHEMA_LOCK])
        .await?;
    let version = version(tx).await?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if version > known {
        return Err(DbError::NewerSchema {
            found: version,
            known,
        }
        .into());
    }
    if version == 0 {
        tx.batch_execute(
            "CREATE TABLE IF NOT EXISTS schema_migrations (
                 version bigint PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())",
        )
        .await?;
    }
    for (number, (name, sql)) in (1i64..).zip(MIGRATIONS) {
        if number > version {
            tx.batch_execute(sql).await?;
            tx.execute(
                "INSERT INTO schema_migrations (version, name) VALUES ($1, $2)",
                &[&number, &name],
            )
            .await?;
            tracing::info!(number, name, "applied migration");
        }
    }
    Ok(())
}

/// Highest migration applied; 0 in an empty database.
async fn version(tx: &Transaction<'_>) -> Result<i64, WorkError> {
    let table = tx
        .query_one("SELECT to_regclass('schema_migrations') IS NOT NULL", &[])
        .await?;
    if !table.get::<_, bool>(0) {
        return Ok(0);
    }
    let row = tx
        .query_one(
            "SELECT COALESCE(max(version), 0) FROM schema_migrations",
            &[],
        )
        .await?;
    Ok(row.get(0))
}

/// Refuses a schema that this program did not make, without changing anything: for comparing.
pub(crate) async fn check_version(session: &mut Session) -> Result<(), DbError> {
    let found = session
        .transact("read the schema version", async |tx| version(tx).await)
        .await?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    match found {
        0 => Err(DbError::OtherLedger(
            "the database has no schema of Scrutin: name the database that `tally run` writes"
                .to_owned(),
        )),
        found if found != known => Err(DbError::NewerSchema { found, known }),
        _ => Ok(()),
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
