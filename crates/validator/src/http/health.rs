//! Whether the process is alive, whether it takes traffic, and how it is: for machines and for people.

use election::instant_text;
use hyper::StatusCode;
use serde_json::json;

use super::rejection::Rejection;
use super::reply::{self, JSON, Reply};
use crate::app::App;

/// 200 as long as the process answers: whoever supervises it need not restart it.
pub(crate) fn live() -> Reply {
    reply::json(StatusCode::OK, &json!({"status": "ok"}), JSON, None)
}

/// 200 while votes are taken, 503 once the process is stopping. A full disk leaves it at 200: voters
/// have no other validator, and a vote that is refused for it says why.
pub(crate) fn ready(app: &App) -> Result<Reply, Rejection> {
    if app.lifecycle.is_stopping() {
        return Err(Rejection::Stopping);
    }
    Ok(live())
}

/// The state for people, and that of each service that a voter depends on.
pub(crate) fn health(app: &App) -> Reply {
    let ledger = if app.lifecycle.is_stopping() {
        "stopping"
    } else if app.partition.state().is_full() {
        "full"
    } else {
        "ok"
    };
    let body = json!({
        "status": ledger,
        "services": {"package": "ok", "ledger": ledger},
        "timestamp": instant_text(app.clock.now_ms()),
    });
    reply::json(StatusCode::OK, &body, JSON, None)
}
