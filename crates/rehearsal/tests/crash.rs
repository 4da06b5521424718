//! The validator killed under load.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use rehearsal::crash;
use rehearsal::steps::Steps;

/// Five kills with races for the same credentials, a SIGTERM under load, a refused second validator,
/// a full disk and a failed sync; every vote that was answered 202 or 409 is in the ledger, once,
/// with its receipt.
#[tokio::test]
async fn invariant_2_and_8_accepted_means_durable() {
    let (_dir, stage) = support::stage();
    let outcome = crash::run(&stage, 5, 1, &mut Steps::new()).await.unwrap();
    assert!(outcome.is_clean(), "{outcome:?}");
    assert!(
        outcome.judged.acknowledged > 500,
        "too few votes to prove anything: {outcome:?}"
    );
    assert_eq!(outcome.kills, 5);
    assert!(outcome.races.credentials > 3, "{outcome:?}");
}
