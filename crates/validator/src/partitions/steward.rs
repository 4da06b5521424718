//! The validator among those that share a ledger: it shows itself, sees who owns what, and has each partition tended
//! by a thread of its own.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use durable::{Clock, SteadyClock};
use ledger::log::Log;
use ledger::{Options, PartitionState, RecoveryReport, Shape, Snapshots};
use relay::{Identity, Peer};
use replicated::{
    Beat, ClockOffset, EventLedger, Introduction, Members, Membership, Picture, PostgresLog,
    SeenMember,
};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::board::{OtherValidator, Partitions, Place};
use super::even::{self, Owned};
use super::happened::Happened;
use super::recent::{Recent, Stamped};
use super::tending::tend;

/// How often the others are looked at.
const LOOK: Duration = Duration::from_millis(200);
const BEAT: Duration = Duration::from_secs(1);
/// Beyond this the clocks of validator and database are told to be apart.
const CLOCK_WARNING_MS: f64 = 200.0;
/// Beyond this a validator owns nothing.
const CLOCK_MAX_MS: f64 = 2_000.0;
/// A picture that is older decides nothing.
const PICTURE_AGE_MAX: Duration = Duration::from_secs(2);
/// Between two partitions that are given back, so that everybody sees what became of the first.
const GIVE_EVERY: Duration = Duration::from_secs(2);

/// How the steward opens a partition.
pub(crate) struct Opening {
    pub(crate) snapshots: Snapshots,
    pub(crate) shape: Arc<Shape>,
    pub(crate) clock: Arc<SteadyClock>,
    /// Options of a partition.
    pub(crate) options: Box<dyn Fn(u16) -> Options + Send + Sync>,
    /// Told what each takeover found.
    pub(crate) on_opened: Box<dyn Fn(&RecoveryReport) + Send + Sync>,
    /// Takes the counters of a partition that is owned no more.
    pub(crate) on_retired: Box<dyn Fn(&PartitionState) + Send + Sync>,
}

/// What is seen of the others, for people.
#[derive(Debug, Clone, Default)]
pub(crate) struct View {
    pub(crate) picture: Picture,
    /// When it was made; none before the first.
    pub(crate) made: Option<Instant>,
    /// Why the database did not answer the last question.
    pub(crate) trouble: Option<String>,
}

/// What all threads of a steward share.
pub(super) struct Shared {
    pub(super) log: PostgresLog,
    pub(super) opening: Opening,
    pub(super) partitions: Arc<Partitions>,
    me: String,
    lease: Duration,
    view: Mutex<View>,
    level: Vec<AtomicBool>,
    clock_is_sound: AtomicBool,
    /// Everything that is owned is given back, for good.
    stopping: AtomicBool,
    /// The others need not be seen any more.
    leaving: AtomicBool,
    given: Mutex<Instant>,
    events: Recent<Happened>,
    failed: Mutex<Option<oneshot::Sender<String>>>,
}

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
    /// The system's clock, as the system has it.
    pub(crate) machine: Arc<dyn Clock>,
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
        let machine = Arc::clone(&standing.machine);
        let (membership, offset) =
            members.join(&standing.event, introduction, || machine.now_ms())?;
        let shared = Arc::new(Shared {
            log,
            opening,
            partitions: Arc::clone(partitions),
            me: standing.name.clone(),
            lease: standing.lease,
            view: Mutex::default(),
            level: (0..partitions.count())
                .map(|_| AtomicBool::new(false))
                .collect(),
            clock_is_sound: AtomicBool::new(true),
            stopping: AtomicBool::new(false),
            leaving: AtomicBool::new(false),
            given: Mutex::new(Instant::now()),
            events: Recent::default(),
            failed: Mutex::new(Some(failed)),
        });
        shared.note_clock(offset);
        let mut tending = Vec::new();
        for partition in 0..partitions.count() {
            let shared = Arc::clone(&shared);
            let name = format!("partition-{partition}");
            let thread = std::thread::Builder::new().name(name);
            tending.push(thread.spawn(move || tend(&shared, partition))?);
        }
        let watching = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("members".to_owned());
        let watch = Watch::new(watching, membership, standing);
        let watching = vec![thread.spawn(move || watch.run())?];
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

