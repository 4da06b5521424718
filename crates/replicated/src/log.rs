//! The log as owners and readers see it.

use std::sync::Arc;

use database::Target;
use ledger::log::{Claim, Lease, LinkStream, Log};
use ledger::{Frame, LedgerError};

use crate::acknowledged::Failure;
use crate::lease;
use crate::postgres::Postgres;
use crate::replication::{settle, wait_for_standby};
use crate::rows::{links, number_of_frame};
use crate::server::{NoAnswer, Server, Session};
use crate::store::{Member, Store};
use crate::stream::RowStream;
use crate::time::{MachineTime, Time};

/// Frames that a reader may know of before a connection does: nobody votes so fast.
const NEW_FRAMES: u64 = 10_000;

/// The chains in one database. Clones are the same log.
#[derive(Clone)]
pub struct PostgresLog(Store);

impl PostgresLog {
    /// Nothing is connected to yet.
    #[must_use]
    pub fn new(target: Target, member: Member) -> PostgresLog {
        let server = Arc::new(Postgres::new(target));
        PostgresLog::over(server, Arc::new(MachineTime::default()), member)
    }

    /// The chains that a server keeps, in the time of a clock.
    pub(crate) fn over(
        server: Arc<dyn Server>,
        time: Arc<dyn Time>,
        member: Member,
    ) -> PostgresLog {
        PostgresLog(Store::new(server, time, member))
    }

    /// Who owns a partition at the moment; none where nobody does, or no chain was begun. An owner that could not
    /// renew, because the database itself was away, gets a moment to do so when that is back.
    ///
    /// # Errors
    /// The database cannot be asked, or nothing is committed there at the moment.
    pub fn owner(&self, partition: u16) -> Result<Option<String>, LedgerError> {
        self.0
            .watch(|session| self.living_owner(session, partition))
            .map_err(|why| self.0.failed(&why))
    }

    fn living_owner(
        &self,
        session: &dyn Session,
        partition: u16,
    ) -> Result<Option<String>, NoAnswer> {
        let look = || -> Result<Option<(String, bool)>, NoAnswer> {
            let seen = session.lease(partition)?;
            let seen = seen.filter(|seen| !seen.owner.is_empty());
            Ok(seen.map(|seen| {
                let is_held = seen.left_s >= 0.0 && !self.0.is_silent(partition, &seen);
                (seen.owner, is_held)
            }))
        };
        if let Some((_, false)) = look()? {
            settle(session, self.0.time())?;
            self.0.time().pause(self.0.member().lease / 4);
        }
        Ok(look()?
            .filter(|(_, is_held)| *is_held)
            .map(|(owner, _)| owner))
    }

    /// The bytes of a partition's first link, which tell the format of its ledger; none where nothing was appended
    /// yet. No barrier is passed: the link may not be acknowledged.
    ///
    /// # Errors
    /// The database cannot be asked, or has tables of another version.
    pub fn first_link(&self, partition: u16) -> Result<Option<Vec<u8>>, LedgerError> {
        let first = self.0.look(|session| links(session, partition, (1, 1)));
        let first = first.map_err(|why| self.0.failed(&why))?;
        Ok(first.into_iter().next().map(|link| link.bytes))
    }

    fn begin_row(&self, partition: u16) -> Result<bool, NoAnswer> {
        let session = self.0.connect_to_write()?;
        let begun = session.begin(partition)?.believed()?;
        wait_for_standby(&*session, self.0.time())?;
        Ok(begun)
    }

    /// The bytes of a frame.
    fn stored_frame(
        &self,
        session: &dyn Session,
        partition: u16,
        sequence: u64,
    ) -> Result<Option<Vec<u8>>, Failure> {
        let Some(head) = session.head(partition)? else {
            return Ok(None);
        };
        let Some(number) = number_of_frame(session, partition, sequence, &head)? else {
            if sequence == 0 || sequence > head.last_frame().saturating_add(NEW_FRAMES) {
                return Ok(None);
            }
            // A former primary does not know the newest frames: who is told that there is none must be told the truth.
            self.0.check_known(session, partition)?;
            settle(session, self.0.time())?;
            return Ok(None);
        };
        // A row by itself proves nothing; an owner sends a link only when the one before was acknowledged.
        let known = self.0.acknowledged(partition);
        if number == head.number && !known.holds(number, head.link) {
            self.0.check_known(session, partition)?;
            settle(session, self.0.time())?;
            self.0.note_head(session, partition, &head)?;
        }
        let found = links(session, partition, (number, number))?;
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
            let session = self.0.connect()?;
            self.0.check_known(&*session, partition)?;
            let head = session.head(partition)?;
            Ok((session, head))
        };
        let (session, head) = look().map_err(|why| self.0.failed_on(partition, &why))?;
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
            session,
            partition,
            after,
        )))
    }

    fn frame(&self, partition: u16, sequence: u64) -> Result<Option<Frame>, LedgerError> {
        let bytes = self
            .0
            .look(|session| self.stored_frame(session, partition, sequence));
        let bytes = bytes.map_err(|why| self.0.failed_on(partition, &why))?;
        let decoded = bytes.map(|bytes| Frame::decode(&bytes)).transpose();
        decoded.map_err(|defect| LedgerError::Followed {
            log: self.name(),
            sequence: sequence.saturating_sub(1),
            defect,
        })
    }
}
