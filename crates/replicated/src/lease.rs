//! The right to append to a partition: one row with an epoch, an attempt, an end, and where the chain stands.
//!
//! Every statement of an owner changes that row and names epoch and attempt. So one that was sent by a former
//! owner, or by this owner on a connection that it gave up, changes nothing any more.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ledger::log::{Append, Barrier, Followed, Lease, Recovery, Room, Visit};
use ledger::{Defect, EncodedLink, LedgerError, LinkKind};
use tokio_postgres::Statement;

use crate::connection::{Connection, NoAnswer};
use crate::replication::{Replication, wait_for_standby};
use crate::rows::{Head, SeenLease, is_link, links, signed};
use crate::store::{Acknowledged, Store};

/// The append: the row of the lease moves on by one link, and the link is inserted, or neither is.
const APPEND: &str = "WITH moved AS (UPDATE ledger_lease SET number = $2::int8, segment = $3, head = $7, lease_until = clock_timestamp() + $10::float8 * interval '1 second' WHERE partition = $1 AND epoch = $4 AND attempt = $5 AND number = $2::int8 - 1 AND head = $6 RETURNING partition, epoch) INSERT INTO ledger_links (partition, number, frame, epoch, previous, hash, body) SELECT partition, $2::int8, $8::int8, epoch, $6, $7, $9 FROM moved";

const NAMES: &str = "SELECT current_setting('synchronous_standby_names')";
/// Where lease changes, fencing and unknown outcomes are logged.
const AUDIT: &str = "audit";
/// How often an owner looks whether its standby still is one.
const LOOK_AT_STANDBY: Duration = Duration::from_secs(1);
/// How often a lease that somebody holds is looked at.
const LOOK_AT_LEASE: Duration = Duration::from_millis(50);

struct RowLease {
    store: Store,
    partition: u16,
    epoch: u32,
    session: Option<Session>,
    /// When the lease was last renewed, and has certainly not passed before.
    renewed: Instant,
    /// Links of this partition that were acknowledged.
    acknowledged: Arc<Acknowledged>,
    /// Another owner has the partition: nothing is asked any more.
    lost: bool,
    /// Why the outcome of a link is not known; none while nothing is open.
    in_doubt: Option<String>,
}

/// A connection on which a standby was seen in step behind a barrier of this owner.
struct Session {
    connection: Connection,
    append: Statement,
    attempt: i64,
    /// Asks for `names` behind each append: a wait for the standby that somebody ended by emptying them brings
    /// no notice.
    ask_names: Statement,
    names: String,
    timeline: String,
    looked: Instant,
}

/// Takes the lease of a partition, when that of another owner has passed.
pub(crate) fn take(store: &Store, partition: u16) -> Result<Box<dyn Lease>, LedgerError> {
    let mut held = None;
    loop {
        let sent = Instant::now();
        match ask_for(store, partition).map_err(|why| store.failed(&why))? {
            Asked::Taken(epoch) => {
                let member = &store.member().name;
                tracing::info!(target: AUDIT, partition, epoch, member, "lease taken");
                store.watch_no_more();
                return Ok(Box::new(RowLease {
                    store: store.clone(),
                    partition,
                    epoch: u32::try_from(epoch).map_err(|_| LedgerError::EpochsUsedUp)?,
                    session: None,
                    renewed: sent,
                    acknowledged: store.acknowledged(partition),
                    lost: false,
                    in_doubt: None,
                }));
            }
            Asked::Missing => {
                return Err(LedgerError::Missing {
                    log: format!("partition {partition} of the {}", store.name()),
                });
            }
            Asked::Held { owner, renewal } => {
                if held.as_ref().is_some_and(|before| *before != renewal) {
                    return Err(LedgerError::Held {
                        log: store.name(),
                        partition,
                        owner,
                    });
                }
                held = Some(renewal);
            }
        }
        std::thread::sleep(LOOK_AT_LEASE);
    }
}

enum Asked {
    Taken(i64),
    Missing,
    /// `renewal` changes each time its owner shows that it is alive.
    Held {
        owner: String,
        renewal: String,
    },
}

