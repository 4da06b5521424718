//! The way to the servers: answers that come late, never, with notices, or are none; statements that arrive when
//! whoever sent them has given them up.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use simulation::{Rng, SimClock};

use super::cluster::{Cluster, Wire};
use super::names::Names;
use super::statement::{LeaseRow, Statement};
use crate::server::{ANSWER_WITHIN, Changed, NoAnswer};
use crate::time::Time;

/// How long a statement waits for a row that another one holds, in ms.
const LOCKED_MS: u64 = 1_500;
/// Steps in which waiting is counted, in ms.
const STEP_MS: u64 = 50;

/// What the next statement that changes something meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The connection ends before it arrives.
    CutBefore,
    /// It is carried out, and the connection ends before the answer.
    CutBehind,
    /// It is carried out, and the answer never comes.
    Unanswered,
    /// It arrives after it was given up, if at all.
    Late,
    /// Whoever sends it stands still for a while first.
    Frozen,
    /// The wait for the standby is cancelled.
    Cancelled,
    /// The connection is ended during the wait.
    Terminated,
    /// The names of the standbys are emptied during the wait.
    NamesEmptied,
    /// The server is killed during the wait, and started again.
    Killed,
}

impl Trouble {
    pub(super) fn drawn(rng: &mut Rng) -> Trouble {
        match rng.below(9) {
            0 => Trouble::CutBefore,
            1 => Trouble::CutBehind,
            2 => Trouble::Unanswered,
            3 => Trouble::Late,
            4 => Trouble::Frozen,
            5 => Trouble::Cancelled,
            6 => Trouble::Terminated,
            7 => Trouble::NamesEmptied,
            _ => Trouble::Killed,
        }
    }

    fn ends_the_wait(self) -> bool {
        use Trouble::{Cancelled, Killed, NamesEmptied, Terminated};
        matches!(self, Cancelled | Terminated | NamesEmptied | Killed)
    }
}

/// The row that a statement changed, and the names of standbys behind it.
pub(super) type Told = (Option<LeaseRow>, String);

/// Servers and what is on its way to them.
pub(super) struct Net {
    pub(super) cluster: Cluster,
    rng: Rng,
    /// Nothing goes wrong from now on.
    pub(super) is_calm: bool,
    pub(super) trouble: Option<Trouble>,
    late: Vec<(Wire, Statement)>,
}

impl Net {
    pub(super) fn pass(&mut self, ms: u64) {
        let rest = ms % STEP_MS;
        for _ in 0..ms / STEP_MS {
            self.cluster.clock.pass(STEP_MS);
            self.cluster.replicate();
            if self.is_calm {
                continue;
            }
            match self.rng.below(300) {
                0..10 => self.cluster.manage(),
                10 => self.cluster.fail_over(),
                _ => {}
            }
        }
        self.cluster.clock.pass(rest);
        self.cluster.replicate();
    }

    pub(super) fn give_up_after(&mut self, ms: u64) -> NoAnswer {
        self.pass(ms);
        NoAnswer(format!("no answer within {ms} ms"))
    }

    /// A question arrives, where its server answers in time.
    pub(super) fn arrive(&mut self, wire: Wire) -> Result<(), NoAnswer> {
        self.pass(1);
        if !self.is_calm && self.rng.below(200) == 0 {
            self.cluster.cut_connections(wire.node);
        }
        if !self.is_calm && self.rng.chance(10) {
            self.deliver_late();
        }
        let mut waited = 0;
        while self.cluster.is_open(wire) && self.cluster.is_frozen(wire.node) {
            if waited >= answer_ms() {
                return Err(self.give_up_after(0));
            }
            self.pass(STEP_MS);
            waited += STEP_MS;
        }
        match self.cluster.is_open(wire) {
            true => Ok(()),
            false => Err(ended()),
        }
    }

    pub(super) fn change(
        &mut self,
        wire: Wire,
        statement: Statement,
    ) -> Result<Changed<Told>, NoAnswer> {
        let trouble = self.trouble.take().filter(|_| !self.is_calm);
        match trouble {
            Some(Trouble::CutBefore) => {
                self.cluster.cut_connections(wire.node);
                return Err(ended());
            }
            Some(Trouble::Late) => {
                self.late.push((wire, statement));
                return Err(self.give_up_after(answer_ms()));
            }
            Some(Trouble::Frozen) => {
                self.go_on_without_it();
                let ms = self.rng.below(8_000);
                self.pass(ms);
            }
            _ => {}
        }
        self.arrive(wire)?;
        if trouble.is_some_and(Trouble::ends_the_wait) {
            let ms = self.rng.below(6_000);
            self.cluster.freeze_standbys(wire.node, ms);
        }
        self.wait_for_row(wire, &statement)?;
        match self.cluster.carry_out(wire.node, &statement) {
            None => Ok(self.told(wire, None)),
            Some((position, row)) => self.wait_for_standby(wire, (position, row), trouble),
        }
    }

