//! The validators that share a ledger: who is alive, how far apart the clocks are, and who owns what.

use std::time::{Duration, Instant};

use database::Target;
use ledger::LedgerError;

use crate::connection::Connection;
use crate::postgres::{connect, replication, unsigned, version};
use crate::server::NoAnswer;
use crate::store::Member;

/// How often a name that somebody else had is looked at.
const LOOK_AT_NAME: Duration = Duration::from_millis(200);

/// The event whose ledger is in a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventLedger {
    /// SHA-256 of the package's manifest.
    pub manifest_sha256: [u8; 32],
    /// How many partitions the ledger has.
    pub partitions: u16,
}

/// What a validator tells the others of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Introduction {
    /// Where it answers them, `host:port`.
    pub address: String,
    /// Version of the program.
    pub version: String,
    /// Drawn by this start.
    pub incarnation: [u8; 16],
}

/// The validators that share the ledger of a database, as one of them finds them.
pub struct Members {
    target: Target,
    me: Member,
}

/// One validator among those that share a ledger, as long as it shows itself.
pub struct Membership {
    members: Members,
    introduction: Introduction,
    /// None after a question that had no answer.
    connection: Option<Connection>,
}

/// What became of a heartbeat.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Beat {
    /// The others see it. The clocks were compared.
    Seen(ClockOffset),
    /// Another validator has taken the name: this one must end.
    Replaced,
}

/// By how much the clock of a validator is ahead of the database's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClockOffset {
    /// Milliseconds; negative where it is behind.
    pub ahead_ms: f64,
    /// What the measurement may be off, either way, in milliseconds.
    pub error_ms: f64,
}

impl ClockOffset {
    /// By how many milliseconds the clocks are apart at least, whichever is ahead.
    #[must_use]
    pub fn at_least_ms(&self) -> f64 {
        (self.ahead_ms.abs() - self.error_ms).max(0.0)
    }
}

/// The validators and the partitions at one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Picture {
    /// In the order of their names.
    pub members: Vec<SeenMember>,
    /// In the order of their numbers.
    pub partitions: Vec<SeenPartition>,
}

/// A validator as its last heartbeat shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenMember {
    /// Name that no other has.
    pub name: String,
    /// Where the others reach it.
    pub address: String,
    /// Version of its program.
    pub version: String,
    /// Whether it may own partitions.
    pub is_level: bool,
    /// How far its clock is apart.
    pub clock: ClockOffset,
    /// How long ago its last heartbeat was, by the database's clock.
    pub silent: Duration,
}

impl SeenMember {
    /// Whether it has shown itself within a lease.
    #[must_use]
    pub fn is_alive(&self, lease: Duration) -> bool {
        self.silent < lease
    }
}

/// A partition and who owns it.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenPartition {
    /// Its number, from 0 on.
    pub partition: u16,
    /// The lease's: one higher with each owner.
    pub epoch: u64,
    /// Name of the owner; none where it was given back.
    pub owner: Option<String>,
    /// Seconds until the lease passes, by the database's clock; negative where it has.
    pub left_s: f64,
    /// Sequence of the last frame; it may not be acknowledged yet.
    pub last_frame: u64,
}

impl SeenPartition {
    /// Whose lease has not passed, if anybody's: who lets it pass records nothing before it has renewed it.
    #[must_use]
    pub fn holder(&self) -> Option<&String> {
        self.owner.as_ref().filter(|_| self.left_s >= 0.0)
    }
}

impl Members {
    /// Nothing is connected to yet.
    #[must_use]
    pub fn new(target: Target, me: Member) -> Members {
        Members { target, me }
    }

    /// Writes down whose ledger the database holds, once; the same event may be written again. The first part of
    /// `validator init`.
    ///
    /// # Errors
    /// The database cannot be asked, or holds the ledger of another package.
    pub fn begin_event(&self, event: &EventLedger) -> Result<(), LedgerError> {
        let begun = || {
            let connection = connect(&self.target)?;
            let written = connection.change_row(
                "INSERT INTO ledger_event (manifest, partitions) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING partitions",
                &[&event.manifest_sha256.as_slice(), &i32::from(event.partitions)],
            )?;
            written.believed()?;
            check_event(&connection, event)
        };
        begun().map_err(|why| self.failed(why))
    }

    /// Version of the ledger's tables, whether this program knows it or not; none where they name none.
    ///
    /// # Errors
    /// The database cannot be asked, or has no such tables.
    pub fn schema_version(&self) -> Result<Option<i32>, LedgerError> {
        let version = Connection::open(&self.target).and_then(|connection| version(&connection));
        version.map_err(|why| self.failed(why))
    }

