//! The manager of simulated servers: it finds standbys, names one, and never promotes a server that may lack what was
//! acknowledged.

use super::cluster::{Cluster, NODES, Role, Way};
use super::names::Names;

impl Cluster {
    /// The manager looks, and does one thing or two.
    pub(super) fn manage(&mut self) {
        let Some(primary) = self.newest() else { return };
        for node in (0..NODES).filter(|node| *node != primary) {
            if self.rng.chance(50) {
                self.follow(node, primary);
            }
        }
        self.choose_standby(primary);
    }

    /// Turns a server into a standby of the primary, and one with another history into a copy.
    pub(super) fn follow(&mut self, node: usize, primary: usize) {
        let way = match &self.nodes[node].role {
            Role::Standby { of, way } if *of == primary => match way {
                Way::Strayed if self.rng.chance(30) => {
                    let log = self.nodes[primary].log.clone();
                    self.nodes[node].log = log;
                    Way::InStep
                }
                _ => return,
            },
            _ if self.is_frozen(node) => return,
            // One that takes itself for the primary hears last that it is none.
            Role::Primary(_) if self.rng.chance(70) => return,
            _ => Way::InStep, // and strayed, as soon as it receives
        };
        self.nodes[node].process += 1;
        self.nodes[node].role = Role::Standby { of: primary, way };
    }

    fn choose_standby(&mut self, primary: usize) {
        let names = self.primary(primary).map(|primary| primary.names);
        if let Some(Names::One(named)) = names {
            let is_there = self.receivers(primary).any(|(node, ..)| node == named);
            if self.has_all(named, primary) {
                self.heir = Some(named);
            }
            if is_there || self.rng.chance(80) {
                return;
            }
        } else if self.rng.chance(50) {
            return;
        }
        let fit = (0..NODES).filter(|node| self.is_streaming(*node, primary));
        let fit: Vec<usize> = fit.collect();
        if fit.is_empty() {
            return;
        }
        let chosen = fit[self.rng.index(fit.len())];
        if names != Some(Names::One(chosen)) {
            self.name(primary, Names::One(chosen));
            // Until it has everything, nobody can be promoted.
            self.heir = self.heir.filter(|heir| *heir == chosen);
        }
    }

    fn is_streaming(&self, node: usize, primary: usize) -> bool {
        let mut receivers = self.receivers(primary);
        receivers.any(|(at, way, _)| at == node && way == Way::InStep)
            && self.follows(node, primary)
            && !self.is_frozen(node)
    }

    /// Puts everything right, as a manager does in time.
    pub(super) fn heal(&mut self) {
        let primary = self
            .newest()
            .expect("the newest primary ends by a promotion");
        for node in 0..NODES {
            self.nodes[node].frozen_until_ms = 0;
            if node != primary {
                let log = self.nodes[primary].log.clone();
                let former = &mut self.nodes[node];
                (former.log, former.process) = (log, former.process + 1);
                former.role = Role::Standby {
                    of: primary,
                    way: Way::InStep,
                };
            }
        }
        let named = (primary + 1) % NODES;
        self.name(primary, Names::One(named));
        self.heir = Some(named);
        self.replicate();
    }
}
