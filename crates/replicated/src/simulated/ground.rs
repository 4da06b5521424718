//! The log over simulated servers, as the simulator's world stands on it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ledger::log::Log;
use ledger::{Cursor, Follower, LedgerError, Snapshots};
use simulation::{Framed, Frames, Ground, Rng, SimClock, follow};

use super::cluster::Cluster;
use super::network::{Network, Trouble};
use crate::log::PostgresLog;
use crate::store::Member;

/// How long leases last here.
const LEASE: Duration = Duration::from_secs(3);
/// An hour, in ms: how far the database's clock is set.
const HOUR_MS: i64 = 3_600_000;
/// In so many ms at least, a standby that went away can be back with another history.
const STRAYS_IN_MS: u64 = 1_001;

/// Whoever follows the log while everything goes wrong, and keeps what it was given.
struct Reader {
    log: PostgresLog,
    /// None until it could be opened.
    follower: Option<Follower>,
    seen: Frames,
    /// What it was told that no trouble explains.
    damage: Option<String>,
}

impl Reader {
    fn of(log: PostgresLog) -> Reader {
        Reader {
            log,
            follower: None,
            seen: Frames::default(),
            damage: None,
        }
    }

    fn follow(&mut self) {
        if self.follower.is_none() {
            self.follower = Follower::open(&self.log, 0, Cursor::default()).ok();
        }
        let Some(follower) = &mut self.follower else {
            return;
        };
        loop {
            match follower.next_item() {
                Ok(Some(item)) => self.seen.take(&item),
                Ok(None) | Err(LedgerError::Database { .. }) => return,
                Err(error) => {
                    self.damage = Some(error.to_string());
                    return;
                }
            }
        }
    }

    fn check(&self, frames: &[Framed]) -> Result<(), String> {
        match &self.damage {
            Some(damage) => Err(format!("a reader met damage: {damage}")),
            None if frames.starts_with(&self.seen.0) => Ok(()),
            None => Err("a reader saw what was not appended".to_owned()),
        }
    }
}

pub(super) struct Replicated {
    network: Network,
    lives: u64,
    is_last: bool,
    /// The first one stays; each owner's process has one more.
    readers: RefCell<Vec<Reader>>,
    own: PostgresLog,
}

impl Replicated {
    pub(super) fn new(rng: &mut Rng, clock: &SimClock) -> Replicated {
        let cluster = Cluster::new(clock.clone(), rng.split());
        let network = Network::new(cluster, rng.split());
        let own = log(&network, "v0");
        let readers = vec![Reader::of(log(&network, "reader"))];
        Replicated {
            network,
            lives: 0,
            is_last: false,
            readers: RefCell::new(readers),
            own,
        }
    }

    /// Something happens to the servers.
    fn strike(&self, rng: &mut Rng) {
        let net = &mut *self.network.net();
        match rng.below(60) {
            0..14 => net.trouble = Some(Trouble::drawn(rng)),
            14..17 => net.cluster.freeze_standbys(rng.index(3), rng.below(6_000)),
            17..19 => net.cluster.freeze_primary(rng.below(6_000)),
            19..21 => {
                let (away_ms, strays) = (rng.below(5_000), rng.chance(70));
                let least_ms = if strays { STRAYS_IN_MS } else { 0 };
                net.cluster.send_standby_away(least_ms + away_ms, strays);
            }
            21..24 => net.cluster.misname(),
            24..28 => net.cluster.fail_over(),
            28 => net.cluster.crash(rng.index(3)),
            29..31 => net.cluster.cut_connections(rng.index(3)),
            31..33 => {
                let hours = i64::try_from(rng.below(5)).expect("small") - 2;
                net.cluster.ahead_ms = hours * HOUR_MS;
            }
            33 => net.cluster.ahead_ms += 10_000,
            34 => net.cluster.ahead_ms -= 10_000,
            35..50 => net.cluster.manage(),
            _ => {}
        }
        if rng.chance(30) {
            net.deliver_late();
        }
    }
}

pub(super) fn log(network: &Network, name: &str) -> PostgresLog {
    let member = Member {
        name: name.to_owned(),
        lease: LEASE,
    };
    PostgresLog::over(Arc::new(network.clone()), Arc::new(network.clone()), member)
}

impl Ground for Replicated {
    fn log(&self) -> Arc<dyn Log> {
        Arc::new(self.own.clone())
    }

    fn snapshots(&self) -> Option<Snapshots> {
        None
    }

    fn begin_life(&mut self, rng: &mut Rng, last: bool) {
        self.lives += 1;
        self.is_last = last;
        self.own = log(&self.network, &format!("v{}", self.lives % 2));
        self.readers.get_mut().push(Reader::of(self.own.clone()));
        let net = &mut *self.network.net();
        if last || rng.chance(60) {
            net.heal();
        }
        net.is_calm = last;
    }

    fn turn_of_events(&mut self, rng: &mut Rng) {
        if !self.is_last {
            self.strike(rng);
        }
        let readers = self.readers.get_mut();
        let running = readers.len() - 1;
        for at in [0, running] {
            if rng.chance(20) {
                readers[at].follow();
            }
        }
    }

    fn calm(&mut self) {
        self.network.net().heal();
    }

    fn must_stop(&self) -> bool {
        false
    }

    fn excuses(&self, error: &LedgerError) -> bool {
        let is_of_the_database = matches!(
            error,
            LedgerError::Database { .. }
                | LedgerError::Fenced { .. }
                | LedgerError::Held { .. }
                | LedgerError::Unsettled { .. }
        );
        is_of_the_database && !self.is_last
    }

    fn end_life(&mut self, _: &mut Rng) {}

    fn tamper(&mut self, _: &mut Rng) -> Option<&'static str> {
        None
    }

    fn evidence(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        BTreeMap::new()
    }

    fn restore(&mut self) {}

    fn allows_ghosts(&self) -> bool {
        true
    }

    fn ghosts_linger(&self) -> bool {
        true
    }

    fn read(&self) -> Result<Vec<Framed>, String> {
        let clock = SimClock::default();
        clock.pass(self.network.net().cluster.now_ms());
        let copy = log(&self.network.healed_copy(clock), "checker");
        let frames = follow(&copy)?;
        for reader in self.readers.borrow().iter() {
            reader.check(&frames)?;
        }
        Ok(frames)
    }

    fn check(&self, _: u64) -> Result<(), String> {
        Ok(())
    }

    fn rot(&mut self, _: &mut Rng, _: u64) -> Option<String> {
        None
    }

    fn unrot(&mut self) {}
}
