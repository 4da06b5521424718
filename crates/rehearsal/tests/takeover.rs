//! Two validators on one replicated ledger, and each part of it ends under load.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use rehearsal::prepare::Stage;
use rehearsal::steps::Steps;
use rehearsal::takeover;

#[tokio::test]
async fn invariant_2_nothing_acknowledged_is_lost_with_a_machine() {
    let (_dir, stage) = support::shared_stage();
    let stage = Stage {
        is_witnessed: true,
        ..stage
    };
    if !support::has_postgres() {
        return;
    }
    let played = takeover::run(&stage, 4, 1, &mut Steps::new())
        .await
        .unwrap();
    assert!(played.verdict.is_clean(), "{played:?}");
    assert_eq!(played.faults.len(), 4);
    assert!(played.judged.acknowledged > 400, "{played:?}");
    assert!(played.history.attempts > 400, "{played:?}");
}
