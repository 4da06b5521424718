//! Two histories of one ledger, in short: whoever can notice does, and nobody is disturbed where nobody lies.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use rehearsal::equivocation;
use rehearsal::outside::Verifier;
use rehearsal::prepare::Stage;
use rehearsal::steps::Steps;

#[tokio::test]
async fn invariant_10_a_second_history_is_noticed_by_whoever_has_seen_the_first() {
    let (_dir, stage) = support::stage();
    let stage = Stage {
        is_witnessed: true,
        ..stage
    };
    let verifier = specimen::python().map(|python| Verifier::find(&whole_path(&python)).unwrap());
    let size = (20, 1);
    let played = equivocation::run(&stage, size, verifier.as_ref(), &mut Steps::new()).await;
    let played = played.unwrap();
    assert!(played.verdict.is_clean(), "{}", played.verdict);
    assert_eq!(played.scenes.len(), 5);
    let refusals = |at: usize| {
        let seen = played.scenes[at].seen.iter();
        seen.filter(|saw| saw.refused).count()
    };
    assert_eq!((refusals(0), refusals(1)), (0, 0), "nobody lies there");
    // Without Python nobody asks the verifier.
    assert!((2..5).all(|at| refusals(at) >= 7), "{}", played.table());
}

/// Where an interpreter lies that may have been named as a shell would.
fn whole_path(python: &Path) -> PathBuf {
    let mut ask = Command::new(python);
    let told = ask
        .args(["-c", "import sys; print(sys.executable)"])
        .output();
    String::from_utf8(told.unwrap().stdout)
        .unwrap()
        .trim()
        .into()
}
