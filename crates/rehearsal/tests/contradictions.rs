//! A clock that jumps, a ledger that vanishes and one that comes back older, while voters vote.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use rehearsal::contradictions;
use rehearsal::steps::Steps;

#[tokio::test]
async fn invariant_10_what_contradicts_what_is_known_changes_nothing() {
    let (_dir, stage) = support::stage();
    let played = contradictions::run(&stage, 1_500, 1, &mut Steps::new()).await;
    let played = played.unwrap();
    assert!(played.verdict.is_clean(), "{played:?}");
    assert_eq!(played.scenes.len(), 3);
    for scene in &played.scenes {
        assert!(
            scene.judged.acknowledged > 1_000,
            "too few votes: {scene:?}"
        );
    }
}
