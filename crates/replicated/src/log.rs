//! The log as owners and readers see it.

use database::Target;
use ledger::log::{Claim, Lease, LinkStream, Log};
use ledger::{Frame, LedgerError};

use crate::connection::{Connection, NoAnswer};
use crate::lease;
use crate::members::{self, ClockOffset, EventLedger, Introduction, Membership};
use crate::replication::{settle, wait_for_standby};
use crate::rows::{Head, SeenLease, links, number_of_frame};
use crate::store::{Member, Store};
use crate::stream::RowStream;

/// The chains in one database. Clones are the same log.
#[derive(Clone)]
pub struct PostgresLog(Store);

impl PostgresLog {
    /// Nothing is connected to yet.
    #[must_use]
    pub fn new(target: Target, member: Member) -> PostgresLog {
        PostgresLog(Store::new(target, member))
    }

    /// Who owns a partition at the moment; none where nobody does, or no chain was begun. An owner that could not
    /// renew, because the database itself was away, gets a moment to do so when that is back.
    ///
    /// # Errors
    /// The database cannot be asked, or nothing is committed there at the moment.
    pub fn owner(&self, partition: u16) -> Result<Option<String>, LedgerError> {
        self.0
            .watch(|connection| self.living_owner(connection, partition))
            .map_err(|why| self.0.failed(&why))
    }

    /// Writes down whose ledger this is: the first part of `validator init`.
    ///
    /// # Errors
    /// The database cannot be asked, or holds the ledger of another package.
    pub fn begin_event(&self, event: &EventLedger) -> Result<(), LedgerError> {
        members::begin_event(&self.0, event).map_err(|why| self.0.failed(&why))
    }

    /// Joins the validators that share this ledger. `now_ms`: the system's clock, ms since 1970 UTC.
    ///
    /// # Errors
    /// The database cannot be asked, holds the ledger of another package, or another validator of this name is alive.
    pub fn join(
        &self,
        event: &EventLedger,
        introduction: Introduction,
        now_ms: impl Fn() -> i64,
    ) -> Result<(Membership, ClockOffset), LedgerError> {
        Membership::join(&self.0, event, introduction, now_ms)
    }

    fn living_owner(
        &self,
        connection: &Connection,
        partition: u16,
    ) -> Result<Option<String>, NoAnswer> {
        let look = || -> Result<Option<(String, bool)>, NoAnswer> {
            let seen = SeenLease::read(connection, partition)?;
            let seen = seen.filter(|seen| !seen.owner.is_empty());
            Ok(seen.map(|seen| {
                let is_held = seen.left_s >= 0.0 && !seen.is_silent(&self.0, partition);
                (seen.owner, is_held)
            }))
        };
        if let Some((_, false)) = look()? {
            settle(connection)?;
            std::thread::sleep(self.0.member().lease / 4);
        }
        Ok(look()?
            .filter(|(_, is_held)| *is_held)
            .map(|(owner, _)| owner))
    }

    fn begin_row(&self, partition: u16) -> Result<bool, NoAnswer> {
        let connection = self.0.connect_to_write()?;
        let begun = connection.change_row(
            "INSERT INTO ledger_lease (partition, epoch, attempt, owner, lease_until, number, segment, head) VALUES ($1, 0, 0, '', '-infinity', 0, 0, decode(repeat('00', 32), 'hex')) ON CONFLICT DO NOTHING RETURNING partition",
            &[&i32::from(partition)],
        )?;
        wait_for_standby(&connection)?;
        Ok(begun.is_some())
    }

    /// The bytes of a frame.
    fn stored_frame(&self, partition: u16, sequence: u64) -> Result<Option<Vec<u8>>, NoAnswer> {
        let connection = self.0.connect()?;
        let Some(head) = Head::read(&connection, partition)? else {
            return Ok(None);
        };
        let Some(number) = number_of_frame(&connection, partition, sequence, &head)? else {
            return Ok(None);
        };
        // A row by itself proves nothing; an owner sends a link only when the one before was acknowledged.
        let known = self.0.acknowledged(partition);
        if number == head.number && known.get() < number {
            settle(&connection)?;
            known.raise_to(number);
        }
        let found = links(&connection, partition, (number, number))?;
        Ok(found.into_iter().next().map(|link| link.bytes))
    }
}

impl Log for PostgresLog {
    fn name(&self) -> String {
        self.0.name()
    }

    fn begin(&self, partition: u16) -> Result<(), LedgerError> {
        match self.begin_row(partition) {
            Ok(true) => Ok(()),
            Ok(false) => Err(LedgerError::Begun {
                found: format!("partition {partition} of the {}", self.name()),
            }),
            Err(why) => Err(self.0.failed(&why)),
        }
    }

    fn lease(&self, claim: Claim) -> Result<Box<dyn Lease>, LedgerError> {
        lease::take(&self.0, claim.partition)
    }

    fn read_from(&self, partition: u16, after: u64) -> Result<Box<dyn LinkStream>, LedgerError> {
        let look = || {
            let connection = self.0.connect()?;
            let head = Head::read(&connection, partition)?;
            Ok((connection, head))
        };
        let (connection, head) = look().map_err(|why| self.0.failed(&why))?;
        let last = head.map_or(0, |head| head.last_frame());
        if after > last {
            let (expected, got) = (last + 1, after.saturating_add(1));
            return Err(LedgerError::Followed {
                log: self.name(),
                sequence: after,
                defect: ledger::Defect::Sequence { expected, got },
            });
        }
        Ok(Box::new(RowStream::new(
            self.0.clone(),
            connection,
            partition,
            after,
        )))
    }

    fn frame(&self, partition: u16, sequence: u64) -> Result<Option<Frame>, LedgerError> {
        let bytes = self.stored_frame(partition, sequence);
        let bytes = bytes.map_err(|why| self.0.failed(&why))?;
        let decoded = bytes.map(|bytes| Frame::decode(&bytes)).transpose();
        decoded.map_err(|defect| LedgerError::Followed {
            log: self.name(),
            sequence: sequence.saturating_sub(1),
            defect,
        })
    }
}