impl Shared {
    pub(super) fn log(&self) -> Arc<dyn Log> {
        Arc::new(self.log.clone())
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Whether everything that is owned has to be given back.
    pub(super) fn is_giving_up(&self) -> bool {
        self.is_stopping() || !self.clock_is_sound.load(Ordering::Relaxed)
    }

    pub(super) fn note_level(&self, partition: u16) {
        self.level[usize::from(partition)].store(true, Ordering::Relaxed);
    }

    pub(super) fn note_behind(&self, partition: u16) {
        self.level[usize::from(partition)].store(false, Ordering::Relaxed);
    }

    /// Whether all partitions are read to their ends, so that this one can own any.
    fn is_level(&self) -> bool {
        let owned = |partition| matches!(self.partitions.place(partition), Place::Here(_));
        let mut numbered = (0..).zip(&self.level);
        numbered.all(|(partition, level)| level.load(Ordering::Relaxed) || owned(partition))
    }

    pub(super) fn may_take(&self, partition: u16) -> bool {
        let is_listed_free = |view: &View| {
            let mut seen = view.picture.partitions.iter();
            let seen = seen.find(|seen| seen.partition == partition);
            seen.is_some_and(|seen| {
                seen.owner.as_ref().is_none_or(|owner| {
                    seen.left_s < 0.0 || *owner == self.me || !self.is_alive(&view.picture, owner)
                })
            })
        };
        !self.is_giving_up()
            && self.by_picture(|view, owned| {
                is_listed_free(view) && even::may_take(&self.me, owned, self.level.len())
            })
    }

    fn is_alive(&self, picture: &Picture, name: &str) -> bool {
        let mut members = picture.members.iter();
        members.any(|member| member.name == name && member.silent < self.lease)
    }

    /// Whether a partition is the one that should be given to somebody else now.
    pub(super) fn should_give(&self, partition: u16) -> bool {
        let mine = self.partitions.here();
        if mine.last().is_none_or(|(last, _)| *last != partition) {
            return false;
        }
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        if given.elapsed() < GIVE_EVERY {
            return false;
        }
        let gives =
            self.by_picture(|_, owned| even::should_give(&self.me, owned, self.level.len()));
        if gives {
            *given = Instant::now();
        }
        gives
    }

    /// Decides by who owns how many, where that is known; `false` where it is not.
    fn by_picture(&self, decide: impl FnOnce(&View, &Owned<'_>) -> bool) -> bool {
        let view = self.view();
        if view
            .made
            .is_none_or(|made| made.elapsed() > PICTURE_AGE_MAX)
        {
            return false;
        }
        let is_eligible = |member: &&SeenMember| {
            member.is_level && member.silent < self.lease && is_sound(member.clock)
        };
        let eligible = view.picture.members.iter().filter(is_eligible);
        let mut owned: Owned<'_> = eligible.map(|member| (member.name.as_str(), 0)).collect();
        for seen in &view.picture.partitions {
            let owner = seen.owner.as_deref().filter(|_| seen.left_s >= 0.0);
            if let Some(count) = owner.and_then(|owner| owned.get_mut(owner)) {
                *count += 1;
            }
        }
        // What this validator has itself it knows better than the picture.
        if let Some(mine) = owned.get_mut(self.me.as_str()) {
            *mine = self.partitions.here().len();
        }
        decide(&view, &owned)
    }

    pub(super) fn retire(&self, state: &PartitionState) {
        (self.opening.on_retired)(state);
    }

    pub(super) fn note(&self, what: Happened) {
        tracing::info!(target: "audit", %what);
        self.events.add(self.opening.clock.now_ms(), what);
    }

    /// Ends the program.
    pub(super) fn fail(&self, why: String) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(failed) = failed.take() {
            // Nobody listens where the program is ending already.
            let _ = failed.send(why);
        }
    }

    fn view(&self) -> MutexGuard<'_, View> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says so where the clocks begin or cease to be apart.
    fn note_clock(&self, clock: ClockOffset) {
        let was_sound = self.clock_is_sound.swap(is_sound(clock), Ordering::Relaxed);
        let ahead_ms = clock.ahead_ms;
        if was_sound && !is_sound(clock) {
            tracing::error!(
                ahead_ms,
                remedy = "set the clock of whichever is wrong",
                "the clocks of this validator and the database are apart by more than 2 seconds: it owns no partition, and hands votes to the others"
            );
            #[allow(clippy::cast_possible_truncation)]
            // for people: a clock that is further ahead is as wrong
            self.note(Happened::ClockApart(ahead_ms as i64));
        } else if !was_sound && is_sound(clock) {
            self.note(Happened::ClockAgrees);
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

fn is_sound(clock: ClockOffset) -> bool {
    clock.at_least_ms() <= CLOCK_MAX_MS
}

/// The thread that shows this validator and sees the others.
struct Watch {
    shared: Arc<Shared>,
    membership: Membership,
    standing: Standing,
    others: BTreeMap<String, (String, Arc<OtherValidator>)>,
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
            let machine = Arc::clone(&self.standing.machine);
            match self.membership.beat(level, || machine.now_ms())? {
                Beat::Seen(offset) => self.note_offset(offset),
                Beat::Replaced => self.shared.fail(format!(
                    "another validator has started under the name {}: give each a name of its own (ledger.member)",
                    self.shared.me
                )),
            }
            self.beaten = Some(Instant::now());
        }
        let picture = self.membership.look()?;
        self.note_members(&picture);
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
            let alive = members.filter(|member| member.silent < self.shared.lease);
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

    /// Where the partitions of others are.
    fn show_places(&mut self, picture: &Picture) {
        for seen in &picture.partitions {
            if seen.partition >= self.shared.partitions.count() {
                continue; // `join` compared how many there are
            }
            let is_mine = |owner: &String| *owner == self.shared.me;
            let other = seen.owner.as_ref().filter(|owner| !is_mine(owner));
            let other = other.and_then(|owner| self.other(picture, owner));
            self.shared
                .partitions
                .set_if_elsewhere(seen.partition, other);
        }
    }

    /// The kept connection to another validator.
    fn other(&mut self, picture: &Picture, name: &str) -> Option<Arc<OtherValidator>> {
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
                let other = Arc::new(OtherValidator {
                    name: name.to_owned(),
                    peer,
                });
                self.others
                    .insert(name.to_owned(), (address.clone(), Arc::clone(&other)));
                Some(other)
            }
        }
    }
}
