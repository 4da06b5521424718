//! A few seeds of the simulation with every test run; `make sim` runs thousands.

mod sim;

/// Everything that the ledger promises, on a disk that loses, tears and rots, and in a log that fences
/// and leaves open what it did.
#[test]
fn invariant_1_2_3_8_hold_on_a_failing_disk() {
    let (sum, violations) = sim::run_all(0..40);
    assert!(violations.is_empty(), "{violations:?}");
    // A simulation in which nothing goes wrong proves nothing.
    assert!(
        sum.crashes > 2_000 && sum.acknowledged > 5_000 && sum.duplicates > 5_000,
        "{sum:?}"
    );
    assert!(sum.refused_full > 100 && sum.torn_tails > 10, "{sum:?}");
    assert!(sum.starts_cut > 200 && sum.segments > 500, "{sum:?}");
    assert!(sum.snapshots_used > 500, "{sum:?}");
    assert!(sum.rot_refused > 20 && sum.rot_harmless > 20, "{sum:?}");
    assert!(sum.contradictions > 50, "{sum:?}");
    assert!(sum.in_doubt > 500 && sum.clock_behind > 20, "{sum:?}");
    assert!(sum.unsettled > 1_000 && sum.fenced > 200, "{sum:?}");
}

/// One seed is one run.
#[test]
fn a_seed_replays_itself() {
    assert_eq!(sim::run(7), sim::run(7));
}
