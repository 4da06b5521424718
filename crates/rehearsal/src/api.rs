//! The answers of validator and tally, read once into types. A member that is missing, or of another
//! kind than promised, is an error that names it.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::http;

/// Why the validator refused a request: the `type` of its answer (RFC 9457).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "type")]
pub enum ProblemType {
    /// Too many wrong codes for this NAS, or from this address.
    #[serde(rename = "urn:scrutin:problem:too-many-failed-attempts")]
    TooManyFailedAttempts,
    /// Too many requests from this address.
    #[serde(rename = "urn:scrutin:problem:too-many-requests")]
    TooManyRequests,
    /// The disk is full and nothing was recorded.
    #[serde(rename = "urn:scrutin:problem:storage-full")]
    StorageFull,
    /// A reason that no rehearsal asks for.
    #[serde(other)]
    Other,
}

impl ProblemType {
    /// The problem that a body tells of; none where it is no problem.
    #[must_use]
    pub fn of(body: &[u8]) -> Option<ProblemType> {
        serde_json::from_slice(body).ok()
    }
}

/// A definite answer to a vote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VoteAnswer {
    /// 202: the vote is recorded, and this is its receipt.
    Accepted(String),
    /// 409: the voter had voted; this was attempt number so many.
    Duplicate(u64),
}

impl VoteAnswer {
    /// Reads an answer to a well-formed vote of a voter who may vote; none where the validator asks to
    /// come back later (429 or 503), or to send it again (504).
    ///
    /// # Errors
    /// Any other status, or a body that is not the promised one.
    pub fn read(status: u16, body: &[u8]) -> Result<Option<VoteAnswer>> {
        #[derive(Deserialize)]
        struct Accepted {
            request_id: String,
        }
        #[derive(Deserialize)]
        struct Duplicate {
            attempt_count: u64,
        }
        let named = || format!("a vote was answered {status} with another body than promised");
        match status {
            202 => {
                let accepted: Accepted = serde_json::from_slice(body).with_context(named)?;
                Ok(Some(VoteAnswer::Accepted(accepted.request_id)))
            }
            409 => {
                let duplicate: Duplicate = serde_json::from_slice(body).with_context(named)?;
                Ok(Some(VoteAnswer::Duplicate(duplicate.attempt_count)))
            }
            429 | 503 | 504 => Ok(None),
            _ => bail!("a vote was answered {status}, expected 202, 409, 429, 503 or 504"),
        }
    }
}

/// What the validator says of its ledger to whoever watches over it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LedgerState {
    /// The ledger takes votes.
    Ok,
    /// The disk is full.
    Full,
    /// The validator is ending.
    Stopping,
}

/// The state of the ledger, as the validator at `address` tells it.
///
/// # Errors
/// No answer, or not the promised one.
pub async fn ledger_state(address: SocketAddr) -> Result<LedgerState> {
    #[derive(Deserialize)]
    struct Health {
        services: Services,
    }
    #[derive(Deserialize)]
    struct Services {
        ledger: LedgerState,
    }
    // 200 while votes are taken, 503 while none is; the document is the same.
    let (_, body) = http::get(address, "/api/v1/health").await?;
    let health: Health = serde_json::from_slice(&body).context("not the promised health")?;
    Ok(health.services.ledger)
}

/// How far the tally is.
#[derive(Clone, Debug, Deserialize)]
pub struct TallyHealth {
    /// Whether everything is well.
    pub status: HealthStatus,
    /// Last counted frame of each partition that has one.
    pub ledger: Vec<CountedHead>,
    /// Last frame in the database, by partition; none where the tally writes to no database.
    pub postgres_sequences: Option<BTreeMap<u16, u64>>,
}

/// How the tally fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HealthStatus {
    /// Everything that was acknowledged is counted, and the database can be reached.
    Healthy,
    /// The tally is behind, or cannot reach its database.
    Degraded,
}

/// The last counted frame of a partition.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct CountedHead {
    /// Number of the partition.
    pub partition: u16,
    /// Number of the frame.
    pub sequence: u64,
}

/// The partition that a rehearsal's validator writes.
const PARTITION: u16 = 0;

impl TallyHealth {
    /// The last frame that the tally has counted; none where it has counted none.
    #[must_use]
    pub fn counted(&self) -> Option<u64> {
        let head = self.ledger.iter().find(|head| head.partition == PARTITION);
        head.map(|head| head.sequence)
    }

    /// The last frame in the database; none where there is none.
    #[must_use]
    pub fn written(&self) -> Option<u64> {
        self.postgres_sequences.as_ref()?.get(&PARTITION).copied()
    }
}

/// How far the tally at `address` is.
///
/// # Errors
/// No answer, or not the promised one.
pub async fn tally_health(address: SocketAddr) -> Result<TallyHealth> {
    http::get_json(address, "/api/v1/health").await
}

/// A ballot's window, as the validator sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Window {
    /// Voting has not begun.
    Scheduled,
    /// Voting goes on now.
    Active,
    /// Voting has come to its end.
    Completed,
}

/// A law in the validator's list.
#[derive(Clone, Debug, Deserialize)]
pub struct Law {
    /// The id of its ballot.
    pub law_id: String,
    /// Whether it may be voted on.
    pub status: Window,
}

