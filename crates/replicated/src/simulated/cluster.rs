//! Three servers of one database: each with a disk of its own, and a primary, or more than one that takes itself for
//! it.

use std::sync::Arc;

use simulation::{Rng, SimClock};

use super::names::{Names, node_name};
use super::statement::{LeaseRow, Statement};
use crate::server::{Replication, SeenLease, Standby, StoredLink};

pub(super) const NODES: usize = 3;
/// By how much a standby that came back with another history is ahead of its primary, as it says.
const AHEAD: u64 = 1_000;

/// One commit in a server's log.
pub(super) struct Written {
    /// No two are alike: two logs with the same one have the same history up to it.
    pub(super) id: u64,
    pub(super) change: Change,
}

pub(super) enum Change {
    Nothing,
    Row(LeaseRow),
    Link(LeaseRow, Arc<StoredLink>),
}

/// The tables of one server.
#[derive(Clone, Default)]
pub(super) struct Tables {
    pub(super) lease: Option<LeaseRow>,
    pub(super) links: Vec<Arc<StoredLink>>,
}

/// What of them others see: the row of the lease, and the links.
pub(super) type Seen<'a> = (Option<&'a LeaseRow>, &'a [Arc<StoredLink>]);

impl Tables {
    pub(super) fn apply(&mut self, change: &Change) {
        match change {
            Change::Nothing => {}
            Change::Row(row) => self.lease = Some(row.clone()),
            Change::Link(row, link) => {
                self.lease = Some(row.clone());
                self.links.push(Arc::clone(link));
            }
        }
    }
}

#[derive(Clone)]
pub(super) struct Primary {
    pub(super) names: Names,
    pub(super) timeline: u64,
    pub(super) tables: Tables,
    /// A change of the row that waits for the standby: until then others wait for the row, and readers see it as it
    /// was before.
    pub(super) waiting: Option<Waiting>,
}

#[derive(Clone)]
pub(super) struct Waiting {
    position: u64,
    lease: Option<LeaseRow>,
    links: usize,
}

#[derive(Clone)]
pub(super) enum Role {
    Primary(Box<Primary>),
    Standby { of: usize, way: Way },
    Down,
}

/// How a standby follows its primary.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    InStep,
    /// Not connected; then back, with another history or with the same.
    Away {
        back_ms: u64,
        strays: bool,
    },
    /// Connected, with another history, and ahead as it says.
    Strayed,
}

#[derive(Clone)]
pub(super) struct Node {
    pub(super) log: Vec<Arc<Written>>,
    pub(super) role: Role,
    pub(super) frozen_until_ms: u64,
    /// Changes with each start of the server.
    pub(super) process: u64,
    /// Changes with each cut of its connections.
    pub(super) network: u64,
}

/// Where a connection leads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Wire {
    pub(super) node: usize,
    pub(super) process: u64,
    network: u64,
}

#[derive(Clone)]
pub(super) struct Cluster {
    pub(super) nodes: Vec<Node>,
    pub(super) clock: SimClock,
    /// How far the database's clock is ahead.
    pub(super) ahead_ms: i64,
    /// Whoever is promoted where the primary is lost: a server that has everything which was acknowledged. None
    /// while the next one is being chosen.
    pub(super) heir: Option<usize>,
    pub(super) written: u64,
    pub(super) timelines: u64,
    pub(super) rng: Rng,
}

impl Cluster {
    pub(super) fn new(clock: SimClock, rng: Rng) -> Cluster {
        let node = |role| Node {
            log: Vec::new(),
            role,
            frozen_until_ms: 0,
            process: 0,
            network: 0,
        };
        let standby = || Role::Standby {
            of: 0,
            way: Way::InStep,
        };
        let primary = Primary {
            names: Names::One(1),
            timeline: 1,
            tables: Tables::default(),
            waiting: None,
        };
        Cluster {
            nodes: vec![
                node(Role::Primary(Box::new(primary))),
                node(standby()),
                node(standby()),
            ],
            clock,
            ahead_ms: 0,
            heir: Some(1),
            written: 0,
            timelines: 1,
            rng,
        }
    }

    /// The same in the time of another clock.
    pub(super) fn copy(&self, clock: SimClock) -> Cluster {
        Cluster {
            clock,
            ..self.clone()
        }
    }

    pub(super) fn now_ms(&self) -> u64 {
        self.clock.true_ms().unsigned_abs()
    }

