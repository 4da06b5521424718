//! Many seeds of the true code, and of code without one of its rules.

use simulation::{Tally, World, run_all};

use crate::sabotage::{Sabotage, with};
use crate::simulated::ground::Replicated;

/// Owners in one run, one after the other.
const LIVES: u64 = 6;

fn run(seed: u64) -> Result<Tally, String> {
    let world = World::new(seed, |rng, clock| Box::new(Replicated::new(rng, clock)));
    world.with_lives(LIVES).run()
}

/// A number that was set in the environment.
fn set(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// A few hundred seeds with every test run; `make sim` runs as many as it is told.
#[test]
fn invariant_2_3_hold_on_servers_that_lie() {
    let seeds = match set("SCRUTIN_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..set("SCRUTIN_SEEDS").unwrap_or(300),
    };
    let count = seeds.end - seeds.start;
    let (sum, violations) = run_all(seeds, run);
    println!("{count} seeds: {sum:?}");
    for (seed, what) in &violations {
        println!("seed {seed}: {what}; replay it with SCRUTIN_SEED={seed}");
    }
    assert!(violations.is_empty(), "{violations:?}");
    if count < 100 {
        return;
    }
    // A simulation in which nothing goes wrong proves nothing.
    assert!(sum.acknowledged > 20 * count, "{sum:?}");
    assert!(sum.unsettled > count && sum.fenced > count / 4, "{sum:?}");
    assert!(sum.starts_cut > count / 4, "{sum:?}");
}

/// One seed is one run.
#[test]
fn a_seed_replays_itself() {
    assert_eq!(run(7), run(7));
}

/// The simulation must notice a rule that is taken out within so many seeds.
fn check(sabotage: Sabotage) {
    const SEEDS: u64 = 300;
    let found = with(sabotage, || {
        (0..SEEDS).find_map(|seed| Some((seed, run(seed).err()?)))
    });
    let (seed, what) = found.unwrap_or_else(|| panic!("{sabotage:?} went unnoticed"));
    println!("{sabotage:?}: noticed at seed {seed}: {what}");
}

#[test]
fn invariant_2_a_notice_that_is_believed_is_noticed() {
    check(Sabotage::BelieveNotices);
}

#[test]
fn invariant_2_a_complete_statement_that_counts_is_noticed() {
    check(Sabotage::CountCompleteStatements);
}

#[test]
fn invariant_2_names_that_nobody_asks_for_are_noticed() {
    check(Sabotage::ForgetNames);
}

#[test]
fn invariant_2_a_barrier_that_is_skipped_is_noticed() {
    check(Sabotage::SkipBarrier);
}

#[test]
fn invariant_3_a_forgotten_attempt_is_noticed() {
    check(Sabotage::ForgetAttempt);
}

#[test]
fn invariant_3_a_forgotten_epoch_is_noticed() {
    check(Sabotage::ForgetEpoch);
}

#[test]
fn invariant_2_names_that_fence_nobody_are_noticed() {
    check(Sabotage::TakeAnyNames);
}

#[test]
fn invariant_2_a_standby_that_is_not_in_step_is_noticed() {
    check(Sabotage::TakeAnyState);
}

#[test]
fn invariant_2_an_owner_that_looks_once_is_noticed() {
    check(Sabotage::LookOnce);
}

/// An owner looked, stood still, and sent its append: meanwhile the standby had been promoted, had ended, and had come
/// back with another history, ahead as it said. The append was acknowledged on one disk.
#[test]
fn invariant_2_an_owner_that_looks_before_alone_is_noticed() {
    check(Sabotage::LookBeforeOnly);
}

#[test]
fn invariant_1_rows_that_are_shown_unproved_are_noticed() {
    check(Sabotage::ShowAnyRow);
}
