//! The proof of a vote on its receipt's page, and as a file.

use hyper::StatusCode;
use hyper::header::{CONTENT_DISPOSITION, HeaderValue};
use ledger::RequestId;
use pages::voter::{CosignedBy, PolicyView, ProofShows, ProofView, WitnessView};
use transparency::{LogProof, Note, Policy, Promise};

use crate::app::App;
use crate::checkpoints::Voucher;
use crate::http::reply::{self, Reply, TEXT};

/// What the page shows; none where the voucher does not hold, which the log tells.
pub(super) fn view(app: &App, id: &RequestId, voucher: Voucher) -> Option<ProofView> {
    let policy = app.desk.as_ref()?.policy();
    let (text, shows) = match voucher {
        Voucher::Proof(text) => {
            let shows = proven(policy, &text);
            (text, shows)
        }
        Voucher::Promise(text) => {
            let shows = promised(policy, &text);
            (text, shows)
        }
    };
    if shows.is_none() {
        tracing::error!("a proof does not hold by the event's own policy: see the ledger's log");
    }
    Some(ProofView {
        text,
        shows: shows?,
        policy: policy_view(app, policy, id.partition)?,
    })
}

fn proven(policy: &Policy, text: &str) -> Option<ProofShows> {
    let proof = LogProof::parse(text.as_bytes()).ok()?;
    let attested = policy.check(&proof.checkpoint).ok()?;
    let cosigned = attested.cosigned.into_iter().map(|by| CosignedBy {
        name: by.witness,
        time_ms: i64::try_from(by.time_s.saturating_mul(1_000)).unwrap_or(i64::MAX),
    });
    Some(ProofShows::Proof {
        cosigned: cosigned.collect(),
    })
}

fn promised(policy: &Policy, text: &str) -> Option<ProofShows> {
    let note = Note::parse(text.as_bytes()).ok()?;
    let promise = Promise::verify(&note, policy).ok()?;
    let time_ms = i64::from(promise.minute) * 60_000;
    Some(ProofShows::Promise { time_ms })
}

fn policy_view(app: &App, policy: &Policy, partition: u16) -> Option<PolicyView> {
    let log = policy.logs().get(usize::from(partition))?;
    let witnesses = policy.witnesses().iter().map(|witness| WitnessView {
        name: witness.name.clone(),
        key: witness.key.to_string(),
    });
    Some(PolicyView {
        log: log.key.to_string(),
        witnesses: witnesses.collect(),
        required: app.event().log.as_ref()?.required,
    })
}

/// The same to be saved.
pub(super) fn file(proof: &ProofView) -> Reply {
    let mut reply = reply::made(StatusCode::OK, proof.text.clone().into(), TEXT, None);
    let saved = format!("attachment; filename=\"{}\"", proof.file_name());
    let saved = HeaderValue::from_str(&saved).expect("names of files are ASCII");
    reply.headers_mut().insert(CONTENT_DISPOSITION, saved);
    reply
}
