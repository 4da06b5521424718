//! Tally and PostgreSQL killed under load.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use rehearsal::crash_tally;
use rehearsal::steps::Steps;

/// Eight kills; answers, files and database count the same.
#[tokio::test]
async fn invariant_1_rows_are_the_ledgers_whatever_crashes() {
    if !support::has_postgres() {
        return;
    }
    let (_dir, stage) = support::stage();
    let outcome = crash_tally::run(&stage, 8, 1, &mut Steps::new())
        .await
        .unwrap();
    assert!(outcome.is_clean(), "{outcome:?}");
    assert!(
        outcome.kills == 8 && outcome.votes > 500,
        "too little to prove anything: {outcome:?}"
    );
}
