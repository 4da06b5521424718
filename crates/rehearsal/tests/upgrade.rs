//! Two validators and both hands exchanged under load, and one validator back: the short form of `rehearsal upgrade`.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::time::Duration;

use rehearsal::prepare::Stage;
use rehearsal::steps::Steps;
use rehearsal::upgrade::{self, Scale};

/// Both releases are this build: `make upgrade` plays it with two.
#[tokio::test]
async fn programs_are_exchanged_while_voters_vote() {
    let (_dir, stage) = support::shared_stage();
    let stage = Stage {
        is_witnessed: true,
        ..stage
    };
    if !support::has_cluster() {
        return;
    }
    let scale = Scale {
        rate: 200,
        // Enough for two minutes and a half, whatever else the machine does.
        voters: 30_000,
        // Other tests want the processors too.
        gap_max: Duration::from_secs(15),
        ..Scale::FULL
    };
    let after = support::programs();
    let played = upgrade::run(&stage, &after, (scale, 1), &mut Steps::new())
        .await
        .unwrap();
    assert!(played.verdict.is_clean(), "{played:?}");
    assert_eq!(played.exchanged.len(), 5);
    assert_eq!(played.alone.exchanged.len(), 2);
    assert!(played.judged.acknowledged > 400, "{played:?}");
    assert!(
        played.table().contains("validator v2"),
        "{}",
        played.table()
    );
}
