//! The operators' page, for the internal listener: what this tally remembers of its own metrics.

use std::sync::{Arc, PoisonError};

use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use pages::{SAMPLE_EVERY, Watched};
use tokio::time::MissedTickBehavior;

use super::metrics::exposed;
use super::shared::Shared;
use super::site;

/// Takes samples of the metrics for as long as the tally runs, the first one at once.
pub(crate) async fn watch(shared: Arc<Shared>) {
    let mut every = tokio::time::interval(SAMPLE_EVERY);
    // After a standstill, missed samples would all be of one moment.
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        let metrics = exposed(&shared);
        let history = shared.history.lock();
        let mut history = history.unwrap_or_else(PoisonError::into_inner);
        history.take(shared.now_ms(), &metrics, shared.is_caught_up());
    }
}

/// `GET /monitor`: the page of this moment.
pub(super) async fn monitor(
    State(shared): State<Arc<Shared>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let history = shared.history.lock();
    let watched = Watched {
        history: &history.unwrap_or_else(PoisonError::into_inner),
        ready: shared.is_caught_up(),
        tables: &[],
    };
    let context = site::context_of(&shared, &uri, &headers);
    site::uncached(pages::monitor(&context, &watched))
}

/// `GET /monitor/history`: the last hour as JSON.
pub(super) async fn history(State(shared): State<Arc<Shared>>) -> Response {
    let history = shared.history.lock();
    let json = history.unwrap_or_else(PoisonError::into_inner).to_json();
    ([(header::CONTENT_TYPE, "application/json")], json).into_response()
}
