//! Every subset of the trustees of both keys.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use rehearsal::ceremony::{self, CeremonyReport, Trustees};
use rehearsal::steps::Steps;

#[tokio::test]
async fn any_three_of_five_trustees_make_their_key_and_fewer_do_not() {
    let (_dir, stage) = support::stage();
    let trustees = Trustees { of: 5, need: 3 };
    let played = ceremony::run(&stage, trustees, true, &mut Steps::new()).await;
    // Of each key: 10 subsets of three, 5 of four, 1 of five; 5 of one, 10 of two. And one of both keys.
    let expected = CeremonyReport {
        whole: 2 * 16,
        refused: 2 * 15 + 1,
    };
    assert_eq!(played.unwrap(), expected);
}
