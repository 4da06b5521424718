//! A validator's start and its memory, small: how fast it was is for `make bench-start`.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use rehearsal::startup;
use rehearsal::steps::Steps;

#[tokio::test]
async fn invariant_9_memory_is_mapped_files_and_little_more() {
    let (_dir, stage) = support::stage();
    let outcome = startup::run(&stage, 20_000, 1, &mut Steps::new())
        .await
        .unwrap();
    assert!(outcome.package_bytes > 1_000_000, "{outcome:?}");
    let beside = outcome.idle.beside_mib.max(outcome.voting_beside_mib_max);
    assert!(beside > 0.0 && beside <= 128.0, "{outcome:?}");
}