fn ask_for(store: &Store, partition: u16) -> Result<Asked, NoAnswer> {
    let connection = store.connect_to_write()?;
    let Some(seen) = SeenLease::read(&connection, partition)? else {
        return Ok(Asked::Missing);
    };
    let is_silent = seen.is_silent(store, partition);
    let SeenLease { owner, renewal, .. } = seen;
    let silent = is_silent.then_some(renewal.as_str());
    let (name, seconds) = (&store.member().name, store.member().lease.as_secs_f64());
    let taken = connection.change_row(
        "UPDATE ledger_lease SET epoch = epoch + 1, attempt = 0, owner = $2, lease_until = clock_timestamp() + $3::float8 * interval '1 second' WHERE partition = $1 AND (lease_until < clock_timestamp() OR lease_until::text = $4) RETURNING epoch",
        &[&i32::from(partition), name, &seconds, &silent],
    )?;
    Ok(match taken {
        Some(row) => Asked::Taken(row.get(0)),
        None => Asked::Held { owner, renewal },
    })
}

impl RowLease {
    fn lease_for(&self) -> Duration {
        self.store.member().lease
    }

    /// Connects if need be, makes every statement that was sent before impossible or done, and tells where the
    /// chain stands on two disks; none where another owner has it.
    fn reach(&mut self) -> Result<Option<Head>, NoAnswer> {
        let connection = match self.session.take() {
            Some(session) => session.connection,
            None => self.store.connect_to_write()?,
        };
        let sent = Instant::now();
        let renewed = connection.change_row(
            "UPDATE ledger_lease SET attempt = attempt + 1, lease_until = clock_timestamp() + $3::float8 * interval '1 second' WHERE partition = $1 AND epoch = $2 RETURNING attempt, number, segment, head",
            &[&i32::from(self.partition), &i64::from(self.epoch), &self.lease_for().as_secs_f64()],
        )?;
        let Some(row) = renewed else {
            self.lost = true;
            return Ok(None);
        };
        let head = Head::of(&row, 1)?;
        let (timeline, names) = wait_for_standby(&connection)?;
        let append = connection.prepare(APPEND)?;
        let ask_names = connection.prepare(NAMES)?;
        self.session = Some(Session {
            connection,
            append,
            attempt: row.get(0),
            ask_names,
            names,
            timeline,
            looked: Instant::now(),
        });
        self.renewed = sent;
        self.acknowledged.raise_to(head.number);
        Ok(Some(head))
    }

    /// The session, where it may be appended on: the lease has not passed, and the standby was in step a moment ago.
    fn ready(&mut self) -> Result<&Session, NoAnswer> {
        let lease = self.lease_for();
        let session = self.session.as_mut();
        let session = session.ok_or_else(|| NoAnswer("the connection was given up".to_owned()))?;
        if self.renewed.elapsed() >= lease {
            return Err(NoAnswer(
                "the lease has passed and must be renewed".to_owned(),
            ));
        }
        if session.looked.elapsed() >= LOOK_AT_STANDBY {
            let told = Replication::of(&session.connection)?;
            let checked = told.check(&session.timeline);
            checked.map_err(|found| NoAnswer(found.to_string()))?;
            session.looked = Instant::now();
        }
        Ok(session)
    }

    fn send(&mut self, link: &EncodedLink) -> Result<Append, NoAnswer> {
        let lease = self.lease_for();
        let session = self.ready()?;
        let (frame, segment) = match link.kind {
            LinkKind::Header { segment } => (None, u64::from(segment)),
            LinkKind::Frame { sequence } => (Some(signed(sequence)?), link.number - sequence),
        };
        let sent = Instant::now();
        let (rows, told) = session.connection.change(
            &session.append,
            &[
                &i32::from(link.partition),
                &signed(link.number)?,
                &signed(segment)?,
                &i64::from(link.epoch),
                &session.attempt,
                &link.previous.0.as_slice(),
                &link.hash.0.as_slice(),
                &frame,
                &link.bytes,
                &lease.as_secs_f64(),
            ],
            &session.ask_names,
        )?;
        if told.get::<_, String>(0) != session.names {
            return Err(NoAnswer(
                "the synchronous standby was changed while a link was appended".to_owned(),
            ));
        }
        if rows == 1 {
            self.renewed = sent;
            self.acknowledged.raise_to(link.number);
            return Ok(Append::Appended);
        }
        self.why_not()
    }

