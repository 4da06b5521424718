//! Two validators on a ledger that Patroni keeps on three nodes, and a promotion while voters vote.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use rehearsal::cluster;
use rehearsal::cluster::fault::Fault;
use rehearsal::steps::Steps;

#[tokio::test]
async fn invariant_2_nothing_acknowledged_is_lost_with_a_promotion() {
    let (_dir, stage) = support::shared_stage();
    if !support::has_cluster() {
        return;
    }
    let faults = vec![Fault::PrimaryKilled];
    let played = cluster::run(&stage, faults, 1, &mut Steps::new())
        .await
        .unwrap();
    assert!(played.verdict.is_clean(), "{played:?}");
    assert_eq!(
        (played.faults.len(), played.ended.len()),
        (1, 0),
        "{played:?}"
    );
    assert!(played.history.attempts > 400, "{played:?}");
    assert!(played.judged.acknowledged > 400, "{played:?}");
}
