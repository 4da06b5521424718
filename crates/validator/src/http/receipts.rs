//! Proof that a vote is recorded, found by its request id. It never tells the choice.

use std::sync::Arc;
use std::time::Duration;

use election::Language;
use election::instant_text;
use hyper::StatusCode;
use ledger::{Receipt, RequestId};
use listener::log::Gate;
use serde::Serialize;

use super::rejection::Rejection;
use super::reply::{self, JSON, Reply};
use crate::app::App;

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
}

/// Looks a receipt up. That reads the disk, on a thread of its own, and only so many are looked up at
/// once: a flood of look-ups cannot keep the disk from the votes.
pub(crate) async fn find(
    app: &Arc<App>,
    text: &str,
    language: Language,
) -> Result<Reply, Rejection> {
    let Ok(id) = text.parse::<RequestId>() else {
        return Err(Rejection::NoSuchReceipt);
    };
    let receipt = look_up(app, id).await?;
    let receipt = receipt.ok_or(Rejection::NoSuchReceipt)?;
    let body = Recorded {
        request_id: id.to_string(),
        status: "recorded",
        recorded_at: instant_text(hour_of(receipt.time_ms)),
    };
    Ok(reply::json(StatusCode::OK, &body, JSON, Some(language)))
}

/// The receipt of that id; none where no frame holds it.
pub(crate) async fn look_up(app: &Arc<App>, id: RequestId) -> Result<Option<Receipt>, Rejection> {
    let Ok(_turn) = app.lookups.try_acquire() else {
        return Err(Rejection::Busy { wait: RETRY });
    };
    let known = (1..=app.partitions.last_sequence(id.partition)).contains(&id.sequence);
    let is_shared = app.steward.is_some();
    // What another validator has just recorded this one may not have seen yet.
    if !known && !is_shared {
        return Ok(None);
    }
    let ledger = Arc::clone(&app.ledger);
    let found = tokio::task::spawn_blocking(move || ledger::find_receipt(&*ledger, &id)).await;
    match found {
        Ok(Ok(receipt)) => Ok(receipt),
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
