//! What voters did and what they were told: the record that the ledger is held against.

use std::sync::{Arc, Mutex};

use election::Choice;
use ledger::{BallotShape, Decision, Reply};

use super::clock::Times;
use super::event::region_of;

/// One submission and what was told of it.
#[derive(Clone)]
pub(crate) struct Attempt {
    pub(crate) ballot: u16,
    pub(crate) shard: u32,
    pub(crate) ordinal: u32,
    pub(crate) choice: Choice,
    /// `None` = never answered: the process died first.
    pub(crate) told: Option<Decision>,
}

impl Attempt {
    pub(crate) fn region(&self) -> u16 {
        region_of(self.ballot, self.shard, self.ordinal)
    }

    pub(crate) fn credential(&self) -> (u16, u32, u32) {
        (self.ballot, self.shard, self.ordinal)
    }
}

/// Submissions that were handed to the ledger together.
pub(crate) struct Batch {
    pub(crate) attempts: Vec<Attempt>,
    /// The frame it could become: the one behind the last when it was handed over.
    pub(crate) sequence: u64,
    /// By which times its owner must decide it.
    pub(crate) times: Times,
    /// What was answered and not yet noted in `attempts`.
    pub(crate) answers: Answers,
}

impl Batch {
    /// Notes what was answered since the last call.
    pub(crate) fn harvest(&mut self) -> Vec<Decision> {
        let answers = std::mem::take(&mut *self.answers.lock().expect("one thread"));
        let mut told = Vec::with_capacity(answers.len());
        for (at, decision) in answers {
            let before = self.attempts[at].told.replace(decision);
            assert!(before.is_none(), "a voter was answered twice");
            told.push(decision);
        }
        told
    }

    /// Whether somebody was told something that only its frame makes true.
    pub(crate) fn acknowledged(&self) -> bool {
        self.attempts.iter().any(|attempt| {
            matches!(
                attempt.told,
                Some(Decision::Accepted { .. } | Decision::Duplicate { .. })
            )
        })
    }

    /// Whether a vote of it was recorded.
    pub(crate) fn has_votes(&self) -> bool {
        let accepted = |attempt: &Attempt| matches!(attempt.told, Some(Decision::Accepted { .. }));
        self.attempts.iter().any(accepted)
    }

    /// Whether it may have a frame: acknowledged, or nobody was told anything.
    pub(crate) fn may_have_frame(&self) -> bool {
        self.acknowledged() || self.attempts.iter().any(|attempt| attempt.told.is_none())
    }
}

/// Collects answers by position in the batch.
pub(crate) type Answers = Arc<Mutex<Vec<(usize, Decision)>>>;

pub(crate) struct Tell {
    pub(crate) at: usize,
    pub(crate) answers: Answers,
}

impl Reply for Tell {
    fn reply(self, decision: Decision) {
        self.answers
            .lock()
            .expect("one thread")
            .push((self.at, decision));
    }
}

/// Whoever was told "not open" or "closed" came outside the window.
pub(crate) fn check_turned_away(batches: &[Batch], ballots: &[BallotShape]) -> Result<(), String> {
    for batch in batches {
        for attempt in &batch.attempts {
            let refusal = batch.times.refusal(&ballots[usize::from(attempt.ballot)]);
            let told_truly = match attempt.told {
                None | Some(Decision::Full | Decision::Malformed) => true,
                Some(told @ (Decision::ClockInDoubt | Decision::NotOpen | Decision::Closed)) => {
                    refusal == Some(told)
                }
                Some(_) => refusal.is_none(),
            };
            if !told_truly {
                let (told, now_ms) = (attempt.told, batch.times.now_ms);
                return Err(format!("a voter was told {told:?} at {now_ms} ms"));
            }
        }
    }
    Ok(())
}
