//! Whether the process is alive, whether it takes traffic, and how it is: for machines and for people.

use election::instant_text;
use hyper::StatusCode;
use ledger::{ClockState, PartitionState};
use serde_json::json;

use super::problem::Problem;
use super::rejection::Rejection;
use super::reply::{self, JSON, Reply};
use crate::app::App;
use crate::obstacle::Obstacle;
use crate::partitions::UNOWNED_MAX;
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
        Some(Obstacle::OutOfReach | Obstacle::SetBack) => Err(Rejection::OutOfReach.into()),
        Some(Obstacle::Clock) => Err(Refusal::ClockInDoubt.into()),
        Some(Obstacle::Unowned) => Err(Refusal::Overloaded.into()),
        Some(Obstacle::Roll) => Err(Refusal::RollUnreadable.into()),
        Some(Obstacle::Unwitnessed) => Err(Refusal::Unwitnessed.into()),
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
        Some(Obstacle::SetBack) => ("ledger-set-back", "set-back"),
        Some(Obstacle::Unowned) => ("ledger-without-owner", "without-owner"),
        Some(Obstacle::Clock) => ("clock-in-doubt", "ok"),
        Some(Obstacle::Roll) => ("roll-unreadable", "ok"),
        Some(Obstacle::Unwitnessed) => ("log-unwitnessed", "unwitnessed"),
    };
    let package = match app.package().rot() {
        None => "ok",
        Some(_) => "damaged",
    };
    let here = app.partitions.here();
    let any = |is: fn(&PartitionState) -> bool| here.iter().any(|(_, owned)| is(owned.state()));
    let clock = if any(|state| state.clock() == ClockState::InDoubt) {
        "in-doubt"
    } else if any(|state| state.clock() == ClockState::Apart) {
        "apart"
    } else if any(|state| state.closes_held() > 0) {
        "close-held"
    } else {
        "ok"
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

/// Whether this validator has not seen the others for a while: whoever owns nothing would not notice otherwise that
/// the database is gone.
fn is_blind(app: &App) -> bool {
    let steward = app.steward.as_ref();
    steward.is_some_and(|steward| steward.is_blind())
}

/// What keeps votes from being taken now; none where they are.
pub(crate) fn obstacle(app: &App) -> Option<Obstacle> {
    let here = app.partitions.here();
    let any = |is: fn(&PartitionState) -> bool| here.iter().any(|(_, owned)| is(owned.state()));
    if app.lifecycle.is_stopping() {
        Some(Obstacle::Stopping)
    } else if any(PartitionState::is_full) {
        Some(Obstacle::Full)
    } else if app.partitions.is_set_back() {
        Some(Obstacle::SetBack)
    } else if any(PartitionState::is_out_of_reach) || is_blind(app) {
        Some(Obstacle::OutOfReach)
    } else if any(|state| state.clock() == ClockState::InDoubt) {
        Some(Obstacle::Clock)
    } else if app.partitions.without_owner(UNOWNED_MAX) == usize::from(app.partitions.count()) {
        Some(Obstacle::Unowned)
    } else if app.package().rot().is_some() {
        Some(Obstacle::Roll)
    } else if app.partitions.is_unwitnessed() {
        Some(Obstacle::Unwitnessed)
    } else {
        None
    }
}
