//! Whether the process is alive, whether it takes traffic, and how it is: for machines and for people.

use election::instant_text;
use hyper::StatusCode;
use ledger::ClockState;
use serde_json::json;

use super::problem::Problem;
use super::rejection::Rejection;
use super::reply::{self, JSON, Reply};
use crate::app::App;
use crate::vote::Refusal;

/// 200 as long as the process answers: whoever supervises it need not restart it.
pub(crate) fn live() -> Reply {
    reply::json(StatusCode::OK, &json!({"status": "ok"}), JSON, None)
}

/// 200 while votes are taken. 503 while none is, or not everybody's, whatever the cause: a proxy then sends
/// voters elsewhere.
pub(crate) fn ready(app: &App) -> Result<Reply, Problem> {
    match obstacle(app) {
        None => Ok(live()),
        Some(Obstacle::Stopping) => Err(Rejection::Stopping.into()),
        Some(Obstacle::Full) => Err(Refusal::StorageFull.into()),
        Some(Obstacle::OutOfReach) => Err(Refusal::OutcomeUnknown.into()),
        Some(Obstacle::Clock) => Err(Refusal::ClockInDoubt.into()),
        Some(Obstacle::Roll) => Err(Refusal::RollUnreadable.into()),
    }
}

/// The state for people, and that of each service that a voter depends on; 503 while no vote is taken, or not
/// everybody's.
pub(crate) fn health(app: &App) -> Reply {
    let obstacle = obstacle(app);
    let (status, ledger) = match obstacle {
        None => ("ok", "ok"),
        Some(Obstacle::Stopping) => ("stopping", "stopping"),
        Some(Obstacle::Full) => ("full", "full"),
        Some(Obstacle::OutOfReach) => ("ledger-out-of-reach", "out-of-reach"),
        Some(Obstacle::Clock) => ("clock-in-doubt", "ok"),
        Some(Obstacle::Roll) => ("roll-unreadable", "ok"),
    };
    let package = match app.package().rot() {
        None => "ok",
        Some(_) => "damaged",
    };
    let state = app.partition.state();
    let clock = match state.clock() {
        ClockState::Agrees if state.closes_held() > 0 => "close-held",
        ClockState::Agrees => "ok",
        ClockState::Apart => "apart",
        ClockState::InDoubt => "in-doubt",
    };
    let body = json!({
        "status": status,
        "services": {"package": package, "ledger": ledger, "clock": clock},
        "timestamp": instant_text(app.clock.now_ms()),
    });
    let code = match obstacle {
        None => StatusCode::OK,
        Some(_) => StatusCode::SERVICE_UNAVAILABLE,
    };
    reply::json(code, &body, JSON, None)
}

/// What keeps votes from being taken, of everybody or of some.
#[derive(Clone, Copy)]
enum Obstacle {
    Stopping,
    Full,
    /// The database of a replicated ledger.
    OutOfReach,
    Clock,
    Roll,
}

fn obstacle(app: &App) -> Option<Obstacle> {
    let state = app.partition.state();
    if app.lifecycle.is_stopping() {
        Some(Obstacle::Stopping)
    } else if state.is_full() {
        Some(Obstacle::Full)
    } else if state.is_out_of_reach() {
        Some(Obstacle::OutOfReach)
    } else if state.clock() == ClockState::InDoubt {
        Some(Obstacle::Clock)
    } else if app.package().rot().is_some() {
        Some(Obstacle::Roll)
    } else {
        None
    }
}
