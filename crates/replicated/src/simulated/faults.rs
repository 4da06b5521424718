//! What goes wrong with simulated servers, all of it seen on real ones.

use super::cluster::{Cluster, NODES, Primary, Role, Tables, Way};
use super::names::Names;

impl Cluster {
    /// Every other server stands still for so long.
    pub(super) fn freeze_standbys(&mut self, primary: usize, ms: u64) {
        let until_ms = self.now_ms() + ms;
        for node in (0..NODES).filter(|node| *node != primary) {
            self.nodes[node].frozen_until_ms = until_ms;
        }
    }

    pub(super) fn freeze_primary(&mut self, ms: u64) {
        if let Some(primary) = self.newest() {
            self.nodes[primary].frozen_until_ms = self.now_ms() + ms;
        }
    }

    pub(super) fn cut_connections(&mut self, node: usize) {
        self.nodes[node].network += 1;
    }

    pub(super) fn name(&mut self, node: usize, names: Names) {
        if let Some(primary) = self.primary_mut(node) {
            primary.names = names;
        }
    }

    /// Somebody sets the names of the primary wrongly.
    pub(super) fn misname(&mut self) {
        let Some(primary) = self.newest() else { return };
        let others: Vec<usize> = (0..NODES).filter(|node| *node != primary).collect();
        let names = match self.rng.below(4) {
            0 => Names::Empty,
            1 => Names::Star,
            _ => Names::Any(others[0], others[1]),
        };
        let in_step = |node: &usize| self.has_all(*node, primary);
        if matches!(names, Names::Any(..)) && !others.iter().all(in_step) {
            return; // nobody says so of a standby that lacks what was acknowledged
        }
        self.name(primary, names);
        if let Names::Any(..) = names {
            self.heir = Some(others[self.rng.index(2)]);
        }
    }

    /// A server ends and starts on what its disk has.
    pub(super) fn crash(&mut self, node: usize) {
        self.nodes[node].process += 1;
        self.end_wait(node);
    }

    /// The named standby goes away and comes back, with the same history or with another.
    pub(super) fn send_standby_away(&mut self, away_ms: u64, strays: bool) {
        let Some(primary) = self.newest() else { return };
        let named = self.primary(primary).map(|primary| primary.names);
        let Some(Names::One(node)) = named else {
            return;
        };
        let back_ms = self.now_ms() + away_ms;
        let way = Way::Away { back_ms, strays };
        if let Role::Standby { of, .. } = self.nodes[node].role
            && of == primary
        {
            self.nodes[node].role = Role::Standby { of, way };
        }
    }

    /// The heir is promoted. The former primary dies for good, ends, or goes on for a while and takes itself for one.
    pub(super) fn fail_over(&mut self) {
        let Some(heir) = self.heir else { return };
        let former = (0..NODES).find(|n| *n != heir && self.newest() == Some(*n));
        let Some(former) = former else { return };
        self.promote(heir);
        self.heir = Some(former);
        match self.rng.below(4) {
            0 => {
                // Its disk is lost: nobody else has everything, until the next standby does.
                self.heir = None;
                self.nodes[former].log.clear();
                self.nodes[former].process += 1;
                self.nodes[former].role = Role::Down;
            }
            1 => {
                self.nodes[former].process += 1;
                self.nodes[former].role = Role::Down;
            }
            2 => self.nodes[former].frozen_until_ms = self.now_ms() + 1_000,
            _ => {}
        }
    }

    /// Makes a server a primary, whatever the former one takes itself for.
    pub(super) fn promote(&mut self, node: usize) {
        let mut tables = Tables::default();
        for written in &self.nodes[node].log {
            tables.apply(&written.change);
        }
        self.timelines += 1;
        self.nodes[node].process += 1;
        self.nodes[node].frozen_until_ms = 0;
        self.nodes[node].role = Role::Primary(Box::new(Primary {
            names: Names::Star, // strict: whoever commits waits for anybody until one is chosen
            timeline: self.timelines,
            tables,
            waiting: None,
        }));
    }
}
