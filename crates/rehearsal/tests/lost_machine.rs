//! The first machine is lost for good, and the mirror goes on.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use rehearsal::lost_machine;
use rehearsal::steps::Steps;

#[tokio::test]
async fn exactly_what_the_mirror_lacks_is_lost() {
    let (_dir, stage) = support::stage();
    let played = lost_machine::run(&stage, 1_500, 1, &mut Steps::new()).await;
    let played = played.unwrap();
    assert!(played.verdict.is_clean(), "{played:?}");
    assert!(played.mirror_last_frame < played.lost_machine_last_frame);
    assert!(
        played.lacking > 20 && played.acknowledged > 1_500,
        "{played:?}"
    );
}
