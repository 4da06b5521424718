//! The ledger's log for everybody: its policy, its newest checkpoint, and the tiles that this covers, so that
//! `witness audit` and any mirror read it here too.

use std::sync::Arc;

use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use tlog::Coverage;
use transparency::TilePath;

use super::path_part::{PathPart, named};
use super::problem::Problem;
use super::shared::Shared;

const TEXT: &str = "text/plain; charset=utf-8";
const BYTES: &str = "application/octet-stream";
/// A tile never changes.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// A checkpoint is replaced each second.
const SHORT: &str = "public, max-age=1";
/// The policy is part of the package.
const HOUR: &str = "public, max-age=3600";

/// `GET /log/policy`: which log, which witnesses, how many.
pub(super) async fn policy(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    match shared.package.log_policy_text() {
        Some(text) => found(TEXT, HOUR, text.into_bytes()),
        None => Problem::NotFound.respond(listener::negotiate(&headers)),
    }
}

/// `GET /log/{partition}/checkpoint`: the newest one that what was counted was held against.
pub(super) async fn checkpoint(
    State(shared): State<Arc<Shared>>,
    partition: PathPart<String>,
    headers: HeaderMap,
) -> Response {
    let note = of_partition(&shared, partition, |coverage| {
        let accepted = coverage.accepted();
        accepted.map(|accepted| accepted.note.to_string())
    });
    match note {
        Some(note) => found(TEXT, SHORT, note.into_bytes()),
        None => Problem::NotFound.respond(listener::negotiate(&headers)),
    }
}

/// `GET /log/{partition}/tile/...`: a tile, full or not, or a bundle of leaves.
pub(super) async fn tile(
    State(shared): State<Arc<Shared>>,
    parts: PathPart<(String, String)>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let partition = parts.map(|axum::extract::Path((partition, _))| axum::extract::Path(partition));
    // As it is written: a tile has one name.
    let name = uri.path().splitn(4, '/').nth(3).unwrap_or_default();
    let file = name.parse::<TilePath>().ok().and_then(|path| {
        of_partition(&shared, partition, |coverage| {
            let file = coverage.log().file(path, coverage.covered());
            file.unwrap_or_else(|error| {
                tracing::error!(%error, "a tile cannot be served");
                None
            })
        })
    });
    match file {
        Some(bytes) => found(BYTES, FOR_EVER, bytes),
        None => Problem::NotFound.respond(listener::negotiate(&headers)),
    }
}

/// What `read` finds in the log of a partition, whose number has one spelling.
fn of_partition<T>(
    shared: &Shared,
    partition: PathPart<String>,
    read: impl FnOnce(&Coverage) -> Option<T>,
) -> Option<T> {
    let text = named(partition)?;
    let number: u16 = text.parse().ok()?;
    if number.to_string() != text {
        return None;
    }
    read(&*shared.gates.coverage(number)?)
}

fn found(kind: &'static str, cache: &'static str, body: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, cache),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, body).into_response()
}
