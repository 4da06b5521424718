//! Viewers beside voters, small: 10,000 of them are for `make viewers`.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use rehearsal::definition::Definition;
use rehearsal::steps::Steps;
use rehearsal::viewers::{self, Plan};

#[tokio::test]
async fn viewers_of_125_regions_are_sent_at_most_3_kb_an_update_and_end_with_the_newest_page() {
    let event = Definition::province().unwrap();
    let (_dir, stage) = support::stage_of(event.showing_at_least(viewers::SHOWN_TOGETHER));
    let plan = Plan {
        viewers: 200,
        loads_per_s: 20,
        votes_per_s: 100,
        seconds: 10,
    };
    let played = viewers::run(&stage, plan, 1, &mut Steps::new())
        .await
        .unwrap();
    assert!(played.verdict.is_clean(), "{}", played.table());
    assert!(played.bytes_an_update <= 3_000, "{}", played.table());
    assert_eq!(played.refused, 0);
}