    /// The validators that are alive, but for this one: before it is one of them.
    ///
    /// # Errors
    /// The database cannot be asked, holds the ledger of another package, or has tables of another version.
    pub fn others(&self, event: &EventLedger) -> Result<Vec<SeenMember>, LedgerError> {
        let seen = || {
            let connection = connect(&self.target)?;
            check_event(&connection, event)?;
            members(&connection)
        };
        let mut others = seen().map_err(|why| self.failed(why))?;
        others.retain(|seen| seen.name != self.me.name && seen.is_alive(self.me.lease));
        Ok(others)
    }

    /// Joins the validators that share this ledger. `now_ms`: the system's clock, ms since 1970 UTC.
    ///
    /// # Errors
    /// The database cannot be asked, holds the ledger of another package, or another validator of this name is alive.
    pub fn join(
        self,
        event: &EventLedger,
        introduction: Introduction,
        now_ms: impl Fn() -> i64,
    ) -> Result<(Membership, ClockOffset), LedgerError> {
        let joined = || {
            let connection = connect(&self.target)?;
            check_event(&connection, event)?;
            wait_for_name(&self.me, &connection, &introduction)?;
            let offset = offset(&connection, &now_ms)?;
            show(&self.me, &connection, &introduction, (false, offset), true)?;
            Ok((connection, offset))
        };
        let (connection, offset) = joined().map_err(|why| self.failed(why))?;
        let membership = Membership {
            members: self,
            introduction,
            connection: Some(connection),
        };
        Ok((membership, offset))
    }

    fn failed(&self, NoAnswer(why): NoAnswer) -> LedgerError {
        LedgerError::Database {
            log: format!("ledger on PostgreSQL at {}", self.target.name()),
            why,
        }
    }
}

fn check_event(connection: &Connection, event: &EventLedger) -> Result<(), NoAnswer> {
    let rows = connection.read("SELECT manifest, partitions FROM ledger_event", &[])?;
    let Some(row) = rows.first() else {
        return Err(NoAnswer(
            "no ledger was begun there: `validator init` begins one, once".to_owned(),
        ));
    };
    let (manifest, partitions): (Vec<u8>, i32) = (row.get(0), row.get(1));
    if manifest == event.manifest_sha256 && partitions == i32::from(event.partitions) {
        return Ok(());
    }
    let short = |bytes: &[u8]| -> String {
        let bytes = bytes.iter().take(4);
        bytes.map(|byte| format!("{byte:02x}")).collect()
    };
    Err(NoAnswer(format!(
        "it holds the ledger of another package (manifest {}… with {partitions} partitions), this validator has {}… with {}: give every validator the same package, or name the database of this event",
        short(&manifest),
        short(&event.manifest_sha256),
        event.partitions
    )))
}

impl Membership {
    /// Shows itself again: once a second.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn beat(&mut self, is_level: bool, now_ms: impl Fn() -> i64) -> Result<Beat, LedgerError> {
        let introduction = self.introduction.clone();
        self.ask(|me, connection| {
            let offset = offset(connection, &now_ms)?;
            let is_mine = show(me, connection, &introduction, (is_level, offset), false)?;
            Ok(if is_mine {
                Beat::Seen(offset)
            } else {
                Beat::Replaced
            })
        })
    }

    /// Looks at all members and partitions.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn look(&mut self) -> Result<Picture, LedgerError> {
        self.ask(|_, connection| {
            Ok(Picture {
                members: members(connection)?,
                partitions: partitions(connection)?,
            })
        })
    }

    /// Whether commits are on the disk of one named standby when they are answered, as an owner demands it.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn is_in_step(&mut self) -> Result<bool, LedgerError> {
        self.ask(|_, connection| {
            let told = replication(connection)?;
            Ok(told.check(&told.timeline).is_ok())
        })
    }

    /// Tells the others that it leaves. Where that fails, they see it after a while.
    pub fn leave(&mut self) {
        let introduction = self.introduction.clone();
        let _ = self.ask(|me, connection| {
            let left = connection.change_row(
                "DELETE FROM ledger_members WHERE name = $1 AND incarnation = $2 RETURNING name",
                &[&me.name, &introduction.incarnation.as_slice()],
            )?;
            left.believed()
        });
    }

    fn ask<T>(
        &mut self,
        question: impl FnOnce(&Member, &Connection) -> Result<T, NoAnswer>,
    ) -> Result<T, LedgerError> {
        let asked = || {
            let connection = match self.connection.take() {
                Some(connection) => connection,
                None => connect(&self.members.target)?,
            };
            let answer = question(&self.members.me, &connection)?;
            Ok((connection, answer))
        };
        let (connection, answer) = asked().map_err(|why| self.members.failed(why))?;
        self.connection = Some(connection);
        Ok(answer)
    }
}

