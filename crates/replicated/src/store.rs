//! Where the chains are kept: which database, and who asks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ledger::LedgerError;

use crate::acknowledged::{Acknowledged, Failure};
use crate::replication::settle;
use crate::server::{Head, NoAnswer, Replication, SeenLease, Server, Session};
use crate::silence::Silence;
use crate::time::Time;

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
    server: Arc<dyn Server>,
    time: Arc<dyn Time>,
    member: Member,
    acknowledged: Arc<Mutex<BTreeMap<u16, Arc<Acknowledged>>>>,
    silence: Arc<Mutex<Silence>>,
    /// The connection on which leases of others are looked at.
    watching: Arc<Mutex<Option<Box<dyn Session>>>>,
    /// The connection on which single frames are looked up.
    looking: Arc<Mutex<Option<Box<dyn Session>>>>,
}

impl Store {
    /// Nothing is connected to yet.
    pub(crate) fn new(server: Arc<dyn Server>, time: Arc<dyn Time>, member: Member) -> Store {
        Store {
            server,
            time,
            member,
            acknowledged: Arc::default(),
            silence: Arc::default(),
            watching: Arc::default(),
            looking: Arc::default(),
        }
    }

    /// Whether nobody has renewed a lease that was seen so for longer than an owner that is alive lets pass. Whoever
    /// is wrong about that is fenced by the epoch.
    pub(crate) fn is_silent(&self, partition: u16, seen: &SeenLease) -> bool {
        let mut silence = self.silence.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = (seen.renewal.as_str(), seen.left_s);
        silence.lasts(partition, seen, self.member.lease, self.time.now())
    }

    /// The clock by which waiting and leases are counted.
    pub(crate) fn time(&self) -> &dyn Time {
        &*self.time
    }

    /// Names the database to people.
    pub(crate) fn name(&self) -> String {
        self.server.name()
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

    /// A connection to the primary.
    pub(crate) fn connect(&self) -> Result<Box<dyn Session>, NoAnswer> {
        self.server.connect()
    }

    /// The same, where commits can be answered: without a standby in step they wait for ever, and nobody is told why.
    pub(crate) fn connect_to_write(&self) -> Result<Box<dyn Session>, NoAnswer> {
        let session = self.connect()?;
        check_standby(&session.replication()?)?;
        Ok(session)
    }

    /// The same for whoever owns a partition or is to own it: where what is known of its chain is still there.
    pub(crate) fn connect_to_own(&self, partition: u16) -> Result<Box<dyn Session>, Failure> {
        let session = self.connect_to_write()?;
        self.check_known(&*session, partition)?;
        Ok(session)
    }

    /// Whether a database has what is known to be acknowledged. A former primary may lack it, too: that one passes no
    /// barrier. A standby may that was promoted meanwhile: so it is looked for again behind the barrier.
    pub(crate) fn check_known(&self, session: &dyn Session, partition: u16) -> Result<(), Failure> {
        let Some((link, hash)) = self.acknowledged(partition).last() else {
            return Ok(());
        };
        let is_there = || -> Result<bool, NoAnswer> {
            let found = session.links(partition, (link, link))?;
            Ok(found.iter().any(|found| found.hash == hash))
        };
        if is_there()? {
            return Ok(());
        }
        settle(session, self.time())?;
        if is_there()? {
            return Ok(());
        }
        let ends = session.head(partition)?.map_or(0, |head| head.number);
        Err(Failure::SetBack { link, ends })
    }

    /// Notes that a chain is acknowledged up to its head, where that is a link: the row of the lease may be edited.
    pub(crate) fn note_head(
        &self,
        session: &dyn Session,
        partition: u16,
        head: &Head,
    ) -> Result<(), NoAnswer> {
        let found = session.links(partition, (head.number, head.number))?;
        if head.number == 0 || found.iter().any(|found| found.hash == head.link) {
            self.acknowledged(partition).note(head.number, head.link);
        }
        Ok(())
    }

    /// Looks at something where commits can be answered, on a connection that is kept as long as it answers:
    /// a validator that stands by looks up to ten times a second while a partition seems free.
    pub(crate) fn watch<T>(
        &self,
        look: impl FnOnce(&dyn Session) -> Result<T, NoAnswer>,
    ) -> Result<T, NoAnswer> {
        let watching = || self.watching.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = watching().take();
        let told = kept.and_then(|session| {
            let told = session.replication().ok()?;
            Some((session, told))
        });
        let session = match told {
            Some((session, told)) => {
                check_standby(&told)?;
                session
            }
            None => self.connect_to_write()?,
        };
        let seen = look(&*session)?;
        *watching() = Some(session);
        Ok(seen)
    }

    /// Looks at something on a connection that is kept as long as it answers. Who comes while somebody else looks
    /// gets one of their own.
    pub(crate) fn look<T, E: From<NoAnswer>>(
        &self,
        look: impl Fn(&dyn Session) -> Result<T, E>,
    ) -> Result<T, E> {
        let looking = || self.looking.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = looking().take();
        if let Some(session) = kept
            && let Ok(seen) = look(&*session)
        {
            *looking() = Some(session);
            return Ok(seen);
        }
        let session = self.connect()?;
        let seen = look(&*session)?;
        *looking() = Some(session);
        Ok(seen)
    }

    /// Closes the connection of [`Store::watch`]: nobody watches a lease of their own.
    pub(crate) fn watch_no_more(&self) {
        let mut watching = self.watching.lock().unwrap_or_else(PoisonError::into_inner);
        *watching = None;
    }

    pub(crate) fn failed(&self, NoAnswer(why): &NoAnswer) -> LedgerError {
        LedgerError::Database {
            log: self.name(),
            why: why.clone(),
        }
    }

    /// The same of a partition's chain, which may also be less than it was.
    pub(crate) fn failed_on(&self, partition: u16, failure: &Failure) -> LedgerError {
        match failure {
            Failure::NoAnswer(why) => self.failed(why),
            Failure::SetBack { link, ends } => LedgerError::SetBack {
                log: self.name(),
                partition,
                link: *link,
                ends: *ends,
            },
        }
    }
}

fn check_standby(told: &Replication) -> Result<(), NoAnswer> {
    let checked = told.check(&told.timeline).map(drop);
    checked.map_err(|found| NoAnswer(found.to_string()))
}
