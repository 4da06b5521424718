//! Clients that race for the same credentials while the validator is killed: the sample voters' votes
//! on the laws, each sent by all clients at once. Whatever crashes, one vote is recorded, and every
//! answer was true when it was given.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

use crate::api::VoteAnswer;
use crate::choice::Choice;
use crate::http;
use crate::services::Addresses;

const CLIENTS: usize = 64;
/// Pause between two races: each request uses up a port of the machine for a while.
const PAUSE: Duration = Duration::from_millis(200);
/// Laws of the example event that are open.
const LAWS: [&str; 2] = ["L2025-001", "L2025-002"];
/// How often the last vote of each credential is tried, until it is settled which vote is recorded.
const SETTLING_TRIES: u32 = 50;

/// The vote that all clients send for one credential. It is the same for all, so that the count is known
/// whoever is first.
#[derive(Clone)]
pub struct Subject {
    /// Id of the law that is voted on.
    pub law: &'static str,
    /// Number of the voter's region.
    pub region: u16,
    /// For or against the law.
    pub choice: Choice,
    body: Value,
}

impl fmt::Debug for Subject {
    /// Leaves the credential out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in region {}: {}", self.law, self.region, self.choice)
    }
}

/// One request and its answer; none where the validator died or turned the request away.
struct Attempt {
    subject: usize,
    sent: Instant,
    told: Instant,
    answer: Option<VoteAnswer>,
}

/// The races, when they are over.
#[derive(Clone, Debug, Serialize)]
pub struct Raced {
    /// Clients that sent each vote at once.
    pub clients: usize,
    /// Credentials that were raced for; each has one vote on one law.
    pub credentials: usize,
    /// How many requests all clients sent.
    pub attempts: usize,
    /// How many requests were answered 202; of the other votes a crash swallowed that answer.
    pub accepted: usize,
    /// How many requests were answered 409.
    pub duplicates: usize,
    /// Answers that cannot be true together.
    pub violations: usize,
    /// The first pair of such answers, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_violation: Option<String>,
    /// The votes that must each be in the ledger once.
    #[serde(skip)]
    pub votes: Vec<Subject>,
    /// Receipts that must each be in the ledger.
    #[serde(skip)]
    pub receipts: Vec<String>,
}

/// The races, while they run.
pub struct Races {
    at: Addresses,
    subjects: Arc<Vec<Subject>>,
    stop: Arc<AtomicBool>,
    racing: JoinHandle<Result<Vec<Attempt>>>,
}

impl Races {
    /// Starts to race for the votes of the voters of `roll` (`NAS,Code,Region`).
    ///
    /// # Errors
    /// A row of the roll that has not three fields.
    pub fn start(at: Addresses, roll: &str) -> Result<Races> {
        let subjects = Arc::new(subjects(roll)?);
        let stop = Arc::new(AtomicBool::new(false));
        let racing = tokio::spawn(race(at, Arc::clone(&subjects), Arc::clone(&stop)));
        Ok(Races {
            at,
            subjects,
            stop,
            racing,
        })
    }

    /// Ends the races, sends every vote once more to a validator that is left in peace, and checks
    /// the history.
    ///
    /// # Errors
    /// An answer that is none of the promised ones; a vote that stays unanswered.
    pub async fn finish(self) -> Result<Raced> {
        self.stop.store(true, Ordering::Release);
        let mut history = self.racing.await.context("the races panicked")??;
        let raced: BTreeSet<usize> = history.iter().map(|attempt| attempt.subject).collect();
        for subject in raced {
            let last = settle(self.at, &self.subjects, subject).await?;
            history.push(last);
        }
        Ok(judge(&history, &self.subjects))
    }
}

/// The votes of every voter of a roll on the first law, then on the second.
pub(crate) fn subjects(roll: &str) -> Result<Vec<Subject>> {
    let mut subjects = Vec::new();
    for (at, law) in LAWS.into_iter().enumerate() {
        for (row, voter) in roll.lines().skip(1).enumerate() {
            let fields: Vec<&str> = voter.split(',').collect();
            let [nas, code, region] = fields[..] else {
                bail!("row {} of the sample voters has no three fields", row + 2);
            };
            let choice = match (at + row) % 3 {
                0 => Choice::Non,
                _ => Choice::Oui,
            };
            subjects.push(Subject {
                law,
                region: region.parse().context("a region is a number")?,
                body: json!({"nas": nas, "code": code, "law_id": law, "vote": choice}),
                choice,
            });
        }
    }
    Ok(subjects)
}

