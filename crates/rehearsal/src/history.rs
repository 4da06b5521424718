//! Each attempt at a vote with its answer and its times, judged as a register that is written once: the credential
//! on a ballot has not voted, and then it has.
//!
//! An attempt that was answered *accepted* writes the register at some moment between its beginning and its
//! end; *duplicate* reads that it is written; *unknown* may write it at any moment after its beginning; *refused*
//! does neither. There must be an order of these moments in which each answer is true.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// What the answer to one attempt said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The vote is recorded by this attempt.
    Accepted,
    /// The vote was recorded before this attempt.
    Duplicate,
    /// Nothing is recorded of this attempt.
    Refused,
    /// Nobody knows whether it is recorded.
    Unknown,
}

/// One time that a vote was sent; microseconds by one clock.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Attempt {
    /// Credential and ballot, as the load generator numbers them.
    pub vote: u64,
    /// When it was sent.
    pub begun_us: u64,
    /// When it was answered, or given up.
    pub ended_us: u64,
    /// What the answer said.
    pub outcome: Outcome,
}

/// What the attempts of a run tell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Linearised {
    /// All attempts at all votes.
    pub attempts: u64,
    /// Credentials on ballots that were voted with.
    pub registers: u64,
    /// Registers with an attempt of unknown outcome about which a later answer told.
    pub unknown_resolved: u64,
    /// Registers with an attempt of unknown outcome about which none did.
    pub unknown_open: u64,
    /// What no order of moments explains, in words.
    pub contradictions: Vec<String>,
}

/// Judges the history that the load generator wrote.
///
/// # Errors
/// It cannot be read.
pub fn judge_file(path: &Path) -> Result<Linearised> {
    let named = || format!("cannot read {}", path.display());
    let mut reader = csv::Reader::from_path(path).with_context(named)?;
    let attempts: Result<Vec<Attempt>, csv::Error> = reader.deserialize().collect();
    Ok(judge(&attempts.with_context(named)?))
}

/// Judges attempts in whatever order they come.
#[must_use]
pub fn judge(attempts: &[Attempt]) -> Linearised {
    let mut registers: BTreeMap<u64, Vec<Attempt>> = BTreeMap::new();
    for attempt in attempts {
        registers.entry(attempt.vote).or_default().push(*attempt);
    }
    let mut told = Linearised {
        attempts: attempts.len() as u64,
        registers: registers.len() as u64,
        ..Linearised::default()
    };
    for (vote, attempts) in &registers {
        let of = |outcome| {
            attempts
                .iter()
                .filter(move |attempt| attempt.outcome == outcome)
        };
        let found = contradiction(attempts);
        told.contradictions
            .extend(found.map(|what| format!("vote {vote}: {what}")));
        if of(Outcome::Unknown).count() == 0 {
            continue;
        }
        match of(Outcome::Accepted).chain(of(Outcome::Duplicate)).count() {
            0 => told.unknown_open += 1,
            _ => told.unknown_resolved += 1,
        }
    }
    told
}

