//! A seeded simulation of the ledger on a failing disk. The real committer, arbiter, writer and
//! recovery run against a simulated disk and clock; one seed is one run, and replays it exactly.

// Each target that includes this module uses its part of it.
#![allow(dead_code, unused_imports)]

mod checker;
mod clock;
mod disk;
mod history;
mod inode;
mod rng;
mod world;

pub(crate) use clock::SimClock;
pub(crate) use disk::{Plan, SimDisk};
pub(crate) use rng::Rng;
pub(crate) use world::{DATA_DIR, Tally, World};

/// Runs one seed.
///
/// # Errors
/// What was violated.
pub(crate) fn run(seed: u64) -> Result<Tally, String> {
    World::new(seed).run()
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
