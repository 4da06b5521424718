//! The stack of `deploy/` without containers: it comes up green, its dashboards have numbers, and alerts arrive.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use rehearsal::prepare::Stage;
use rehearsal::stack::{self, Plan, cases, site};
use rehearsal::steps::Steps;

#[tokio::test]
async fn the_stack_is_green_and_a_failure_is_told_of() {
    let (_dir, stage) = support::stage();
    if !support::has_stack() {
        return;
    }
    let stage = Stage {
        is_witnessed: true,
        partitions: site::PARTITIONS,
        ..stage
    };
    let plan = Plan {
        deploy: &support::file("deploy"),
        size: (4_000, 1),
        cases: cases::few(),
    };
    let played = stack::run(&stage, plan, &mut Steps::new(), |_| Ok(()))
        .await
        .unwrap();
    assert!(played.verdict.is_clean(), "{played:?}");
    assert_eq!(played.alerts.len(), cases::few().len(), "{played:?}");
    assert!(
        played.acknowledged > 400 && played.queries > 0,
        "{played:?}"
    );
}
