//! The results API: what may be seen, as JSON that a CDN can carry on election night.

mod body;
mod cache;
mod earlier;
mod export;
mod health;
mod live;
mod log;
mod metrics;
mod monitor;
mod path_part;
mod problem;
mod request_times;
mod results;
mod serve;
mod shared;
mod site;
mod snapshot;
mod statement_shelf;
mod statements;
mod turnout;

use std::sync::Arc;

use axum::Router;
use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use pages::Astray;

use problem::Problem;

pub(crate) use live::{CLIENTS_MAX, run as run_live};
pub(crate) use monitor::watch as watch_metrics;
pub(crate) use serve::{Routed, internal_limits};
pub(crate) use shared::Shared;
pub(crate) use snapshot::{Site, editions, write_in_all_forms};

/// The document that describes this API; a test holds the routes against it.
const OPENAPI: &str = include_str!("../../openapi.json");

/// What readers of results may ask.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/api/v1/results", get(results::all))
        .route("/api/v1/results/{law_id}", get(results::law))
        .route(
            "/api/v1/elections/{election_id}/results",
            get(results::election),
        )
        .route(
            "/api/v1/elections/{election_id}/regions/{region_id}/results",
            get(results::region),
        )
        .route("/api/v1/turnout", get(turnout::all))
        .route("/api/v1/turnout/{ballot_id}", get(turnout::ballot))
        .route("/api/v1/exports/{what}", get(export::export))
        .route("/api/v1/stream", get(live::stream))
        .route("/api/v1/health", get(health::health))
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .route("/openapi.json", get(openapi))
        .route("/log/policy", get(log::policy))
        .route("/log/{partition}/checkpoint", get(log::checkpoint))
        .route("/log/{partition}/tile/{*rest}", get(log::tile))
        .route("/statements/{file}", get(statements::statement))
        .route("/", get(index))
        .route("/ballots/{*rest}", get(site::page))
        .route("/embed/{*rest}", get(site::page))
        .route("/assets/{name}", get(site::asset))
        .route(pages::EMBED_SCRIPT, get(site::embed_script))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(Arc::clone(&shared), serve::admit))
        .layer(from_fn_with_state(Arc::clone(&shared), metrics::observe))
        .with_state(shared)
}

/// What operators may ask besides, on the internal listener.
pub(crate) fn internal_router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(metrics::metrics))
        .route("/monitor", get(monitor::monitor))
        .route("/monitor/history", get(monitor::history))
        .route("/assets/{name}", get(site::asset))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(shared)
}

async fn openapi() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], OPENAPI).into_response()
}

/// The results page; for a client that asks for JSON, where to go from here.
async fn index(
    State(shared): State<Arc<Shared>>,
    uri: OriginalUri,
    headers: HeaderMap,
) -> Response {
    if !site::wants_json(&headers) {
        return site::page(State(shared), uri, headers).await;
    }
    let event = shared.package.event();
    axum::Json(serde_json::json!({
        "service": "scrutin tally",
        "event_id": event.id,
        "title": { "fr": event.title.fr, "en": event.title.en },
        "results": "/api/v1/results",
        "turnout": "/api/v1/turnout",
        "openapi": "/openapi.json",
    }))
    .into_response()
}

/// A page for people, JSON for programs.
async fn not_found(
    State(shared): State<Arc<Shared>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let page = site::astray(&shared, &uri, &headers, Astray::NoSuchPage);
    page.unwrap_or_else(|| Problem::NotFound.respond(listener::negotiate(&headers)))
}

/// A page for people, JSON for programs.
async fn method_not_allowed(
    State(shared): State<Arc<Shared>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let page = site::astray(&shared, &uri, &headers, Astray::OtherMethod);
    page.unwrap_or_else(|| Problem::MethodNotAllowed.respond(listener::negotiate(&headers)))
}