/// Waits until whoever had the name before is gone.
fn wait_for_name(
    me: &Member,
    connection: &Connection,
    introduction: &Introduction,
) -> Result<(), NoAnswer> {
    let Member { name, lease } = me;
    let look = || -> Result<Option<i64>, NoAnswer> {
        let rows = connection.read(
            "SELECT beats FROM ledger_members WHERE name = $1 AND incarnation <> $2",
            &[name, &introduction.incarnation.as_slice()],
        )?;
        Ok(rows.first().map(|row| row.get(0)))
    };
    let (began, first) = (Instant::now(), look()?);
    while first.is_some() && began.elapsed() < *lease {
        std::thread::sleep(LOOK_AT_NAME);
        match look()? {
            None => return Ok(()),
            now if now != first => {
                return Err(NoAnswer(format!(
                    "another validator is called {name}, and is alive: give each a name of its own (ledger.member)"
                )));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Compares the clocks: ours, read before and after that of the database, lies between.
fn offset(connection: &Connection, now_ms: impl Fn() -> i64) -> Result<ClockOffset, NoAnswer> {
    let (asked, before) = (Instant::now(), now_ms());
    let rows = connection.read(
        "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8",
        &[],
    )?;
    let took_ms = asked.elapsed().as_secs_f64() * 1_000.0;
    let row = rows
        .first()
        .ok_or_else(|| NoAnswer("the server does not tell the time".to_owned()))?;
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds since 1970 are below 2^53"
    )]
    let ours = before as f64 + took_ms / 2.0;
    Ok(ClockOffset {
        ahead_ms: ours - row.get::<_, f64>(0),
        error_ms: took_ms / 2.0 + 1.0, // a clock is read in whole milliseconds
    })
}

/// Writes the heartbeat; `false` where another start has the name.
fn show(
    me: &Member,
    connection: &Connection,
    introduction: &Introduction,
    (is_level, offset): (bool, ClockOffset),
    takes_name: bool,
) -> Result<bool, NoAnswer> {
    let Introduction {
        address,
        version,
        incarnation,
    } = introduction;
    let written = connection.change_row(
        "INSERT INTO ledger_members AS m (name, incarnation, beats, address, version, is_level, ahead_ms, error_ms, seen) VALUES ($1, $2, 1, $3, $4, $5, $6, $7, clock_timestamp()) ON CONFLICT (name) DO UPDATE SET incarnation = excluded.incarnation, beats = m.beats + 1, address = excluded.address, version = excluded.version, is_level = excluded.is_level, ahead_ms = excluded.ahead_ms, error_ms = excluded.error_ms, seen = excluded.seen WHERE m.incarnation = excluded.incarnation OR $8 RETURNING beats",
        &[
            &me.name,
            &incarnation.as_slice(),
            address,
            version,
            &is_level,
            &offset.ahead_ms,
            &offset.error_ms,
            &takes_name,
        ],
    )?;
    Ok(written.believed()?.is_some())
}

fn members(connection: &Connection) -> Result<Vec<SeenMember>, NoAnswer> {
    let rows = connection.read(
        "SELECT name, address, version, is_level, ahead_ms, error_ms, CASE WHEN isfinite(seen) THEN greatest(extract(epoch FROM clock_timestamp() - seen), 0)::float8 ELSE 1e9 END FROM ledger_members ORDER BY name",
        &[],
    )?;
    let member = |row: &tokio_postgres::Row| SeenMember {
        name: row.get(0),
        address: row.get(1),
        version: row.get(2),
        is_level: row.get(3),
        clock: ClockOffset {
            ahead_ms: row.get(4),
            error_ms: row.get(5),
        },
        silent: Duration::try_from_secs_f64(row.get(6)).unwrap_or(Duration::MAX),
    };
    Ok(rows.iter().map(member).collect())
}

fn partitions(connection: &Connection) -> Result<Vec<SeenPartition>, NoAnswer> {
    let rows = connection.read(
        "SELECT partition, epoch, owner, CASE WHEN isfinite(lease_until) THEN extract(epoch FROM lease_until - clock_timestamp())::float8 ELSE -1 END, number, segment FROM ledger_lease ORDER BY partition",
        &[],
    )?;
    let partition = |row: &tokio_postgres::Row| {
        let number: i32 = row.get(0);
        let owner: String = row.get(2);
        Ok(SeenPartition {
            partition: u16::try_from(number)
                .map_err(|_| NoAnswer(format!("a row names partition {number}: it was edited")))?,
            epoch: unsigned(row.get(1))?,
            owner: Some(owner).filter(|owner| !owner.is_empty()),
            left_s: row.get(3),
            last_frame: unsigned(row.get(4))?.saturating_sub(unsigned(row.get(5))?),
        })
    };
    rows.iter().map(partition).collect()
}
