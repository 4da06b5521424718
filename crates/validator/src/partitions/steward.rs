//! The validator among those that share a ledger: it shows itself, sees who owns what, and has each partition tended
//! by a thread of its own.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use durable::Clock;
use relay::{Identity, Peer};
use replicated::{
    Beat, ClockOffset, EventLedger, Introduction, Members, Membership, Picture, PostgresLog,
};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::board::{Partitions, UNOWNED_MAX};
use super::happened::Happened;
use super::recent::Stamped;
use super::shared::{Opening, Shared, View};
use super::tending::tend;

/// How often the others are looked at.
const LOOK: Duration = Duration::from_millis(200);
/// What was seen longer ago says nothing of now.
const SEEN_WITHIN: Duration = Duration::from_secs(3);
const BEAT: Duration = Duration::from_secs(1);
/// Beyond this the clocks of validator and database are told to be apart.
const CLOCK_WARNING_MS: f64 = 200.0;

/// Keeps the validator's place among the others until it is stopped.
pub(crate) struct Steward {
    shared: Arc<Shared>,
    tending: Mutex<Vec<JoinHandle<()>>>,
    watching: Mutex<Vec<JoinHandle<()>>>,
}

/// Who this validator is to the others.
pub(crate) struct Standing {
    pub(crate) name: String,
    pub(crate) lease: Duration,
    pub(crate) introduction: Introduction,
    pub(crate) identity: Arc<Identity>,
    pub(crate) event: EventLedger,
    /// Where the connections to the others are kept.
    pub(crate) runtime: Handle,
}

impl Steward {
    /// Joins the others and starts to tend every partition. `failed` is told what ends this validator.
    ///
    /// # Errors
    /// The database cannot be asked, or the others do not take this validator in.
    pub(crate) fn start(
        (log, members): (PostgresLog, Members),
        standing: Standing,
        opening: Opening,
        partitions: &Arc<Partitions>,
        failed: oneshot::Sender<String>,
    ) -> anyhow::Result<Steward> {
        let introduction = standing.introduction.clone();
        let clock = Arc::clone(&opening.clock);
        let (membership, offset) =
            members.join(&standing.event, introduction, || clock.now_ms())?;
        let shared = Arc::new(Shared::new(
            log,
            (standing.name.clone(), standing.lease),
            opening,
            partitions,
            failed,
        ));
        shared.note_clock(offset);
        let mut tending = Vec::new();
        for partition in 0..partitions.count() {
            let shared = Arc::clone(&shared);
            let name = format!("partition-{partition}");
            let thread = std::thread::Builder::new().name(name);
            tending.push(thread.spawn(move || {
                let _guard = FailOnPanic(&shared);
                tend(&shared, partition);
            })?);
        }
        let watching = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("members".to_owned());
        let watch = Watch::new(watching, membership, standing);
        let guarded = Arc::clone(&shared);
        let watching = vec![thread.spawn(move || {
            let _guard = FailOnPanic(&guarded);
            watch.run();
        })?];
        Ok(Steward {
            shared,
            tending: Mutex::new(tending),
            watching: Mutex::new(watching),
        })
    }

    /// How long a validator may be silent and is alive.
    pub(crate) fn lease(&self) -> Duration {
        self.shared.lease
    }

    /// The last frame of a partition, as the database had it a moment ago, 0 where there is none; none where the
    /// database was not seen lately.
    pub(crate) fn last_frame(&self, partition: u16) -> Option<u64> {
        let made = self.shared.view().made?;
        (made.elapsed() <= SEEN_WITHIN).then(|| self.shared.lag(partition, 0))
    }

    /// Whether nothing was seen of the others lately, and something was before.
    pub(crate) fn is_blind(&self) -> bool {
        let made = self.shared.view().made;
        made.is_some_and(|made| made.elapsed() > SEEN_WITHIN)
    }

    /// Frames that others have appended to a partition and this validator has not read, as far as it knows.
    pub(crate) fn frames_behind(&self, partition: u16) -> u64 {
        let read = self.shared.partitions.last_sequence(partition);
        self.shared.lag(partition, read)
    }

    /// How many partitions nobody has owned for longer than a takeover lasts.
    pub(crate) fn without_owner(&self) -> usize {
        self.shared.partitions.without_owner(UNOWNED_MAX)
    }

    /// How often this validator took a partition since its start.
    pub(crate) fn taken(&self) -> u64 {
        self.shared.taken.load(Ordering::Relaxed)
    }

    /// How many partitions the ledger has.
    pub(crate) fn partitions(&self) -> u16 {
        self.shared.partitions.count()
    }

    /// Whether the database had a standby in step, when it was asked last; none before.
    pub(crate) fn is_in_step(&self) -> Option<bool> {
        self.shared.view().is_in_step
    }

    /// By how much this validator's clock is ahead of the database's; none before they were compared.
    pub(crate) fn clock(&self) -> Option<ClockOffset> {
        let view = self.shared.view();
        let mut members = view.picture.members.iter();
        let me = members.find(|member| member.name == self.shared.me);
        me.map(|member| member.clock)
    }

    pub(crate) fn view(&self) -> View {
        self.shared.view().clone()
    }

    /// What happened among the validators, the last first.
    pub(crate) fn events(&self) -> Vec<Stamped<Happened>> {
        self.shared.events.all()
    }

    /// Gives every partition back: on return all that was taken is decided. Votes that come later go to the others.
    pub(crate) fn give_back(&self) {
        self.shared.stopping.store(true, Ordering::Relaxed);
        join(&self.tending);
    }

    /// Leaves the others, and does not see them any more.
    pub(crate) fn leave(&self) {
        self.shared.leaving.store(true, Ordering::Relaxed);
        join(&self.watching);
    }
}

