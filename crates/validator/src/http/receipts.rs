//! Proof that a vote is recorded, found by its request id. It never tells the choice.

use std::sync::Arc;
use std::time::Duration;

use election::Language;
use election::instant_text;
use hyper::StatusCode;
use ledger::RequestId;
use listener::log::Gate;
use serde::Serialize;

use super::rejection::Rejection;
use super::reply::{self, JSON, Reply, TEXT};
use crate::app::App;
use crate::checkpoints::Voucher;

/// After how long a receipt may be looked up again where too many are being looked up.
const RETRY: Duration = Duration::from_secs(1);
const HOUR_MS: i64 = 3_600_000;
/// Lines about look-ups, one a second at most.
static FAILURES: Gate = Gate::new();

/// The start of the hour: all that a receipt tells of its time. A finer one would name the frame, and with it
/// the few who voted in the same moment.
pub(crate) fn hour_of(time_ms: i64) -> i64 {
    time_ms - time_ms.rem_euclid(HOUR_MS)
}

#[derive(Serialize)]
struct Recorded {
    request_id: String,
    status: &'static str,
    recorded_at: String,
    /// The file that proves it.
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<String>,
    /// The log's promise of one, where there is none yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    promise: Option<String>,
}

/// A vote that is recorded.
pub(crate) struct Found {
    /// When it was committed, ms since 1970 UTC.
    pub(crate) time_ms: i64,
    /// What proves it; none where the event has no log.
    pub(crate) voucher: Option<Voucher>,
}

/// Looks a receipt up. That reads the disk, on a thread of its own, and only so many are looked up at
/// once: a flood of look-ups cannot keep the disk from the votes.
pub(crate) async fn find(
    app: &Arc<App>,
    text: &str,
    language: Language,
) -> Result<Reply, Rejection> {
    let (id, found) = known(app, text).await?;
    let (proof, promise) = match found.voucher {
        Some(Voucher::Proof(text)) => (Some(text), None),
        Some(Voucher::Promise(text)) => (None, Some(text)),
        None => (None, None),
    };
    let body = Recorded {
        request_id: id.to_string(),
        status: "recorded",
        recorded_at: instant_text(hour_of(found.time_ms)),
        proof,
        promise,
    };
    Ok(reply::json(StatusCode::OK, &body, JSON, Some(language)))
}

/// The proof of a vote as a file: 200. Where there is none yet, the promise of it: 202.
pub(crate) async fn proof(app: &Arc<App>, text: &str) -> Result<Reply, Rejection> {
    let (_, found) = known(app, text).await?;
    let (status, text) = match found.voucher.ok_or(Rejection::NoSuchReceipt)? {
        Voucher::Proof(text) => (StatusCode::OK, text),
        Voucher::Promise(text) => (StatusCode::ACCEPTED, text),
    };
    Ok(reply::made(status, text.into(), TEXT, None))
}

async fn known(app: &Arc<App>, text: &str) -> Result<(RequestId, Found), Rejection> {
    let id: RequestId = text.parse().map_err(|_| Rejection::NoSuchReceipt)?;
    let found = look_up(app, id).await?;
    Ok((id, found.ok_or(Rejection::NoSuchReceipt)?))
}

/// The vote of that id; none where no frame holds it.
pub(crate) async fn look_up(app: &Arc<App>, id: RequestId) -> Result<Option<Found>, Rejection> {
    let Ok(turn) = app.lookups.try_acquire() else {
        return Err(Rejection::Busy { wait: RETRY });
    };
    let known = (1..=app.partitions.last_sequence(id.partition)).contains(&id.sequence);
    let is_shared = app.steward.is_some();
    // What another validator has just recorded this one may not have seen yet.
    if !known && !is_shared {
        return Ok(None);
    }
    let ledger = Arc::clone(&app.ledger);
    let found = tokio::task::spawn_blocking(move || ledger::find_vote(&*ledger, &id)).await;
    // Whoever waits for another owner keeps nobody from looking up.
    drop(turn);
    match found {
        Ok(Ok(None)) => Ok(None),
        Ok(Ok(Some(frame))) => Ok(Some(Found {
            time_ms: frame.header.time_ms,
            voucher: match &app.desk {
                Some(desk) => desk.voucher(id, frame).await,
                None => None,
            },
        })),
        Ok(Err(error)) => {
            FAILURES.run(|unsaid| {
                tracing::error!(
                    %error,
                    unsaid,
                    "a receipt could not be looked up: see the disk or the database, then `tally verify` the ledger"
                );
            });
            Err(Rejection::Failed)
        }
        // The look-up panicked: the panic hook has logged where.
        Err(_) => Err(Rejection::Failed),
    }
}
