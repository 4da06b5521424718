//! A small national day: the path of every vote at full speed.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use rehearsal::day;
use rehearsal::steps::Steps;

const VOTERS: u32 = 200_000;

/// From the roll to the verified count, with nothing lost and nothing double.
#[tokio::test]
async fn a_day_of_200_000_votes_is_counted_once() {
    let (_dir, stage) = support::stage();
    let day = day::run(&stage, VOTERS, None, 1, &mut Steps::new())
        .await
        .unwrap();
    println!("{}", serde_json::to_string(&day).unwrap());
    assert!(day.verdict.is_clean(), "{day:?}");
    assert_eq!(day.votes, u64::from(VOTERS));
    assert_eq!((day.lost, day.double), (0, 0));
}