    /// Nothing was written: by another epoch or attempt, or because the chain stands elsewhere.
    fn why_not(&mut self) -> Result<Append, NoAnswer> {
        let (partition, epoch) = (i32::from(self.partition), i64::from(self.epoch));
        let session = self.ready()?;
        let rows = session.connection.read(
            "SELECT epoch = $2, attempt = $3 FROM ledger_lease WHERE partition = $1",
            &[&partition, &epoch, &session.attempt],
        )?;
        let found: Option<(bool, bool)> = rows.first().map(|row| (row.get(0), row.get(1)));
        match found {
            Some((true, true)) => Ok(Append::Conflict),
            // A statement of this owner, given up long ago, was carried out at last.
            Some((true, false)) => Err(NoAnswer(
                "another connection of this owner came between".to_owned(),
            )),
            _ => {
                self.lost = true;
                Ok(Append::Fenced)
            }
        }
    }

    fn renew_if_due(&mut self) -> Result<(), NoAnswer> {
        if self.renewed.elapsed() < self.lease_for() / 3 && self.session.is_some() {
            return Ok(());
        }
        self.reach().map(drop)
    }

    /// Said once for each reason, however often it is asked again.
    fn note_doubt(&mut self, why: &str) {
        if self.in_doubt.as_deref() != Some(why) {
            let (partition, epoch) = (self.partition, self.epoch);
            tracing::warn!(target: AUDIT, partition, epoch, why, "outcome unknown: votes wait until it is settled");
            self.in_doubt = Some(why.to_owned());
        }
    }

    fn note_settled(&mut self, head: &Head) {
        if self.in_doubt.take().is_some() {
            let (partition, epoch, links) = (self.partition, self.epoch, head.number);
            tracing::warn!(target: AUDIT, partition, epoch, links, "outcome settled behind a barrier");
        }
    }

    fn note_lost(&self) {
        let (partition, epoch) = (self.partition, self.epoch);
        tracing::error!(target: AUDIT, partition, epoch, "fenced: another validator has taken the partition over");
    }

    fn fenced(&self) -> LedgerError {
        LedgerError::Fenced {
            log: self.store.name(),
            partition: self.partition,
            epoch: self.epoch,
        }
    }

    /// Renews the lease while the chain is read: that may take longer than the lease.
    fn renew_while_reading(&mut self) -> Result<(), LedgerError> {
        if self.renewed.elapsed() < self.lease_for() / 3 {
            return Ok(());
        }
        let lease = self.lease_for();
        let (sent, (partition, epoch)) = (Instant::now(), (self.partition, self.epoch));
        let session = self.session.as_ref();
        let session = session.expect("the chain is read on it");
        let renewed = session.connection.change_row(
            "UPDATE ledger_lease SET lease_until = clock_timestamp() + $4::float8 * interval '1 second' WHERE partition = $1 AND epoch = $2 AND attempt = $3 RETURNING epoch",
            &[&i32::from(partition), &i64::from(epoch), &session.attempt, &lease.as_secs_f64()],
        );
        match renewed.map_err(|why| self.store.failed(&why))? {
            Some(_) => self.renewed = sent,
            None => return Err(self.fenced()),
        }
        Ok(())
    }

