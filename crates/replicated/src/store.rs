//! Where the chains are kept: which database, and who asks.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use database::Target;
use ledger::LedgerError;

use crate::connection::{Connection, NoAnswer};
use crate::replication::Replication;
use crate::silence::Silence;

/// Version of the tables.
const SCHEMA_VERSION: i32 = 2;

/// Who writes: one of several validators.
#[derive(Debug, Clone)]
pub struct Member {
    /// Its name, unlike that of every other.
    pub name: String,
    /// How long a lease lasts without being renewed: a partition whose owner died is taken over after that.
    pub lease: Duration,
}

/// A database, and a member that keeps links there. Clones know the same acknowledged links.
#[derive(Clone)]
pub(crate) struct Store {
    target: Target,
    member: Member,
    acknowledged: Arc<Mutex<BTreeMap<u16, Arc<Acknowledged>>>>,
    silence: Arc<Mutex<Silence>>,
    /// The connection on which leases of others are looked at.
    watching: Arc<Mutex<Option<Connection>>>,
}

/// The last link of a partition that is known to be acknowledged; 0 before the first.
#[derive(Default)]
pub(crate) struct Acknowledged(AtomicU64);

impl Acknowledged {
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    pub(crate) fn raise_to(&self, number: u64) {
        self.0.fetch_max(number, Ordering::AcqRel);
    }
}

impl Store {
    /// Nothing is connected to yet.
    pub(crate) fn new(target: Target, member: Member) -> Store {
        Store {
            target,
            member,
            acknowledged: Arc::default(),
            silence: Arc::default(),
            watching: Arc::default(),
        }
    }

    /// Whether the owner of a lease that was seen so is gone.
    pub(crate) fn is_silent(&self, partition: u16, renewal: &str, left_s: f64) -> bool {
        let mut silence = self.silence.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = (renewal, left_s);
        silence.lasts(partition, seen, self.member.lease, Instant::now())
    }

    /// Names the database to people.
    pub(crate) fn name(&self) -> String {
        format!("ledger on PostgreSQL at {}", self.target.name())
    }

    pub(crate) fn member(&self) -> &Member {
        &self.member
    }

    pub(crate) fn acknowledged(&self, partition: u16) -> Arc<Acknowledged> {
        let mut known = self
            .acknowledged
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(partition).or_default())
    }

    /// A connection as a role that can append and do no harm, to tables that this program knows.
    pub(crate) fn connect(&self) -> Result<Connection, NoAnswer> {
        let connection = Connection::open(&self.target)?;
        let rows = connection.read("SELECT version FROM ledger_schema", &[]);
        let rows = rows.map_err(|NoAnswer(why)| {
            NoAnswer(format!(
                "{why}; the owner of the database makes the tables of a ledger with the file that `validator ledger-schema` prints"
            ))
        })?;
        match rows.first().map(|row| row.get::<_, i32>(0)) {
            Some(SCHEMA_VERSION) => {}
            found => {
                let found = found.map_or_else(|| "none".to_owned(), |found| found.to_string());
                return Err(NoAnswer(format!(
                    "the tables have version {found}, this program knows {SCHEMA_VERSION}: use the program that made them"
                )));
            }
        }
        self.check_role(&connection)?;
        Ok(connection)
    }

    /// The same, where commits can be answered: without a standby in step they wait for ever, and nobody is told why.
    pub(crate) fn connect_to_write(&self) -> Result<Connection, NoAnswer> {
        let connection = self.connect()?;
        check_standby(&Replication::of(&connection)?)?;
        Ok(connection)
    }

    /// Looks at something where commits can be answered, on a connection that is kept as long as it answers:
    /// a validator that stands by looks five times a second.
    pub(crate) fn watch<T>(
        &self,
        look: impl FnOnce(&Connection) -> Result<T, NoAnswer>,
    ) -> Result<T, NoAnswer> {
        let watching = || self.watching.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = watching().take();
        let told = kept.and_then(|connection| {
            let told = Replication::of(&connection).ok()?;
            Some((connection, told))
        });
        let connection = match told {
            Some((connection, told)) => {
                check_standby(&told)?;
                connection
            }
            None => self.connect_to_write()?,
        };
        let seen = look(&connection)?;
        *watching() = Some(connection);
        Ok(seen)
    }

    /// Closes that connection: nobody watches a lease of their own.
    pub(crate) fn watch_no_more(&self) {
        let mut watching = self.watching.lock().unwrap_or_else(PoisonError::into_inner);
        *watching = None;
    }

    /// A validator that is broken into must not be able to rewrite what it appended.
    fn check_role(&self, connection: &Connection) -> Result<(), NoAnswer> {
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

    pub(crate) fn failed(&self, NoAnswer(why): &NoAnswer) -> LedgerError {
        LedgerError::Database {
            log: self.name(),
            why: why.clone(),
        }
    }
}

fn check_standby(told: &Replication) -> Result<(), NoAnswer> {
    let checked = told.check(&told.timeline).map(drop);
    checked.map_err(|found| NoAnswer(found.to_string()))
}