async fn race(
    at: Addresses,
    subjects: Arc<Vec<Subject>>,
    stop: Arc<AtomicBool>,
) -> Result<Vec<Attempt>> {
    let mut history = Vec::new();
    for subject in (0..subjects.len()).cycle() {
        if stop.load(Ordering::Acquire) {
            break;
        }
        let mut clients = JoinSet::new();
        for _ in 0..CLIENTS {
            let subjects = Arc::clone(&subjects);
            clients.spawn(async move { attempt(at, &subjects, subject).await });
        }
        while let Some(made) = clients.join_next().await {
            history.push(made.context("a client panicked")??);
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(history)
}

async fn attempt(at: Addresses, subjects: &[Subject], subject: usize) -> Result<Attempt> {
    let sent = Instant::now();
    let answer = cast(at, &subjects[subject]).await?;
    Ok(Attempt {
        subject,
        sent,
        told: Instant::now(),
        answer,
    })
}

/// Sends one vote; no answer where nobody is there, or where it is to be sent again later.
pub(crate) async fn cast(at: Addresses, subject: &Subject) -> Result<Option<VoteAnswer>> {
    match http::post(at.public, "/api/v1/vote", &subject.body).await {
        Ok(told) => VoteAnswer::read(told.status, &told.body),
        Err(_) => Ok(None),
    }
}

/// Tries until the vote is answered 202 or 409.
async fn settle(at: Addresses, subjects: &[Subject], subject: usize) -> Result<Attempt> {
    for _ in 0..SETTLING_TRIES {
        let made = attempt(at, subjects, subject).await?;
        if made.answer.is_some() {
            return Ok(made);
        }
        tokio::time::sleep(PAUSE).await;
    }
    bail!("a raced vote stays unanswered though nobody kills the validator: see validator.log")
}

fn judge(history: &[Attempt], subjects: &[Subject]) -> Raced {
    let mut by_subject: BTreeMap<usize, Vec<&Attempt>> = BTreeMap::new();
    for attempt in history {
        by_subject.entry(attempt.subject).or_default().push(attempt);
    }
    let violations: Vec<String> = by_subject
        .values()
        .flat_map(|raced| contradictions(raced))
        .collect();
    let receipts = history.iter().filter_map(|attempt| match &attempt.answer {
        Some(VoteAnswer::Accepted(receipt)) => Some(receipt.clone()),
        _ => None,
    });
    let receipts: Vec<String> = receipts.collect();
    let duplicate = |attempt: &&Attempt| matches!(attempt.answer, Some(VoteAnswer::Duplicate(_)));
    Raced {
        clients: CLIENTS,
        credentials: by_subject.len(),
        attempts: history.len(),
        accepted: receipts.len(),
        duplicates: history.iter().filter(duplicate).count(),
        violations: violations.len(),
        first_violation: violations.into_iter().next(),
        votes: by_subject.keys().map(|at| subjects[*at].clone()).collect(),
        receipts,
    }
}

/// Answers for one credential that cannot be true together: two acceptances; two answers with the same
/// number of attempts; an answer whose number is not above that of an answer that came before its request
/// was sent.
fn contradictions(raced: &[&Attempt]) -> Vec<String> {
    let mut numbered: Vec<(u64, &Attempt)> = Vec::new();
    for attempt in raced {
        match attempt.answer {
            Some(VoteAnswer::Accepted(_)) => numbered.push((1, attempt)),
            Some(VoteAnswer::Duplicate(count)) => numbered.push((count, attempt)),
            None => {}
        }
    }
    let mut found = Vec::new();
    for (at, (count, attempt)) in numbered.iter().enumerate() {
        for (other_count, other) in &numbered[..at] {
            let (first, second) = if attempt.told <= other.sent {
                (*count, *other_count)
            } else if other.told <= attempt.sent {
                (*other_count, *count)
            } else {
                (*count.min(other_count), *count.max(other_count))
            };
            if first >= second {
                found.push(format!("attempt {first} was told before attempt {second}"));
            }
        }
        let duplicate = matches!(attempt.answer, Some(VoteAnswer::Duplicate(_)));
        if duplicate && *count < 2 {
            found.push(format!("a duplicate was told attempt {count}"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(start: Instant, from_ms: u64, to_ms: u64, answer: VoteAnswer) -> Attempt {
        Attempt {
            subject: 0,
            sent: start + Duration::from_millis(from_ms),
            told: start + Duration::from_millis(to_ms),
            answer: Some(answer),
        }
    }

    fn check(answers: &[(u64, u64, VoteAnswer)], expected: usize) {
        let start = Instant::now();
        let history: Vec<Attempt> = answers
            .iter()
            .map(|(from, to, answer)| told(start, *from, *to, answer.clone()))
            .collect();
        let found = contradictions(&history.iter().collect::<Vec<_>>());
        assert_eq!(found.len(), expected, "{answers:?}: {found:?}");
    }

    #[test]
    fn answers_that_cannot_be_true_together_are_found() {
        let accepted = || VoteAnswer::Accepted("0-1-x".to_owned());
        let duplicate = VoteAnswer::Duplicate;
        check(
            &[
                (0, 9, accepted()),
                (1, 8, duplicate(2)),
                (2, 7, duplicate(3)),
            ],
            0,
        );
        // A crash swallowed the acceptance and one duplicate.
        check(&[(0, 9, duplicate(3)), (10, 11, duplicate(7))], 0);
        check(&[(0, 9, accepted()), (1, 8, accepted())], 1);
        check(&[(0, 9, duplicate(2)), (1, 8, duplicate(2))], 1);
        check(&[(0, 1, duplicate(3)), (2, 3, duplicate(2))], 1);
        check(&[(0, 1, duplicate(2)), (2, 3, accepted())], 1);
        check(&[(0, 1, duplicate(1))], 1);
    }
}