    /// What may happen to servers while an owner stands still.
    fn go_on_without_it(&mut self) {
        match self.rng.below(4) {
            0 | 1 => {
                let away_ms = 1_001 + self.rng.below(3_000);
                self.cluster.send_standby_away(away_ms, true);
            }
            2 => self.cluster.fail_over(),
            _ => self.cluster.misname(),
        }
    }

    fn told(&self, wire: Wire, row: Option<LeaseRow>) -> Changed<Told> {
        Changed {
            told: (row, self.cluster.names(wire.node)),
            notices: Vec::new(),
            is_ready: true,
        }
    }

    /// A statement that meets a row which somebody else changes waits for it.
    fn wait_for_row(&mut self, wire: Wire, statement: &Statement) -> Result<(), NoAnswer> {
        let mut waited = 0;
        while self.cluster.is_locked(wire.node) && self.cluster.is_met(wire.node, statement) {
            if waited >= LOCKED_MS {
                return Err(NoAnswer("canceling statement: lock timeout".to_owned()));
            }
            self.pass(STEP_MS);
            waited += STEP_MS;
        }
        match self.cluster.is_open(wire) {
            true => Ok(()),
            false => Err(ended()),
        }
    }

    fn wait_for_standby(
        &mut self,
        wire: Wire,
        (position, row): (u64, Option<LeaseRow>),
        trouble: Option<Trouble>,
    ) -> Result<Changed<Told>, NoAnswer> {
        let ending = trouble.filter(|trouble| trouble.ends_the_wait());
        let ends_after = self.rng.below(answer_ms() - 100);
        let mut waited = 0;
        self.cluster.replicate();
        while !self.cluster.is_satisfied(wire.node, position) {
            if let Some(trouble) = ending
                && waited >= ends_after
            {
                return self.end_wait(wire, row, trouble);
            }
            if waited >= answer_ms() {
                return Err(self.give_up_after(0));
            }
            self.pass(STEP_MS);
            waited += STEP_MS;
            if !self.cluster.is_open(wire) {
                return Err(ended());
            }
        }
        match trouble {
            Some(Trouble::CutBehind) => {
                self.cluster.cut_connections(wire.node);
                Err(ended())
            }
            Some(Trouble::Unanswered) => Err(self.give_up_after(answer_ms())),
            _ => Ok(self.told(wire, row)),
        }
    }

    /// Somebody ends the wait, and the standby has nothing.
    fn end_wait(
        &mut self,
        wire: Wire,
        row: Option<LeaseRow>,
        trouble: Trouble,
    ) -> Result<Changed<Told>, NoAnswer> {
        if trouble == Trouble::Killed {
            self.cluster.crash(wire.node);
            return Err(ended());
        }
        if trouble == Trouble::NamesEmptied {
            self.cluster.name(wire.node, Names::Empty);
        }
        self.cluster.end_wait(wire.node);
        let mut told = self.told(wire, row);
        if trouble == Trouble::Cancelled {
            let notice = "01000 canceling wait for synchronous replication due to user request";
            told.notices.push(notice.to_owned());
        }
        if trouble == Trouble::Terminated {
            told.is_ready = false;
            self.cluster.cut_connections(wire.node);
        }
        Ok(told)
    }

    /// What was given up long ago arrives, if the process that it was sent to still runs.
    pub(super) fn deliver_late(&mut self) {
        for (wire, statement) in std::mem::take(&mut self.late) {
            if !self.cluster.runs(wire) {
                continue;
            }
            if self.cluster.is_frozen(wire.node) || self.cluster.is_locked(wire.node) {
                self.late.push((wire, statement));
                continue;
            }
            // Nobody hears the answer.
            let _ = self.cluster.carry_out(wire.node, &statement);
        }
        self.cluster.replicate();
    }

    pub(super) fn heal(&mut self) {
        self.is_calm = true;
        self.trouble = None;
        self.late.clear();
        self.cluster.heal();
    }
}

fn answer_ms() -> u64 {
    u64::try_from(ANSWER_WITHIN.as_millis()).expect("seconds")
}

pub(super) fn ended() -> NoAnswer {
    NoAnswer("the connection ended".to_owned())
}

/// Handle to the servers; clones are the same ones.
#[derive(Clone)]
pub(super) struct Network(Arc<Mutex<Net>>);

impl Network {
    pub(super) fn new(cluster: Cluster, rng: Rng) -> Network {
        Network(Arc::new(Mutex::new(Net {
            cluster,
            rng,
            is_calm: false,
            trouble: None,
            late: Vec::new(),
        })))
    }

    pub(super) fn net(&self) -> MutexGuard<'_, Net> {
        self.0.lock().expect("no holder of the lock panics")
    }

    /// The same servers in a time of its own, healed: what is done there changes nothing here.
    pub(super) fn healed_copy(&self, clock: SimClock) -> Network {
        let net = self.net();
        let copy = Network::new(net.cluster.copy(clock), Rng::new(1));
        copy.net().heal();
        copy
    }
}

impl Time for Network {
    fn now(&self) -> Duration {
        Duration::from_millis(self.net().cluster.now_ms())
    }

    fn pause(&self, time: Duration) {
        let ms = u64::try_from(time.as_millis()).expect("short pauses");
        self.net().pass(ms);
    }
}
