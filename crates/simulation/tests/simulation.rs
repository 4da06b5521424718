//! A few seeds of the simulation with every test run; `make sim` runs thousands.

use std::path::Path;
use std::sync::Arc;

use ledger::LedgerError;
use ledger::log::{Log as _, files};
use simulation::{DATA_DIR, Plan, Rng, SimDisk};

/// Everything that the ledger promises, on a disk that loses, tears and rots, and in a log that fences
/// and leaves open what it did.
#[test]
fn invariant_1_2_3_8_hold_on_a_failing_disk() {
    let (sum, violations) = simulation::run_all(0..40, simulation::run);
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
    assert_eq!(simulation::run(7), simulation::run(7));
}

/// Whichever call of a first try fails, and however soon after the second the power does: what a person
/// was told is begun is there.
#[test]
fn invariant_10_what_is_called_begun_survives_a_crash() {
    let mut called_begun = 0;
    for fail_at in 1..=12 {
        let disk = SimDisk::new(Rng::new(fail_at));
        let log = files::open(Arc::new(disk.clone()), Path::new(DATA_DIR));
        disk.start(Plan {
            fail_at: Some(fail_at),
            count_reads: true,
            ..Plan::default()
        });
        let first = log.begin(0);
        disk.start(Plan::default());
        match (first, log.begin(0)) {
            (Err(LedgerError::Io { .. } | LedgerError::Sync { .. }), Ok(())) => {}
            (_, Err(LedgerError::Begun { .. })) => called_begun += 1,
            other => panic!("call {fail_at}: {other:?}"),
        }
        disk.lose_power();
        disk.start(Plan::default());
        let again = log.begin(0);
        let is_there = matches!(again, Err(LedgerError::Begun { .. }));
        assert!(is_there, "call {fail_at}: {again:?}");
    }
    assert!(called_begun > 0, "no call fails behind the sidecar's name");
}