    /// Reads every link up to `head` that was not followed before, and verifies it.
    fn read_chain(
        &mut self,
        mut read: Followed,
        head: &Head,
        visit: &mut Visit<'_>,
    ) -> Result<Followed, LedgerError> {
        let mut next = read.position().links() + 1;
        if next > head.number + 1 {
            let gone = NoAnswer(format!(
                "it ends with link {}, and this validator has read link {}: the database was set back to an earlier state, see which copy it was restored from",
                head.number,
                next - 1
            ));
            return Err(self.store.failed(&gone));
        }
        while next <= head.number {
            let session = self.session.as_ref();
            let session = session.expect("the head was read on it");
            let found = links(&session.connection, self.partition, (next, head.number));
            let found = found.map_err(|why| self.store.failed(&why))?;
            for link in &found {
                self.renew_while_reading()?;
                read.take(&link.bytes, visit)
                    .map_err(|defect| self.damaged(&read, defect))?;
                next = link.number + 1;
            }
            if found.is_empty() {
                let gone = NoAnswer(format!("link {next} is missing: rows were deleted"));
                return Err(self.store.failed(&gone));
            }
        }
        let session = self.session.as_ref();
        let session = session.expect("the chain was read on it");
        let behind = is_link(
            &session.connection,
            self.partition,
            head.number.saturating_add(1),
        );
        if behind.map_err(|why| self.store.failed(&why))? {
            let moved = NoAnswer(format!(
                "a link stands behind the last one, {}: the row of the lease was moved back; restore the database from a copy, and see who can write there",
                head.number
            ));
            return Err(self.store.failed(&moved));
        }
        let got = read.position().link;
        if got != head.link {
            let expected = head.link;
            return Err(self.damaged(&read, Defect::Chain { expected, got }));
        }
        Ok(read)
    }

    fn damaged(&self, read: &Followed, defect: Defect) -> LedgerError {
        LedgerError::Followed {
            log: self.store.name(),
            sequence: read.position().cursor.sequence,
            defect,
        }
    }
}

impl Lease for RowLease {
    fn recover(
        &mut self,
        followed: Followed,
        visit: &mut Visit<'_>,
    ) -> Result<Recovery, LedgerError> {
        let head = self.reach().map_err(|why| self.store.failed(&why))?;
        let head = head.ok_or_else(|| self.fenced())?;
        let read = self.read_chain(followed, &head, visit)?;
        Ok(Recovery {
            position: read.position(),
            epoch: self.epoch,
            time_ms: read.time_ms(),
            torn_tail: None,
            kept: None,
            sidecar_damaged: false,
        })
    }

    fn append(&mut self, link: &EncodedLink) -> Result<Append, LedgerError> {
        if self.lost || link.epoch != self.epoch {
            return Ok(Append::Fenced);
        }
        if link.partition != self.partition {
            return Ok(Append::Conflict);
        }
        Ok(match self.send(link) {
            Ok(Append::Fenced) => {
                self.note_lost();
                Append::Fenced
            }
            Ok(answer) => answer,
            Err(NoAnswer(why)) => {
                self.session = None;
                self.note_doubt(&why);
                Append::Unknown(why)
            }
        })
    }

    fn barrier(&mut self) -> Result<Barrier, LedgerError> {
        if self.lost {
            return Ok(Barrier::Fenced);
        }
        Ok(match self.reach() {
            Ok(Some(head)) => {
                self.note_settled(&head);
                Barrier::Reached(head.link)
            }
            Ok(None) => {
                self.note_lost();
                Barrier::Fenced
            }
            Err(NoAnswer(why)) => {
                self.note_doubt(&why);
                Barrier::Unknown(why)
            }
        })
    }

    fn prepare(&mut self) -> Result<Room, LedgerError> {
        // What is wrong is said by the next append, which waits for it.
        let renewed = self.renew_if_due();
        if self.lost {
            self.note_lost();
            return Err(self.fenced());
        }
        if renewed.is_err() {
            self.session = None;
            return Ok(Room::OutOfReach);
        }
        Ok(Room::Ready)
    }

    fn release(&mut self) -> Result<(), LedgerError> {
        let (partition, epoch) = (self.partition, self.epoch);
        tracing::info!(target: AUDIT, partition, epoch, "lease given back");
        // One that cannot be given back passes by itself.
        if let Some(session) = self.session.take() {
            let _ = session.connection.change_row(
                "UPDATE ledger_lease SET owner = '', lease_until = clock_timestamp() WHERE partition = $1 AND epoch = $2 AND attempt = $3 RETURNING epoch",
                &[&i32::from(self.partition), &i64::from(self.epoch), &session.attempt],
            );
        }
        Ok(())
    }
}