/// An election in the validator's list.
#[derive(Clone, Debug, Deserialize)]
pub struct Election {
    /// The number by which the API names it.
    pub election_id: u32,
    /// The id of its ballot.
    pub election_code: String,
    /// Whether it may be voted on.
    pub status: Window,
}

/// The laws of the event, by the validator at `address`.
///
/// # Errors
/// No answer, or not the promised list.
pub async fn laws(address: SocketAddr) -> Result<Vec<Law>> {
    http::get_json(address, "/api/v1/laws").await
}

/// The elections of the event, by the validator at `address`.
///
/// # Errors
/// No answer, or not the promised list.
pub async fn elections(address: SocketAddr) -> Result<Vec<Election>> {
    http::get_json(address, "/api/v1/elections").await
}

/// Ballots that take votes now, by the validator at `address`.
///
/// # Errors
/// No answer, or not the promised lists; no open ballot: there is nothing to rehearse.
pub async fn open_ballots(address: SocketAddr) -> Result<u64> {
    let laws = laws(address).await?.into_iter().map(|law| law.status);
    let elections = elections(address).await?.into_iter();
    let windows = laws.chain(elections.map(|election| election.status));
    match windows.filter(|window| *window == Window::Active).count() {
        0 => bail!("no ballot of the event is open now"),
        open => Ok(open as u64),
    }
}

/// The tally's result of a law. Counts are none where they are not shown before the close.
#[derive(Clone, Debug, Deserialize)]
pub struct LawResult {
    /// Votes for the law.
    pub oui_count: Option<u64>,
    /// Votes against the law.
    pub non_count: Option<u64>,
    /// Votes neither for nor against it.
    pub blanc_count: Option<u64>,
    /// The sum of all votes, shown at any time.
    pub total_votes: u64,
}

/// The tally's result of an election.
#[derive(Clone, Debug, Deserialize)]
pub struct ElectionResult {
    /// Result of each region.
    pub regions: Vec<RegionResult>,
    /// Votes in all regions.
    pub total_votes: u64,
}

/// The tally's result of an election in one region.
#[derive(Clone, Debug, Deserialize)]
pub struct RegionResult {
    /// Number of the region.
    pub region_id: u16,
    /// Votes in the region.
    pub total_votes: u64,
    /// Result of each candidate.
    pub candidates: Vec<CandidateResult>,
}

/// The tally's result of one candidate.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct CandidateResult {
    /// Number of the candidate.
    pub candidate_id: u32,
    /// Votes; of ranked ballots, first preferences.
    pub votes: u64,
}

/// The result of the law `id`, by the tally at `address`.
///
/// # Errors
/// No answer, or not the promised one.
pub async fn law_result(address: SocketAddr, id: &str) -> Result<LawResult> {
    http::get_json(address, &format!("/api/v1/results/{id}")).await
}

/// The result of election `number`, by the tally at `address`.
///
/// # Errors
/// No answer, or not the promised one.
pub async fn election_result(address: SocketAddr, number: u32) -> Result<ElectionResult> {
    http::get_json(address, &format!("/api/v1/elections/{number}/results")).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_promised_answers_to_a_vote_count() {
        assert_eq!(VoteAnswer::read(503, b"{}").unwrap(), None);
        let accepted = VoteAnswer::read(202, br#"{"request_id":"0-1-x"}"#).unwrap();
        assert_eq!(accepted, Some(VoteAnswer::Accepted("0-1-x".to_owned())));
        let duplicate = VoteAnswer::read(409, br#"{"attempt_count":2}"#).unwrap();
        assert_eq!(duplicate, Some(VoteAnswer::Duplicate(2)));
        for (status, body) in [(202, "{}"), (409, "{}"), (403, "{}"), (202, "")] {
            let answer = VoteAnswer::read(status, body.as_bytes());
            assert!(answer.is_err(), "{status} {body}");
        }
        let error = VoteAnswer::read(202, b"{}").unwrap_err();
        assert!(format!("{error:#}").contains("`request_id`"), "{error:#}");
    }

    #[test]
    fn problems_are_known_by_their_type() {
        let full = br#"{"type":"urn:scrutin:problem:storage-full","status":503}"#;
        assert_eq!(ProblemType::of(full), Some(ProblemType::StorageFull));
        let other = br#"{"type":"urn:scrutin:problem:not-found","status":404}"#;
        assert_eq!(ProblemType::of(other), Some(ProblemType::Other));
        assert_eq!(ProblemType::of(br#"{"status":"accepted"}"#), None);
        assert_eq!(ProblemType::of(b""), None);
    }

    #[test]
    fn a_tally_that_has_counted_nothing_is_not_at_frame_0() {
        let text = r#"{"status":"degraded","ledger":[],"postgres_sequences":null}"#;
        let health: TallyHealth = serde_json::from_str(text).unwrap();
        assert_eq!((health.counted(), health.written()), (None, None));
        let text = r#"{"status":"healthy","ledger":[{"partition":0,"sequence":7,"hash":"00"}],
            "postgres_sequences":{"0":6}}"#;
        let health: TallyHealth = serde_json::from_str(text).unwrap();
        assert_eq!((health.counted(), health.written()), (Some(7), Some(6)));
    }
}