    fn database_ms(&self) -> i64 {
        self.clock.true_ms() + self.ahead_ms
    }

    pub(super) fn primary(&self, node: usize) -> Option<&Primary> {
        match &self.nodes[node].role {
            Role::Primary(primary) => Some(primary),
            _ => None,
        }
    }

    pub(super) fn primary_mut(&mut self, node: usize) -> Option<&mut Primary> {
        match &mut self.nodes[node].role {
            Role::Primary(primary) => Some(primary),
            _ => None,
        }
    }

    /// The servers that take connections that write, the one promoted last at the end.
    fn primaries(&self) -> Vec<usize> {
        let mut found: Vec<usize> = (0..NODES).filter(|n| self.primary(*n).is_some()).collect();
        found.sort_by_key(|node| self.primary(*node).map(|primary| primary.timeline));
        found
    }

    /// The one promoted last, if it runs.
    pub(super) fn newest(&self) -> Option<usize> {
        self.primaries().pop().filter(|node| {
            let primary = self.primary(*node);
            primary.is_some_and(|primary| primary.timeline == self.timelines)
        })
    }

    pub(super) fn is_frozen(&self, node: usize) -> bool {
        self.nodes[node].frozen_until_ms > self.now_ms()
    }

    /// A connection to one that answers.
    pub(super) fn connect(&mut self) -> Option<Wire> {
        let mut found = self.primaries();
        found.retain(|node| !self.is_frozen(*node));
        if found.is_empty() {
            return None;
        }
        let node = found[self.rng.index(found.len())];
        let Node {
            process, network, ..
        } = self.nodes[node];
        Some(Wire {
            node,
            process,
            network,
        })
    }

    /// Whether a connection still leads to the server's process.
    pub(super) fn is_open(&self, wire: Wire) -> bool {
        let node = &self.nodes[wire.node];
        self.primary(wire.node).is_some()
            && (node.process, node.network) == (wire.process, wire.network)
    }

    /// Whether the process that a connection led to still runs.
    pub(super) fn runs(&self, wire: Wire) -> bool {
        self.primary(wire.node).is_some() && self.nodes[wire.node].process == wire.process
    }

