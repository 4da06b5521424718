//! What can go wrong with the database, sorted by what the writer does about it.

use database::innermost;
use tokio_postgres::error::SqlState;
use tokio_rustls::rustls;

/// A database error. Messages name the server by host and database, never by URL.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DbError {
    /// The server is away or went away: connect again.
    #[error(
        "PostgreSQL at {target} is not reachable ({reason}): check that it runs and accepts this machine"
    )]
    Unreachable { target: String, reason: String },
    /// The server cannot prove who it is: connect again, it may be mended.
    #[error(
        "the connection to PostgreSQL at {target} cannot be trusted ({reason}): check that the server's certificate names this host, and that --postgres-ca is its authority"
    )]
    Untrusted { target: String, reason: String },
    /// Another transaction was in the way: run the closure again.
    #[error("transaction {name} conflicted with another one too often, the database is busy")]
    Conflict { name: &'static str },
    /// Another tally stepped the cursor in between: read it again.
    #[error(
        "another tally moved the cursor of partition {partition} from frame {expected} to {found}"
    )]
    Moved {
        partition: u16,
        expected: u64,
        found: i64,
    },
    /// The server says no, and will say no again.
    #[error("PostgreSQL at {target} refuses: {reason}")]
    Refused { target: String, reason: String },
    /// The schema is not one that this program knows.
    #[error(
        "database schema has version {found}, this program knows versions up to {known}: use the newer tally that made it"
    )]
    NewerSchema { found: i64, known: i64 },
    /// The schema is one that this program has since added to.
    #[error(
        "database schema has version {found}, this program needs {known}: run `tally run` on it once, as its owner"
    )]
    OlderSchema { found: i64, known: i64 },
    /// Another tally writes under the schema that is to be migrated.
    #[error(
        "database schema has version {found}, this program would make it {known}, and another tally (backend {backend}) writes it: stop that one first, it cannot go on behind a migration"
    )]
    SchemaInUse {
        found: i64,
        known: i64,
        backend: i32,
    },
    /// A migration is not one of this program, or was changed since it was applied.
    #[error(
        "migration {number} ({name}) of the database is not the one of this program: use the tally that made the schema, or name a new database and `tally rebuild` it"
    )]
    OtherSchema { number: i64, name: String },
    /// The ledger itself cannot be folded.
    #[error("{0:#}")]
    Ledger(anyhow::Error),
    /// The database follows another ledger.
    #[error("{0}")]
    OtherLedger(String),
}

impl DbError {
    /// Whether a new connection may help.
    pub(crate) fn is_transient(&self) -> bool {
        matches!(
            self,
            DbError::Unreachable { .. }
                | DbError::Untrusted { .. }
                | DbError::Conflict { .. }
                | DbError::Moved { .. }
        )
    }

    /// Sorts an error of connecting: what is not the network's is what the two sides could not agree on,
    /// such as a server without TLS where the operator asks for it.
    pub(crate) fn of_connecting(target: &str, error: &tokio_postgres::Error) -> DbError {
        let source = std::error::Error::source(error);
        let is_network = source.is_none_or(|source| source.is::<std::io::Error>());
        if error.as_db_error().is_none() && !is_network {
            return DbError::Untrusted {
                target: target.to_owned(),
                reason: innermost(error),
            };
        }
        DbError::sort(target, error)
    }

    /// Sorts an error of a statement or of a connection.
    pub(crate) fn sort(target: &str, error: &tokio_postgres::Error) -> DbError {
        let target = target.to_owned();
        let Some(db) = error.as_db_error() else {
            let reason = innermost(error);
            return if is_about_tls(error) {
                DbError::Untrusted { target, reason }
            } else {
                DbError::Unreachable { target, reason }
            };
        };
        if is_passing(db.code()) {
            return DbError::Unreachable {
                target,
                reason: db.message().to_owned(),
            };
        }
        let remedy = remedy(db.code());
        DbError::Refused {
            target,
            reason: format!("{}{remedy}", db.message()),
        }
    }
}

/// Whether the same closure may succeed when run again.
pub(crate) fn is_conflict(error: &tokio_postgres::Error) -> bool {
    error.code().is_some_and(|code| {
        *code == SqlState::T_R_SERIALIZATION_FAILURE || *code == SqlState::T_R_DEADLOCK_DETECTED
    })
}

/// States that pass by themselves: restarts, full disks and connection slots, killed sessions.
fn is_passing(code: &SqlState) -> bool {
    let class = &code.code()[..2];
    // 08 connection, 53 resources (disk full, too many connections), 57P admin shutdown and crash.
    matches!(class, "08" | "53") || code.code().starts_with("57P")
}

fn remedy(code: &SqlState) -> &'static str {
    match code.code() {
        "28P01" | "28000" => " (check the user, and the password in --postgres-password-file)",
        "3D000" => " (create it with `createdb`)",
        "42501" => {
            " (this role may not write here: use the owner, or a member of scrutin_writer once the schema exists)"
        }
        "25006" => " (this is a read-only server or session: name the primary)",
        // Already there: a table, a type or function, a schema.
        "42P07" | "42710" | "42723" | "42P06" => {
            " (another program's schema is in the way, such as that of the first design: name an empty database, made with `createdb`)"
        }
        // Missing, or another one: a table, a column.
        "42P01" | "42703" => {
            " (a table of Scrutin was dropped or changed: name a new database, made with `createdb`, and `tally rebuild` it; every row is derived from the ledger)"
        }
        _ => "",
    }
}

/// Whether the server was reached, and its certificate or its TLS is at fault.
fn is_about_tls(error: &tokio_postgres::Error) -> bool {
    let source = std::error::Error::source(error);
    let handshake = source.and_then(|source| source.downcast_ref::<std::io::Error>());
    let inner = handshake.and_then(std::io::Error::get_ref);
    inner.is_some_and(|inner| inner.is::<rustls::Error>())
}
