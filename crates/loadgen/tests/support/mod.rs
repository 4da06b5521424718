//! A validator of straw: it answers as the real one promises to, or breaks one promise.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// A body that takes longer is cut off.
const BODY_TIMEOUT: Duration = Duration::from_millis(900);

/// Time between a look and a record that should have been one step.
const BETWEEN: Duration = Duration::from_millis(100);

/// How this validator behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    Honest,
    /// Closes the connection after recording every fifth vote, without an answer.
    LosesAnswers,
    /// Says 503 to every seventh request, at once again.
    TurnsAway,
    /// Says of every seventh vote that nobody knows, having recorded it.
    DoesNotKnow,
    /// Answers nothing for 600 ms, once, after 100 requests.
    Stalls,
    AcceptsDuplicates,
    /// Looks whether a vote is recorded, and records it a moment later.
    LooksThenRecords,
    AcceptsStrangers,
    AcceptsRubbish,
    RefusesVoters,
    ForgetsReceipts,
}

/// What the server under test was sent.
#[derive(Debug, Default)]
pub(crate) struct Record {
    /// Addresses from which connections came.
    pub(crate) peers: BTreeSet<IpAddr>,
    /// Submissions by NAS and ballot.
    pub(crate) votes: HashMap<(String, String), u64>,
    requests: u64,
    stalled_until: Option<Instant>,
}

#[derive(Clone)]
struct Validator {
    manner: Manner,
    voters: Arc<HashSet<(String, String)>>,
    record: Arc<Mutex<Record>>,
}

/// Starts one on a free port for the voters of `roll` (CSV); it runs as long as the runtime.
pub(crate) async fn start(manner: Manner, roll: &str) -> (SocketAddr, Arc<Mutex<Record>>) {
    let fields = |row: &str| {
        let mut fields = row.split(',').map(str::to_owned);
        Some((fields.next()?, fields.next()?))
    };
    let voters = roll.lines().skip(1).filter_map(fields).collect();
    let validator = Validator {
        manner,
        voters: Arc::new(voters),
        record: Arc::new(Mutex::default()),
    };
    let record = Arc::clone(&validator.record);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, peer) = listener.accept().await.unwrap();
            validator.record.lock().unwrap().peers.insert(peer.ip());
            let validator = validator.clone();
            let service = service_fn(move |request| validator.clone().answer(request));
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    (address, record)
}

type Answer = Result<Response<Full<Bytes>>, std::io::Error>;

impl Validator {
    async fn answer(self, request: Request<Incoming>) -> Answer {
        let path = request.uri().path().to_owned();
        if request.method() == Method::GET {
            return Ok(reply(200, &document(&path)));
        }
        let body = tokio::time::timeout(BODY_TIMEOUT, request.into_body().collect()).await;
        let Ok(body) = body else {
            return Ok(reply(408, &json!({"status": 408})));
        };
        let body = body.map_err(std::io::Error::other)?.to_bytes();
        if let Some(pause) = self.stall() {
            tokio::time::sleep(pause).await;
        }
        let looked = self.recorded(&body);
        if self.manner == Manner::LooksThenRecords {
            tokio::time::sleep(BETWEEN).await;
        }
        self.vote(&body, looked)
    }

    /// Whether the vote is recorded already.
    fn recorded(&self, body: &[u8]) -> bool {
        let record = self.record.lock().unwrap();
        read(body).is_some_and(|(nas, _, ballot)| record.votes.contains_key(&(nas, ballot)))
    }

    /// The rest of the one stall.
    fn stall(&self) -> Option<Duration> {
        let mut record = self.record.lock().unwrap();
        record.requests += 1;
        if self.manner == Manner::Stalls && record.requests == 100 {
            record.stalled_until = Some(Instant::now() + Duration::from_millis(600));
        }
        Some(
            record
                .stalled_until?
                .saturating_duration_since(Instant::now()),
        )
    }