    /// What readers see on a primary.
    pub(super) fn seen(&self, node: usize) -> Option<Seen<'_>> {
        let primary = self.primary(node)?;
        let tables = &primary.tables;
        Some(match &primary.waiting {
            Some(waiting) => (waiting.lease.as_ref(), &tables.links[..waiting.links]),
            None => (tables.lease.as_ref(), &tables.links),
        })
    }

    pub(super) fn seen_lease(&self, node: usize) -> Option<SeenLease> {
        let (row, _) = self.seen(node)?;
        row.map(|row| row.seen(self.database_ms()))
    }

    /// Whether a statement would change the row as it is seen, and must wait for somebody who changes it.
    pub(super) fn is_locked(&self, node: usize) -> bool {
        let primary = self.primary(node);
        primary.is_some_and(|primary| primary.waiting.is_some())
    }

    /// Whether the conditions of a statement are met by the row as it is seen.
    pub(super) fn is_met(&self, node: usize, statement: &Statement) -> bool {
        let row = self.seen(node).and_then(|(row, _)| row);
        statement.on(row, self.database_ms()).is_some()
    }

    /// Carries a statement out on a server's own disk: tells the position that its answer waits for, and the row.
    /// None where no row is changed.
    pub(super) fn carry_out(
        &mut self,
        node: usize,
        statement: &Statement,
    ) -> Option<(u64, Option<LeaseRow>)> {
        let now_ms = self.database_ms();
        let (id, position) = (self.written + 1, self.nodes[node].log.len() as u64 + 1);
        let primary = self.primary_mut(node)?;
        let row = statement.on(primary.tables.lease.as_ref(), now_ms);
        let change = match (statement, &row) {
            (Statement::Nothing, _) => Change::Nothing,
            (_, None) => return None,
            (Statement::Append { link, .. }, Some(row)) => {
                Change::Link(row.clone(), Arc::clone(&link.stored))
            }
            (_, Some(row)) => Change::Row(row.clone()),
        };
        if row.is_some() {
            primary.waiting = Some(Waiting {
                position,
                lease: primary.tables.lease.clone(),
                links: primary.tables.links.len(),
            });
        }
        primary.tables.apply(&change);
        self.nodes[node].log.push(Arc::new(Written { id, change }));
        self.written = id;
        Some((position, row))
    }

    /// Lets standbys receive what they can, and ends waits that are over.
    pub(super) fn replicate(&mut self) {
        for node in 0..NODES {
            self.receive(node);
        }
        for node in 0..NODES {
            let waiting = self.primary(node).and_then(|p| p.waiting.as_ref());
            let position = waiting.map(|waiting| waiting.position);
            if position.is_some_and(|position| self.is_satisfied(node, position)) {
                self.end_wait(node);
            }
        }
    }

    fn receive(&mut self, node: usize) {
        let Role::Standby { of, way } = self.nodes[node].role else {
            return;
        };
        let Some(names) = self.primary(of).map(|primary| primary.names) else {
            return;
        };
        if let Way::Away { back_ms, strays } = way
            && back_ms <= self.now_ms()
        {
            let way = if strays { Way::Strayed } else { Way::InStep };
            self.nodes[node].role = Role::Standby { of, way };
        }
        if way != Way::InStep || self.is_frozen(node) || self.is_frozen(of) {
            return;
        }
        if !self.follows(node, of) {
            let way = Way::Strayed;
            self.nodes[node].role = Role::Standby { of, way };
            return;
        }
        if names.waits_for(node) || self.rng.chance(20) {
            let has = self.nodes[node].log.len();
            let missing = self.nodes[of].log[has..].to_vec();
            self.nodes[node].log.extend(missing);
        }
    }

    /// Whether one log is the beginning of another.
    pub(super) fn follows(&self, node: usize, of: usize) -> bool {
        let (log, longer) = (&self.nodes[node].log, &self.nodes[of].log);
        match log.last() {
            None => true,
            Some(last) => longer.get(log.len() - 1).is_some_and(|at| at.id == last.id),
        }
    }

    /// What a primary knows of its standbys: those that are connected, how, and up to where.
    pub(super) fn receivers(&self, primary: usize) -> impl Iterator<Item = (usize, Way, u64)> {
        (0..NODES).filter_map(move |node| match self.nodes[node].role {
            Role::Standby { of, way } if of == primary => {
                let has = self.nodes[node].log.len() as u64;
                match way {
                    Way::InStep => Some((node, way, has)),
                    Way::Strayed => Some((node, way, has + AHEAD)),
                    Way::Away { .. } => None,
                }
            }
            _ => None,
        })
    }

    /// Whether a wait for the standby is over.
    pub(super) fn is_satisfied(&self, node: usize, position: u64) -> bool {
        let Some(primary) = self.primary(node) else {
            return false;
        };
        let names = primary.names;
        let has = |(node, _, flushed)| names.waits_for(node) && flushed >= position;
        names == Names::Empty || self.receivers(node).any(has)
    }

    /// Whoever waits on this server waits no more, wherever its standby is.
    pub(super) fn end_wait(&mut self, node: usize) {
        if let Some(primary) = self.primary_mut(node) {
            primary.waiting = None;
        }
    }

    pub(super) fn names(&self, node: usize) -> String {
        let primary = self.primary(node);
        primary.map_or_else(String::new, |primary| primary.names.text())
    }

    pub(super) fn flushed(&self, node: usize) -> u64 {
        self.nodes[node].log.len() as u64
    }

    pub(super) fn replication(&self, node: usize) -> Option<Replication> {
        let primary = self.primary(node)?;
        let standbys = self.receivers(node).map(|(at, way, flushed)| Standby {
            name: node_name(at),
            state: match way {
                Way::Strayed => "startup".to_owned(),
                _ => "streaming".to_owned(),
            },
            sync_state: match way {
                Way::Strayed => "potential".to_owned(),
                _ => primary.names.sync_state(at).to_owned(),
            },
            flushed,
        });
        Some(Replication {
            commit: "on".to_owned(),
            names: primary.names.text(),
            timeline: format!("{:08}", primary.timeline),
            standbys: standbys.collect(),
        })
    }

    /// Whether a standby is in step and has everything.
    pub(super) fn has_all(&self, node: usize, primary: usize) -> bool {
        let standby = self.receivers(primary).find(|(at, ..)| *at == node);
        let all = self.nodes[primary].log.len() as u64;
        standby.is_some_and(|(_, way, has)| way == Way::InStep && has == all)
    }
}