/// Why the attempts at one register contradict each other; none where an order explains them.
fn contradiction(attempts: &[Attempt]) -> Option<String> {
    let of = |outcome| {
        attempts
            .iter()
            .filter(move |attempt| attempt.outcome == outcome)
    };
    let accepted: Vec<&Attempt> = of(Outcome::Accepted).collect();
    if accepted.len() > 1 {
        return Some(format!("accepted {} times", accepted.len()));
    }
    let first_read = of(Outcome::Duplicate).map(|read| read.ended_us).min()?;
    // Where none was accepted, one of unknown outcome wrote; from when on the earliest could have.
    let written = match accepted.first() {
        Some(accepted) => Some(accepted.begun_us),
        None => of(Outcome::Unknown).map(|unknown| unknown.begun_us).min(),
    };
    match written {
        None => Some("a duplicate of no vote that was sent".to_owned()),
        Some(begun) if first_read < begun => Some(format!(
            "a duplicate was told {} us before the vote was sent that was recorded",
            begun - first_read
        )),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    use Outcome::{Accepted, Duplicate, Refused, Unknown};

    fn attempts(told: &[(u64, u64, Outcome)]) -> Vec<Attempt> {
        let attempt = |(begun_us, ended_us, outcome): &(u64, u64, Outcome)| Attempt {
            vote: 7,
            begun_us: *begun_us,
            ended_us: *ended_us,
            outcome: *outcome,
        };
        told.iter().map(attempt).collect()
    }

    fn contradictions(told: &[(u64, u64, Outcome)]) -> Vec<String> {
        judge(&attempts(told)).contradictions
    }

    #[test]
    fn what_no_order_explains_is_told() {
        for (told, words) in [
            (&[(0, 9, Accepted), (10, 19, Accepted)][..], "2 times"),
            // At the same moment: by both of two validators, and by one of them late.
            (&[(0, 9, Accepted), (0, 9, Accepted)], "2 times"),
            (
                &[(0, 9, Accepted), (0, 8, Duplicate), (8, 20, Accepted)],
                "2 times",
            ),
            (&[(0, 9, Duplicate), (0, 9, Duplicate)], "of no vote"),
            (&[(0, 9, Duplicate), (0, 9, Refused)], "of no vote"),
            (&[(0, 9, Duplicate)], "of no vote"),
            (&[(0, 9, Refused), (10, 19, Duplicate)], "of no vote"),
            (&[(0, 9, Duplicate), (12, 19, Accepted)], "3 us before"),
            (&[(0, 9, Duplicate), (10, 19, Unknown)], "1 us before"),
            (
                &[(0, 5, Unknown), (6, 9, Duplicate), (10, 19, Accepted)],
                "1 us before",
            ),
        ] {
            let found = contradictions(told);
            assert!(found.len() == 1 && found[0].contains(words), "{found:?}");
        }
    }

    #[test]
    fn what_an_order_explains_is_none() {
        for told in [
            &[(0, 9, Refused), (10, 19, Accepted), (20, 29, Duplicate)][..],
            &[(0, 9, Unknown), (10, 19, Accepted), (20, 29, Duplicate)],
            &[(0, 9, Unknown), (10, 19, Duplicate)],
            // The duplicate overlaps the vote that was accepted.
            &[(0, 9, Accepted), (3, 5, Duplicate)],
            &[(0, 9, Unknown), (10, 19, Unknown)],
            // At the same moment.
            &[(0, 9, Duplicate), (0, 9, Accepted), (0, 9, Refused)],
            &[(0, 9, Duplicate), (0, 9, Unknown), (0, 9, Duplicate)],
        ] {
            assert_eq!(contradictions(told), Vec::<String>::new(), "{told:?}");
        }
        let told = judge(&attempts(&[(0, 9, Unknown), (10, 19, Duplicate)]));
        assert_eq!((told.unknown_resolved, told.unknown_open), (1, 0));
    }

    proptest! {
        /// Attempts at a register that is real: each has its effect at a moment of its own, is answered truly, or
        /// its answer is lost.
        #[test]
        fn a_true_register_is_never_contradicted(
            sent in prop::collection::vec((0u64..100, 0u64..40, 0u64..40, 0u8..4), 1..12)
        ) {
            let mut moments: Vec<(u64, u64, u64, u8)> = sent
                .into_iter()
                .map(|(begun, before, after, how)| (begun + before, begun, begun + before + after, how))
                .collect();
            moments.sort_unstable();
            let mut is_written = false;
            let told: Vec<(u64, u64, Outcome)> = moments
                .into_iter()
                .map(|(_, begun, ended, how)| {
                    let outcome = match how {
                        0 => Refused,
                        // Lost on the way there.
                        1 => Unknown,
                        // Lost on the way back.
                        2 => {
                            is_written = true;
                            Unknown
                        }
                        _ if is_written => Duplicate,
                        _ => {
                            is_written = true;
                            Accepted
                        }
                    };
                    (begun, ended, outcome)
                })
                .collect();
            prop_assert_eq!(contradictions(&told), Vec::<String>::new());
            // A second acceptance is always noticed.
            if let Some(accepted) = told.iter().find(|(.., outcome)| *outcome == Accepted) {
                let doubled: Vec<_> = told.iter().copied().chain([*accepted]).collect();
                prop_assert_eq!(contradictions(&doubled).len(), 1);
            }
        }
    }
}