    /// Answers a vote of which it `looked` whether it is recorded.
    fn vote(&self, body: &[u8], looked: bool) -> Answer {
        let Some((nas, code, ballot)) = read(body) else {
            let status = if self.manner == Manner::AcceptsRubbish {
                202
            } else {
                400
            };
            return Ok(reply(
                status,
                &json!({"request_id": "0-0-0", "status": "accepted"}),
            ));
        };
        let mut record = self.record.lock().unwrap();
        let nth = record.requests;
        if self.manner == Manner::TurnsAway && nth.is_multiple_of(7) {
            return Ok(reply(
                503,
                &json!({"type": "urn:scrutin:problem:overloaded"}),
            ));
        }
        let known = self.voters.contains(&(nas.clone(), code));
        if self.manner == Manner::RefusesVoters || !known && self.manner != Manner::AcceptsStrangers
        {
            return Ok(reply(403, &json!({"status": "invalid"})));
        }
        let attempts = record.votes.entry((nas, ballot)).or_default();
        *attempts += 1;
        let repeated = match self.manner {
            Manner::AcceptsDuplicates => false,
            Manner::LooksThenRecords => looked,
            _ => *attempts > 1,
        };
        if repeated {
            let body = json!({"status": "duplicate", "attempt_count": *attempts});
            return Ok(reply(409, &body));
        }
        match self.manner {
            Manner::LosesAnswers if nth.is_multiple_of(5) => Err(std::io::Error::other("gone")),
            Manner::DoesNotKnow if nth.is_multiple_of(7) => Ok(reply(
                504,
                &json!({"type": "urn:scrutin:problem:outcome-unknown"}),
            )),
            Manner::ForgetsReceipts => Ok(reply(202, &json!({"status": "accepted"}))),
            _ => {
                let receipt = format!("0-{nth}-X");
                Ok(reply(
                    202,
                    &json!({"request_id": receipt, "status": "accepted"}),
                ))
            }
        }
    }
}

/// NAS, code and ballot of a well-formed vote.
fn read(body: &[u8]) -> Option<(String, String, String)> {
    let vote: Value = serde_json::from_slice(body).ok()?;
    let nas = vote["nas"]
        .as_str()
        .filter(|nas| nas.len() == 9)?
        .to_owned();
    let code = vote["code"].as_str()?.to_owned();
    let law = matches!(vote["vote"].as_str(), Some("oui" | "non" | "blanc"));
    let candidate = vote["candidate_id"].is_u64() || vote["ranked_choices"].is_array();
    match (vote["law_id"].as_str(), vote["election_id"].as_u64()) {
        (Some(id), None) if law => Some((nas, code, id.to_owned())),
        (None, Some(number)) if candidate => Some((nas, code, number.to_string())),
        _ => None,
    }
}

/// The event: one law, a single-choice and a ranked election in regions 1 and 2.
fn document(path: &str) -> Value {
    let election = |id: u64, method: &str| {
        json!({"election_id": id, "election_code": format!("E{id}"), "voting_method": method,
               "max_ranks": 3, "region_ids": [1, 2], "status": "active"})
    };
    match path {
        "/api/v1/laws" => json!([
            {"law_id": "L1", "allow_blank": true, "status": "active"},
            {"law_id": "L0", "allow_blank": true, "status": "completed"}]),
        "/api/v1/elections" => {
            json!([election(1, "single_choice"), election(2, "ranked_choice")])
        }
        _ => {
            json!([{"candidate_id": 1, "status": "active"}, {"candidate_id": 2, "status": "active"},
                    {"candidate_id": 3, "status": "active"}, {"candidate_id": 4, "status": "withdrawn"}])
        }
    }
}

fn reply(status: u16, body: &Value) -> Response<Full<Bytes>> {
    let response = Response::builder()
        .status(status)
        .header("retry-after", "0");
    response.body(Full::new(body.to_string().into())).unwrap()
}
