//! What the threads of a steward share: what is seen of the others, and what follows from it for this validator.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use durable::{Clock, SteadyClock};
use ledger::log::Log;
use ledger::{LedgerError, Options, PartitionState, RecoveryReport, Shape, Snapshots};
use replicated::{ClockOffset, Picture, PostgresLog, SeenMember, SeenPartition};
use tokio::sync::oneshot;

use super::board::{Partitions, Place};
use super::even::{self, Owned};
use super::happened::Happened;
use super::recent::Recent;

/// Beyond this a validator owns nothing.
const CLOCK_MAX_MS: f64 = 2_000.0;
/// Within this it may own again.
const CLOCK_AGREES_MS: f64 = 1_500.0;
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
    /// Whether the database had a standby in step, when it was asked last; none before.
    pub(crate) is_in_step: Option<bool>,
}

/// What all threads of a steward share.
pub(super) struct Shared {
    pub(super) log: PostgresLog,
    pub(super) opening: Opening,
    pub(super) partitions: Arc<Partitions>,
    pub(super) me: String,
    pub(super) lease: Duration,
    view: Mutex<View>,
    level: Vec<AtomicBool>,
    clock_is_sound: AtomicBool,
    in_doubt: AtomicBool,
    /// Everything that is owned is given back, for good.
    pub(super) stopping: AtomicBool,
    /// The others need not be seen any more.
    pub(super) leaving: AtomicBool,
    given: Mutex<Instant>,
    /// Partitions that this validator took.
    pub(super) taken: AtomicU64,
    pub(super) events: Recent<Happened>,
    failed: Mutex<Option<oneshot::Sender<String>>>,
}

impl Shared {
    /// For a validator of that name and lease.
    pub(super) fn new(
        log: PostgresLog,
        (me, lease): (String, Duration),
        opening: Opening,
        partitions: &Arc<Partitions>,
        failed: oneshot::Sender<String>,
    ) -> Shared {
        let behind = |_| AtomicBool::new(false);
        Shared {
            log,
            opening,
            me,
            lease,
            view: Mutex::default(),
            level: (0..partitions.count()).map(behind).collect(),
            partitions: Arc::clone(partitions),
            clock_is_sound: AtomicBool::new(true),
            in_doubt: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            leaving: AtomicBool::new(false),
            given: Mutex::new(Instant::now()),
            taken: AtomicU64::new(0),
            events: Recent::default(),
            failed: Mutex::new(Some(failed)),
        }
    }

