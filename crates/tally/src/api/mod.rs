//! The results API: what may be seen, as JSON that a CDN can carry on election night.

mod cache;
mod export;
mod health;
mod live;
mod metrics;
mod problem;
mod results;
mod serve;
mod site;
mod turnout;

use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{OriginalUri, Path, State};
use axum::http::{HeaderMap, Method, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use durable::{Clock, SystemClock};
use tokio::sync::Semaphore;

use crate::inputs::PackageRoll;
use crate::policy::Board;
use crate::postgres::Progress;
use crate::token::TokenFile;
use problem::{Language, Problem};

pub(crate) use live::Hub;
pub(crate) use metrics::RequestTimes;
pub(crate) use serve::{raise_file_limit, serve};

/// The document that describes this API; a test holds the routes against it.
const OPENAPI: &str = include_str!("../../openapi.json");

/// What every handler may look at.
pub(crate) struct Shared {
    pub(crate) package: Arc<PackageRoll>,
    board: RwLock<Board>,
    pub(crate) clock: SystemClock,
    cache: cache::Cache,
    /// Registered credentials by ballot and region; the roll does not change.
    registered: Vec<std::collections::BTreeMap<u16, u64>>,
    /// Set once everything that was acknowledged at the start has been folded.
    pub(crate) caught_up: std::sync::atomic::AtomicBool,
    /// Where the database stands, where there is one.
    pub(crate) database: Option<Arc<Mutex<Progress>>>,
    pub(crate) times: RequestTimes,
    pub(crate) hub: Hub,
    /// Who may read audit and exports.
    pub(crate) tokens: Option<TokenFile>,
    pub(crate) exports: Arc<Semaphore>,
}

impl Shared {
    pub(crate) fn new(
        package: Arc<PackageRoll>,
        board: Board,
        database: Option<Arc<Mutex<Progress>>>,
        tokens: Option<TokenFile>,
    ) -> Shared {
        let registered = turnout::registered(&package);
        Shared {
            package,
            board: RwLock::new(board),
            clock: SystemClock::new(),
            cache: cache::Cache::default(),
            registered,
            caught_up: std::sync::atomic::AtomicBool::new(false),
            database,
            times: RequestTimes::default(),
            hub: Hub::default(),
            tokens,
            exports: Arc::new(Semaphore::new(export::EXPORTS_MAX)),
        }
    }

    pub(crate) fn board(&self) -> RwLockReadGuard<'_, Board> {
        // A panic while folding ends the process; readers may still finish.
        self.board.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn board_mut(&self) -> RwLockWriteGuard<'_, Board> {
        self.board.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether everything that was acknowledged at the start has been folded.
    pub(crate) fn is_caught_up(&self) -> bool {
        self.caught_up.load(std::sync::atomic::Ordering::Acquire)
    }

    fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }
}

/// All routes.
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
        .route("/metrics", get(metrics::metrics))
        .route("/openapi.json", get(openapi))
        .route("/", get(index))
        .route("/ballots/{*rest}", get(site::page))
        .route("/embed/{*rest}", get(site::page))
        .route("/assets/{name}", get(site::asset))
        .route("/monitor", get(site::monitor))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(axum::middleware::from_fn_with_state(
            Arc::clone(&shared),
            metrics::observe,
        ))
        .with_state(shared)
}

/// Variable parts of a path; an error where they are no UTF-8, which names nothing that exists.
type PathPart<T> = Result<Path<T>, PathRejection>;

fn named<T>(part: PathPart<T>) -> Option<T> {
    part.ok().map(|Path(named)| named)
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

async fn not_found(headers: HeaderMap) -> Response {
    Problem::NotFound.respond(Language::of(&headers))
}

async fn method_not_allowed(_: Method, headers: HeaderMap) -> Response {
    Problem::MethodNotAllowed.respond(Language::of(&headers))
}
