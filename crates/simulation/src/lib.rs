//! A seeded simulation of the ledger on a failing log. The real committer, arbiter and recovery run
//! on a [`Ground`]: files on a simulated disk, a log in memory that fences and leaves open what
//! became of a link, or a ground of the crate whose log is tried. One seed is one run on each, and
//! replays it exactly.
//!
//! For tests alone: what was not expected is a panic here. Crate `ledger` compiles these files into
//! its own tests, too, so that they run on a ledger in which rules are broken on purpose.

mod checker;
mod clock;
mod disk;
mod event;
mod ground;
pub mod hands;
mod history;
mod in_memory;
mod inode;
mod on_disk;
mod plan;
mod rng;
mod tally;
mod world;

pub use clock::SimClock;
pub use disk::{Paused, SimDisk, Taken};
pub use ground::{Framed, Frames, Ground, follow};
pub use on_disk::DATA_DIR;
pub use plan::Plan;
pub use rng::Rng;
pub use tally::Tally;
pub use world::World;

use in_memory::InMemory;
use on_disk::OnDisk;

/// Runs one seed on files and in memory.
///
/// # Errors
/// What was violated.
pub fn run(seed: u64) -> Result<Tally, String> {
    let on_disk = World::new(seed, |rng, _| Box::new(OnDisk::new(rng.split(), None))).run();
    let on_disk = on_disk.map_err(|what| format!("on disk: {what}"))?;
    let in_memory = World::new(seed, |_, _| Box::new(InMemory::default())).run();
    let in_memory = in_memory.map_err(|what| format!("in memory: {what}"))?;
    Ok(on_disk.plus(in_memory))
}

/// Runs one seed on files, with two lives: one that goes by `plan` and loses its power, one that
/// must find everything.
///
/// # Errors
/// What was violated.
pub fn run_plan(seed: u64, plan: Plan) -> Result<Tally, String> {
    let lay = |rng: &mut Rng, _: &SimClock| -> Box<dyn Ground> {
        Box::new(OnDisk::new(rng.split(), Some(plan)))
    };
    World::new(seed, lay).run_twice()
}

/// What many seeds of such a run saw together, and what was violated in which.
pub fn run_all(
    seeds: impl Iterator<Item = u64>,
    run: impl Fn(u64) -> Result<Tally, String>,
) -> (Tally, Vec<(u64, String)>) {
    let mut violations = Vec::new();
    let sum = seeds.fold(Tally::default(), |sum, seed| match run(seed) {
        Ok(tally) => sum.plus(tally),
        Err(what) => {
            violations.push((seed, what));
            sum
        }
    });
    (sum, violations)
}
