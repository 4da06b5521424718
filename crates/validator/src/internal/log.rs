//! The ledger's logs as files that never change, but for the newest checkpoint (c2sp.org/tlog-tiles).

use hyper::StatusCode;
use hyper::body::Bytes;
use hyper::header::{CACHE_CONTROL, HeaderValue};
use transparency::TilePath;

use crate::app::App;
use crate::http::rejection::Rejection;
use crate::http::reply::{self, Reply, TEXT};

/// Content type of tiles.
const TILE: HeaderValue = HeaderValue::from_static("application/octet-stream");
/// A tile stays what it is.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// The file of that name below `/log/`.
///
/// # Errors
/// There is none, or none yet.
pub(super) async fn file(app: &App, name: &str) -> Result<Reply, Rejection> {
    let desk = app.desk.as_ref().ok_or(Rejection::NoSuchPath)?;
    if name == "policy" {
        return Ok(text(desk.policy_text().to_owned()));
    }
    let (partition, name) = name.split_once('/').ok_or(Rejection::NoSuchPath)?;
    let number: u16 = partition.parse().map_err(|_| Rejection::NoSuchPath)?;
    if number.to_string() != partition {
        return Err(Rejection::NoSuchPath);
    }
    if name == "checkpoint" {
        let checkpoint = desk.checkpoint(number).await;
        return checkpoint.map(text).ok_or(Rejection::NoSuchPath);
    }
    let path: TilePath = name.parse().map_err(|_| Rejection::NoSuchPath)?;
    let tile = desk.file(number, path).ok_or(Rejection::NoSuchPath)?;
    let mut reply = reply::made(StatusCode::OK, tile.into(), TILE, None);
    reply.headers_mut().insert(CACHE_CONTROL, FOR_EVER);
    Ok(reply)
}

fn text(text: String) -> Reply {
    reply::made(StatusCode::OK, Bytes::from(text), TEXT, None)
}
