//! A small attack on the validator: whatever the machine, nothing breaks, grows or gets through.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use rehearsal::attack::{self, Scale};
use rehearsal::steps::Steps;

const SMALL: Scale = Scale {
    connections: 400,
    house: 640,
    honest_per_s: 200,
    seconds: 5, // With the time to settle: longer than a slow connection may live.
    hostile_per_s: 400,
    failed_attempts: 5, // Less than an address guesses.
    peak_from_per_s: 3_000,
};

/// How fast it was is for `make attack`: this machine is busy with other tests.
#[tokio::test]
async fn invariant_9_a_validator_under_attack_stays_whole() {
    let (_dir, stage) = support::stage();
    let mut lines = Vec::new();
    let tell = |line: &str| {
        lines.push(line.to_owned());
        Ok(())
    };
    let report = attack::run(&stage, SMALL, 1, &mut Steps::new(), tell)
        .await
        .unwrap();
    assert_eq!(lines.len(), 11, "one for each phase: {lines:#?}");
    let slowloris = &report.attacks.slowloris;
    assert!(slowloris.voters.connections > 300, "{slowloris:?}");
    assert_eq!(report.fault, None);
    for bound in report.bounds.iter().filter(|bound| !bound.timed) {
        assert!(bound.held, "{bound:?}\n{report:#?}");
    }
}
