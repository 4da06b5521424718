//! The right to append to a partition: one row with an epoch, an attempt, an end, and where the chain stands.
//!
//! Every statement of an owner changes that row and names epoch and attempt. So one that was sent by a former
//! owner, or by this owner on a connection that it gave up, changes nothing any more.

use std::sync::Arc;
use std::time::Duration;

use ledger::log::{Append, Barrier, Followed, Lease, Recovery, Room, Visit};
use ledger::{Defect, EncodedLink, LedgerError, LinkKind};

use crate::acknowledged::{Acknowledged, Failure};
use crate::replication::wait_for_standby;
use crate::rows::links;
#[cfg(test)]
use crate::sabotage::{Sabotage, is};
use crate::server::{Changed, Head, Holder, NewLink, NoAnswer, SeenLease, Session};
use crate::store::Store;

/// Where lease changes, fencing and unknown outcomes are logged.
const AUDIT: &str = "audit";
/// How often an owner looks whether its standby still is one.
const LOOK_AT_STANDBY: Duration = Duration::from_secs(1);
/// How often a lease that somebody holds is looked at.
const LOOK_AT_LEASE: Duration = Duration::from_millis(200);

struct RowLease {
    store: Store,
    partition: u16,
    epoch: u32,
    connected: Option<Connected>,
    /// When the lease was last renewed, and has certainly not passed before.
    renewed: Duration,
    /// Links of this partition that were acknowledged.
    acknowledged: Arc<Acknowledged>,
    /// Another owner has the partition: nothing is asked any more.
    lost: bool,
    /// Whoever stops from then on releases the lease, or has died.
    is_recovered: bool,
    /// Why the outcome of a link is not known; none while nothing is open.
    in_doubt: Option<String>,
}

/// A connection on which a standby was seen in step behind a barrier of this owner.
struct Connected {
    session: Box<dyn Session>,
    holder: Holder,
    /// Asked for behind each append: a wait for the standby that somebody ended by emptying them brings no notice.
    names: String,
    timeline: String,
    looked: Duration,
}