    pub(super) fn log(&self) -> Arc<dyn Log> {
        Arc::new(self.log.clone())
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Whether everything that is owned has to be given back.
    pub(super) fn is_giving_up(&self) -> bool {
        let is_sound = self.clock_is_sound.load(Ordering::Relaxed);
        let in_doubt = self.in_doubt.load(Ordering::Relaxed);
        self.is_stopping() || !is_sound || in_doubt || self.partitions.is_set_back()
    }

    /// The database has lost what it acknowledged: until people have decided what to go on from, and restarted this
    /// validator, it records nothing and hands nothing on.
    pub(super) fn note_set_back(&self, error: &LedgerError) {
        if !self.partitions.note_set_back() {
            tracing::error!(
                %error,
                remedy = "docs/backup.md, then restart this validator",
                "this validator takes no votes any more"
            );
        }
    }

    /// The ledger does not know what time it is: whoever has a sound clock should own its partition. A restart ends
    /// the doubt.
    pub(super) fn note_in_doubt(&self) {
        self.in_doubt.store(true, Ordering::Relaxed);
    }

    /// Frames of a partition that were not read yet, as far as is known.
    pub(super) fn lag(&self, partition: u16, read: u64) -> u64 {
        let view = self.view();
        let mut seen = view.picture.partitions.iter();
        let seen = seen.find(|seen| seen.partition == partition);
        seen.map_or(0, |seen| seen.last_frame.saturating_sub(read))
    }

    pub(super) fn note_level(&self, partition: u16) {
        self.level[usize::from(partition)].store(true, Ordering::Relaxed);
    }

    pub(super) fn note_behind(&self, partition: u16) {
        self.level[usize::from(partition)].store(false, Ordering::Relaxed);
    }

    /// Whether all partitions are read to their ends, so that this one can own any.
    pub(super) fn is_level(&self) -> bool {
        let owned = |partition| matches!(self.partitions.place(partition), Place::Here(_));
        let mut numbered = (0..).zip(&self.level);
        numbered.all(|(partition, level)| level.load(Ordering::Relaxed) || owned(partition))
    }

    /// Whether this validator may take a partition; `is_left`: whether others who own fewer have had their time.
    pub(super) fn may_take(&self, partition: u16, is_left: bool) -> bool {
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
                is_listed_free(view) && even::may_take(&self.me, owned, self.level.len(), is_left)
            })
    }

    pub(super) fn is_alive(&self, picture: &Picture, name: &str) -> bool {
        let mut members = picture.members.iter();
        members.any(|member| member.name == name && member.is_alive(self.lease))
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
        let database_is_apart = self.database_is_apart(&view.picture);
        let is_eligible = |member: &&SeenMember| {
            let has_time = is_sound(member.clock) || database_is_apart;
            member.is_level && member.is_alive(self.lease) && has_time
        };
        let eligible = view.picture.members.iter().filter(is_eligible);
        let mut owned: Owned<'_> = eligible.map(|member| (member.name.as_str(), 0)).collect();
        let ours = |seen: &&SeenPartition| usize::from(seen.partition) < self.level.len();
        for seen in view.picture.partitions.iter().filter(ours) {
            let owner = seen.holder().map(String::as_str);
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

    /// Ends the program, and says why.
    pub(super) fn fail(&self, why: String) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(failed) = failed.take() {
            // Nobody listens where the program is ending already.
            let _ = failed.send(why);
        }
    }

    pub(super) fn view(&self) -> MutexGuard<'_, View> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says so where the clocks begin or cease to be apart. Where those of all validators are apart the same way, it
    /// is the database's that is wrong: votes are stamped by the validators', and go on.
    pub(super) fn note_clock(&self, clock: ClockOffset) {
        let was_sound = self.clock_is_sound.load(Ordering::Relaxed);
        let apart_ms = clock.at_least_ms();
        let max_ms = if was_sound {
            CLOCK_MAX_MS
        } else {
            CLOCK_AGREES_MS
        };
        let is_sound = apart_ms <= max_ms || self.database_is_apart(&self.view().picture);
        self.clock_is_sound.store(is_sound, Ordering::Relaxed);
        let ahead_ms = clock.ahead_ms;
        if was_sound && !is_sound {
            tracing::error!(
                ahead_ms,
                remedy = "set the clock of whichever is wrong; where it is this validator's, restart it then",
                "the clocks of this validator and the database are apart by more than 2 seconds: it owns no partition, and hands votes to the others"
            );
            #[allow(clippy::cast_possible_truncation)]
            // for people: a clock that is further ahead is as wrong
            self.note(Happened::ClockApart(ahead_ms as i64));
        } else if !was_sound && apart_ms <= max_ms {
            self.note(Happened::ClockAgrees);
        } else if !was_sound && is_sound {
            tracing::warn!(
                ahead_ms,
                remedy = "set the database's clock right",
                "every validator finds the database's clock wrong: votes are stamped by the validators'"
            );
        }
    }

    /// Whether every validator that is alive, of two at least, finds the database's clock wrong, and on the same side.
    fn database_is_apart(&self, picture: &Picture) -> bool {
        let members = picture.members.iter();
        let alive: Vec<ClockOffset> = members
            .filter(|member| member.is_alive(self.lease))
            .map(|member| member.clock)
            .collect();
        let is_apart = |clock: &ClockOffset| clock.at_least_ms() > CLOCK_AGREES_MS;
        let ahead = alive.iter().filter(|clock| clock.ahead_ms > 0.0).count();
        alive.len() > 1 && alive.iter().all(is_apart) && (ahead == 0 || ahead == alive.len())
    }
}

fn is_sound(clock: ClockOffset) -> bool {
    clock.at_least_ms() <= CLOCK_MAX_MS
}
