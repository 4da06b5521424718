//! A seeded simulation of the ledger on a failing log. The real committer, arbiter and recovery run
//! against files on a simulated disk, and against a log in memory that fences and leaves open what
//! became of a link; one seed is one run on each, and replays it exactly.

// Each target that includes this module uses its part of it.
#![allow(dead_code, unused_imports)]

mod checker;
mod clock;
mod disk;
mod event;
mod ground;
pub(crate) mod hands;
mod history;
mod in_memory;
mod inode;
mod on_disk;
mod rng;
mod world;

pub(crate) use clock::SimClock;
pub(crate) use disk::{Plan, SimDisk};
pub(crate) use on_disk::DATA_DIR;
pub(crate) use rng::Rng;
pub(crate) use world::Tally;

use in_memory::InMemory;
use on_disk::OnDisk;
use world::World;

/// Runs one seed on files and in memory.
///
/// # Errors
/// What was violated.
pub(crate) fn run(seed: u64) -> Result<Tally, String> {
    let on_disk = World::new(seed, |rng| Box::new(OnDisk::new(rng.split(), None))).run();
    let on_disk = on_disk.map_err(|what| format!("on disk: {what}"))?;
    let in_memory = World::new(seed, |_| Box::new(InMemory::default())).run();
    let in_memory = in_memory.map_err(|what| format!("in memory: {what}"))?;
    Ok(on_disk.add(in_memory))
}

/// Runs one seed on files, with two lives: one that goes by `plan` and loses its power, one that
/// must find everything.
///
/// # Errors
/// What was violated.
pub(crate) fn run_plan(seed: u64, plan: Plan) -> Result<Tally, String> {
    World::new(seed, |rng| Box::new(OnDisk::new(rng.split(), Some(plan)))).run_twice()
}

/// What many seeds saw together, and what was violated in which.
pub(crate) fn run_all(seeds: impl Iterator<Item = u64>) -> (Tally, Vec<(u64, String)>) {
    let mut violations = Vec::new();
    let sum = seeds.fold(Tally::default(), |sum, seed| match run(seed) {
        Ok(tally) => sum.add(tally),
        Err(what) => {
            violations.push((seed, what));
            sum
        }
    });
    (sum, violations)
}
