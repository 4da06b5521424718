//! Whether to restart this process (`/livez`), to send it readers (`/readyz`), and what it depends on.

use std::sync::{Arc, PoisonError};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use election::instant_text;
use serde_json::json;

use super::problem::Problem;
use super::shared::Shared;
use crate::documents::HeadDocument;

/// Alive: the process answers.
pub(super) async fn livez() -> &'static str {
    "ok\n"
}

/// Ready: everything that was acknowledged at the start has been counted.
pub(super) async fn readyz(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    if shared.is_caught_up() {
        return "ok\n".into_response();
    }
    Problem::NotReady.respond(listener::negotiate(&headers))
}

/// `GET /api/v1/health`: status, services, timestamp, and how far ledger and database are.
pub(super) async fn health(State(shared): State<Arc<Shared>>) -> Response {
    let caught_up = shared.is_caught_up();
    let heads = HeadDocument::all(&shared.board().count().heads);
    let ledger = if caught_up { "healthy" } else { "catching_up" };
    let mut services = json!({ "ledger": ledger });
    let mut healthy = caught_up;
    let mut database_heads = None;
    if let Some(progress) = &shared.database {
        let progress = progress
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        healthy &= progress.trouble.is_none();
        services["postgres"] = json!(if progress.trouble.is_none() {
            "healthy"
        } else {
            "degraded"
        });
        database_heads = Some(progress.heads);
    }
    let body = json!({
        "status": if healthy { "healthy" } else { "degraded" },
        "services": services,
        "ledger": heads,
        "postgres_sequences": database_heads,
        "timestamp": instant_text(shared.now_ms()),
    });
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (StatusCode::OK, headers, body.to_string()).into_response()
}