/// Takes the lease of a partition, when that of another owner has passed.
pub(crate) fn take(store: &Store, partition: u16) -> Result<Box<dyn Lease>, LedgerError> {
    let mut held = None;
    loop {
        let sent = store.time().now();
        match ask_for(store, partition).map_err(|why| store.failed_on(partition, &why))? {
            Asked::Taken(epoch) => {
                let member = &store.member().name;
                tracing::info!(target: AUDIT, partition, epoch, member, "lease taken");
                store.watch_no_more();
                return Ok(Box::new(RowLease {
                    store: store.clone(),
                    partition,
                    epoch: u32::try_from(epoch).map_err(|_| LedgerError::EpochsUsedUp)?,
                    connected: None,
                    renewed: sent,
                    acknowledged: store.acknowledged(partition),
                    lost: false,
                    is_recovered: false,
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
        store.time().pause(LOOK_AT_LEASE);
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

fn ask_for(store: &Store, partition: u16) -> Result<Asked, Failure> {
    let session = store.connect_to_own(partition)?;
    let Some(seen) = session.lease(partition)? else {
        return Ok(Asked::Missing);
    };
    let is_silent = store.is_silent(partition, &seen);
    let SeenLease { owner, renewal, .. } = seen;
    let silent = is_silent.then_some(renewal.as_str());
    let member = store.member();
    let taken = session.take(partition, &member.name, member.lease, silent)?;
    Ok(match taken.believed()? {
        Some(epoch) => Asked::Taken(epoch),
        None => Asked::Held { owner, renewal },
    })
}

impl RowLease {
    fn lease_for(&self) -> Duration {
        self.store.member().lease
    }

    fn now(&self) -> Duration {
        self.store.time().now()
    }

    /// Whether the lease was renewed less than a third of its time ago.
    fn is_fresh(&self) -> bool {
        self.store.time().since(self.renewed) < self.lease_for() / 3
    }

    /// Connects if need be, makes every statement that was sent before impossible or done, and tells where the
    /// chain stands on two disks; none where another owner has it.
    fn reach(&mut self) -> Result<Option<Head>, Failure> {
        let session = match self.connected.take() {
            Some(connected) => connected.session,
            None => self.store.connect_to_own(self.partition)?,
        };
        let sent = self.now();
        let raised = session.raise_attempt(self.partition, self.epoch, self.lease_for())?;
        let Some((attempt, head)) = raised.believed()? else {
            self.lost = true;
            return Ok(None);
        };
        let looked = self.now();
        let (timeline, names) = wait_for_standby(&*session, self.store.time())?;
        self.store.note_head(&*session, self.partition, &head)?;
        self.connected = Some(Connected {
            session,
            holder: Holder {
                partition: self.partition,
                epoch: self.epoch,
                attempt,
            },
            names,
            timeline,
            looked,
        });
        self.renewed = sent;
        Ok(Some(head))
    }

    /// Whether the connection may be appended on: the lease has not passed, and the standby was in step a moment ago.
    fn check_ready(&mut self) -> Result<(), NoAnswer> {
        let has_passed = self.store.time().since(self.renewed) >= self.lease_for();
        if self.connected.is_none() {
            return Err(NoAnswer("the connection was given up".to_owned()));
        }
        if has_passed {
            return Err(NoAnswer(
                "the lease has passed and must be renewed".to_owned(),
            ));
        }
        self.look_if_due()
    }

    /// Looks at the standby where the last look is not of this moment.
    fn look_if_due(&mut self) -> Result<(), NoAnswer> {
        let now = self.now();
        let connected = self.connected.as_mut();
        let connected = connected.expect("something was just asked on it");
        let is_due = now.saturating_sub(connected.looked) >= LOOK_AT_STANDBY;
        #[cfg(test)]
        let is_due = is_due && !is(Sabotage::LookOnce);
        if is_due {
            let told = connected.session.replication()?;
            let checked = told.check(&connected.timeline);
            checked.map_err(|found| NoAnswer(found.to_string()))?;
            connected.looked = now;
        }
        Ok(())
    }

    /// Looks behind an append: between the last look and the answer, this process may have stood still, or waited for
    /// so long that the standby went and came back with another history.
    fn look_behind(&mut self) -> Result<(), NoAnswer> {
        #[cfg(test)]
        if is(Sabotage::LookBeforeOnly) {
            return Ok(());
        }
        self.look_if_due()
    }

    fn send(&mut self, link: &EncodedLink) -> Result<Append, Failure> {
        let (frame, segment) = match link.kind {
            LinkKind::Header { segment } => (None, u64::from(segment)),
            LinkKind::Frame { sequence } => (Some(sequence), link.number - sequence),
        };
        let new = NewLink {
            number: link.number,
            segment,
            frame,
            previous: link.previous,
            hash: link.hash,
            bytes: &link.bytes,
        };
        self.check_ready()?;
        let (sent, connected) = (self.now(), self.connected());
        let appended = connected
            .session
            .append(&connected.holder, &new, self.lease_for())?;
        let (rows, names) = appended.believed()?;
        let is_same = names == connected.names;
        #[cfg(test)]
        let is_same = is_same || is(Sabotage::ForgetNames);
        if !is_same {
            let changed = "the synchronous standby was changed while a link was appended";
            return Err(NoAnswer(changed.to_owned()).into());
        }
        if rows == 1 {
            self.look_behind()?;
            self.renewed = sent;
            self.acknowledged.note(link.number, link.hash);
            return Ok(Append::Appended);
        }
        self.why_not()
    }

    /// Nothing was written: by another epoch or attempt, or because the chain stands elsewhere.
    fn why_not(&mut self) -> Result<Append, Failure> {
        self.check_ready()?;
        let connected = self.connected();
        match connected.session.is_held_by(&connected.holder)? {
            Some((true, true)) => {
                let session = &*connected.session;
                self.store.check_known(session, self.partition)?;
                Ok(Append::Conflict)
            }
            // A statement of this owner, given up long ago, was carried out at last.
            Some((true, false)) => {
                let between = "another connection of this owner came between";
                Err(NoAnswer(between.to_owned()).into())
            }
            _ => {
                self.lost = true;
                Ok(Append::Fenced)
            }
        }
    }

    fn renew_if_due(&mut self) -> Result<(), Failure> {
        if self.is_fresh() && self.connected.is_some() {
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

    fn failed(&self, failure: &Failure) -> LedgerError {
        self.store.failed_on(self.partition, failure)
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
        if self.is_fresh() {
            return Ok(());
        }
        let sent = self.now();
        let connected = self.connected();
        let renewed = connected.session.renew(&connected.holder, self.lease_for());
        let renewed = renewed.and_then(Changed::believed);
        match renewed.map_err(|why| self.store.failed(&why))? {
            true => self.renewed = sent,
            false => return Err(self.fenced()),
        }
        Ok(())
    }

    /// The connection on which something was just asked.
    fn connected(&self) -> &Connected {
        let connected = self.connected.as_ref();
        connected.expect("it is given up where there is no answer alone")
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
            let (link, ends) = (next - 1, head.number);
            return Err(self.failed(&Failure::SetBack { link, ends }));
        }
        while next <= head.number {
            let session = &*self.connected().session;
            let found = links(session, self.partition, (next, head.number));
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
        let session = &self.connected().session;
        let behind = session.is_link_from(self.partition, head.number.saturating_add(1));
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

/// A lease that was taken and whose chain could not be read is given back: others need not wait until it passes.
impl Drop for RowLease {
    fn drop(&mut self) {
        if !self.is_recovered && !self.lost && self.connected.is_some() {
            // One that cannot be given back passes by itself.
            let _ = self.release();
        }
    }
}

impl Lease for RowLease {
    fn recover(
        &mut self,
        followed: Followed,
        visit: &mut Visit<'_>,
    ) -> Result<Recovery, LedgerError> {
        let head = self.reach().map_err(|why| self.failed(&why))?;
        let head = head.ok_or_else(|| self.fenced())?;
        let read = self.read_chain(followed, &head, visit)?;
        self.is_recovered = true;
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
            Err(Failure::NoAnswer(NoAnswer(why))) => {
                self.connected = None;
                self.note_doubt(&why);
                Append::Unknown(why)
            }
            Err(set_back) => return Err(self.failed(&set_back)),
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
            Err(Failure::NoAnswer(NoAnswer(why))) => {
                self.note_doubt(&why);
                Barrier::Unknown(why)
            }
            Err(set_back) => return Err(self.failed(&set_back)),
        })
    }

    fn prepare(&mut self) -> Result<Room, LedgerError> {
        // What is wrong is said by the next append, which waits for it.
        let renewed = self.renew_if_due();
        if self.lost {
            self.note_lost();
            return Err(self.fenced());
        }
        match renewed {
            Ok(()) => Ok(Room::Ready),
            Err(Failure::NoAnswer(_)) => {
                self.connected = None;
                Ok(Room::OutOfReach)
            }
            Err(set_back) => Err(self.failed(&set_back)),
        }
    }

    fn release(&mut self) -> Result<(), LedgerError> {
        let (partition, epoch) = (self.partition, self.epoch);
        if let Some(connected) = self.connected.take() {
            let given = connected.session.give_back(&connected.holder);
            // One that cannot be given back passes by itself.
            if matches!(given.and_then(Changed::believed), Ok(true)) {
                tracing::info!(target: AUDIT, partition, epoch, "lease given back");
            }
        }
        Ok(())
    }
}
