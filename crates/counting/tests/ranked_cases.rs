//! The public test set of a certified tabulator, every round of it: `fixtures/ranked/`.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

#[allow(dead_code, reason = "its main is not used here")]
#[path = "../examples/cases.rs"]
mod cases;

fn check(with_lots: bool) {
    let contests = cases::fixtures();
    let mut right = 0;
    for path in &contests {
        match cases::compare(path, with_lots) {
            Ok(()) => right += 1,
            Err(difference) => println!("{}: {difference}", path.display()),
        }
    }
    println!("{right} of {}", contests.len());
    assert_eq!(right, contests.len());
    assert_eq!(contests.len(), 33);
}

#[test]
fn every_round_of_every_contest_is_reproduced_with_the_lots_that_were_drawn() {
    check(true);
}

/// The seeds and orders of the contests themselves lead to the ties' same ends.
#[test]
fn every_round_of_every_contest_is_reproduced_without_lots() {
    check(false);
}