/// A validator without one of its threads would look alive and see nobody: it ends.
struct FailOnPanic<'a>(&'a Shared);

impl Drop for FailOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.fail(
                "a thread of this validator ended by a fault of the program: see the log"
                    .to_owned(),
            );
        }
    }
}

fn join(threads: &Mutex<Vec<JoinHandle<()>>>) {
    let mut threads = threads.lock().unwrap_or_else(PoisonError::into_inner);
    for thread in threads.drain(..) {
        // A panic of the thread was printed by the panic hook.
        let _ = thread.join();
    }
}

/// The thread that shows this validator and sees the others.
struct Watch {
    shared: Arc<Shared>,
    membership: Membership,
    standing: Standing,
    others: BTreeMap<String, (String, Arc<Peer>)>,
    beaten: Option<Instant>,
    warned: bool,
}

impl Watch {
    fn new(shared: Arc<Shared>, membership: Membership, standing: Standing) -> Watch {
        Watch {
            shared,
            membership,
            standing,
            others: BTreeMap::new(),
            beaten: None,
            warned: false,
        }
    }

    fn run(mut self) {
        loop {
            let seen = self.step();
            let trouble = seen.err().map(|error| error.to_string());
            let mut view = self.shared.view();
            if trouble.is_some() && view.trouble != trouble {
                tracing::warn!(trouble, "the other validators cannot be seen");
            }
            view.trouble = trouble;
            drop(view);
            if self.shared.leaving.load(Ordering::Relaxed) {
                self.membership.leave();
                return;
            }
            std::thread::sleep(LOOK);
        }
    }

    fn step(&mut self) -> Result<(), ledger::LedgerError> {
        if self.beaten.is_none_or(|beaten| beaten.elapsed() >= BEAT) {
            let level = self.shared.is_level() && !self.shared.is_giving_up();
            let clock = Arc::clone(&self.shared.opening.clock);
            match self.membership.beat(level, || clock.now_ms())? {
                Beat::Seen(offset) => self.note_offset(offset),
                Beat::Replaced => self.shared.fail(format!(
                    "another validator has started under the name {}: give each a name of its own (ledger.member)",
                    self.shared.me
                )),
            }
            let is_in_step = self.membership.is_in_step()?;
            self.shared.view().is_in_step = Some(is_in_step);
            self.beaten = Some(Instant::now());
        }
        let picture = self.membership.look()?;
        self.note_members(&picture);
        self.forget_those_who_left(&picture);
        self.show_places(&picture);
        let mut view = self.shared.view();
        (view.picture, view.made) = (picture, Some(Instant::now()));
        Ok(())
    }

    fn note_offset(&mut self, offset: ClockOffset) {
        self.shared.note_clock(offset);
        let is_apart = offset.at_least_ms() > CLOCK_WARNING_MS;
        if is_apart && !self.warned {
            let (ahead_ms, error_ms) = (offset.ahead_ms, offset.error_ms);
            tracing::warn!(
                ahead_ms,
                error_ms,
                "the clocks of this validator and the database are apart"
            );
        }
        self.warned = is_apart;
    }

    /// Who came, and who went.
    fn note_members(&self, picture: &Picture) {
        let before = self.shared.view().picture.clone();
        let alive = |picture: &Picture| -> Vec<String> {
            let members = picture.members.iter();
            let alive = members.filter(|member| member.is_alive(self.shared.lease));
            alive.map(|member| member.name.clone()).collect()
        };
        let (before, now) = (alive(&before), alive(picture));
        for name in now.iter().filter(|name| !before.contains(name)) {
            self.shared.note(Happened::Here(name.clone()));
        }
        for name in before.iter().filter(|name| !now.contains(name)) {
            self.shared.note(Happened::Silent(name.clone()));
        }
    }

    /// Nobody has to keep a connection to a validator that is gone for good.
    fn forget_those_who_left(&mut self, picture: &Picture) {
        let is_named = |name: &String| {
            let mut owners = picture.partitions.iter();
            picture.members.iter().any(|member| member.name == *name)
                || owners.any(|seen| seen.owner.as_ref() == Some(name))
        };
        self.others.retain(|name, _| is_named(name));
    }

    /// Where the partitions of others are.
    fn show_places(&mut self, picture: &Picture) {
        for seen in &picture.partitions {
            if seen.partition >= self.shared.partitions.count() {
                continue; // `join` compared how many there are
            }
            let is_mine = |owner: &String| *owner == self.shared.me;
            let other = seen.holder().filter(|owner| !is_mine(owner));
            let other = other.and_then(|owner| self.other(picture, owner));
            self.shared
                .partitions
                .set_if_elsewhere(seen.partition, other);
        }
    }

    /// The kept connection to another validator.
    fn other(&mut self, picture: &Picture, name: &str) -> Option<Arc<Peer>> {
        let member = picture.members.iter().find(|member| member.name == name);
        let Some(member) = member else {
            // The table of members is empty for a moment after a promotion.
            return self.others.get(name).map(|(_, other)| Arc::clone(other));
        };
        let address = &member.address;
        match self.others.get(name) {
            Some((known, other)) if known == address => Some(Arc::clone(other)),
            _ => {
                let _inside = self.standing.runtime.enter();
                let identity = Arc::clone(&self.standing.identity);
                let hello = self.standing.event.manifest_sha256.to_vec();
                let peer = Peer::new(name.to_owned(), address.clone(), identity, hello);
                let other = Arc::new(peer);
                self.others
                    .insert(name.to_owned(), (address.clone(), Arc::clone(&other)));
                Some(other)
            }
        }
    }
}
