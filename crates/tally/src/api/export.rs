//! Audit and exports over HTTP: for holders of a token, one row after the other, each read on record.

use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use clap::ValueEnum;
use futures_util::StreamExt;
use pages::Form;
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use super::path_part::{PathPart, named};
use super::problem::Problem;
use super::shared::Shared;
use crate::ballot_count::ReleasedCounts;
use crate::export_kind::{Format, What};
use crate::ledger_count::LedgerCount;
use crate::policy::Visible;
use crate::rows::Exported;
use crate::token::Holder;

/// Bytes of a piece, and how many pieces may wait for a slow reader.
const PIECE_BYTES: usize = 64 * 1024;
const PIECES_WAITING_MAX: usize = 4;

/// `GET /api/v1/exports/{what}?format=csv|json`: rows to download.
pub(super) async fn export(
    State(shared): State<Arc<Shared>>,
    what: PathPart<String>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let language = listener::negotiate(&headers);
    let what = named(what).and_then(|what| What::from_str(&what, false).ok());
    let Some(what) = what else {
        return Problem::NotFound.respond(language);
    };
    let Some(holder) = holder(&shared, &headers) else {
        tracing::warn!(
            target: "audit",
            what = name_of(what),
            "export refused: no token, or one that is not known"
        );
        return Problem::Unauthorized.respond(language);
    };
    let query = uri.query().map(|query| Form::parse(query.as_bytes()));
    let format = match query.transpose() {
        Ok(query) => match query.as_ref().and_then(|query| query.get("format")) {
            None => Some(Format::Csv),
            Some(text) => Format::from_str(text, false).ok(),
        },
        Err(_) => None,
    };
    let Some(format) = format else {
        return Problem::NoSuchFormat.respond(language);
    };
    let Ok(turn) = Arc::clone(&shared.exports).try_acquire_owned() else {
        return Problem::TooManyExports.respond(language);
    };
    tracing::info!(
        target: "audit",
        token = holder.id,
        role = holder.role.name(),
        what = name_of(what),
        "export read"
    );
    respond(shared, what, format, turn)
}

/// The holder of the bearer token (RFC 6750); none where it is missing or not known.
fn holder(shared: &Shared, headers: &HeaderMap) -> Option<Holder> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = text.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    match shared.tokens.as_ref()?.holder(token.trim()) {
        Ok(holder) => holder,
        Err(error) => {
            let error = format!("{error:#}");
            tracing::error!(error, "tokens cannot be checked");
            None
        }
    }
}

fn respond(
    shared: Arc<Shared>,
    what: What,
    format: Format,
    turn: OwnedSemaphorePermit,
) -> Response {
    let (sender, receiver) = mpsc::channel(PIECES_WAITING_MAX);
    tokio::task::spawn_blocking(move || {
        let count = snapshot(&shared);
        let exported = Exported {
            package: &shared.package,
            count: &count,
        };
        let mut out = BufWriter::with_capacity(PIECE_BYTES, Pieces(sender.clone()));
        let written = exported.write(what, format, &mut out);
        let written = written.and_then(|()| Ok(out.flush()?));
        if written.is_err() {
            // The reader hung up, or must not take what it has for the whole.
            let _ = sender.blocking_send(Err(io::Error::other("the export was cut off")));
        }
        drop(turn);
    });
    let kind = match format {
        Format::Csv => "text/csv; charset=utf-8",
        Format::Json => "application/json",
    };
    let pieces = futures_util::stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|piece| (piece, receiver))
    });
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, Body::from_stream(pieces.boxed())).into_response()
}

/// The count as of now, with no more choices than everybody may see: a token opens no ballot early. Nor does
/// it name the voters of an open ballot: whoever compares two lists would know who came in between.
fn snapshot(shared: &Shared) -> LedgerCount {
    let board = shared.board();
    let mut count = board.count().clone();
    let ballots = shared.package.event().ballots().iter();
    for (ballot, of_ballot) in ballots.zip(&mut count.ballots) {
        if !matches!(board.visible(ballot), Visible::Counts(_)) {
            of_ballot.released = ReleasedCounts::default();
        }
        if board.count().closings.of(ballot).is_none() {
            of_ballot.forget_voters();
        }
    }
    count
}

fn name_of(what: What) -> &'static str {
    match what {
        What::Results => "results",
        What::Audit => "audit",
        What::Duplicates => "duplicates",
        What::Turnout => "turnout",
    }
}

/// A writer into the answer's body; it waits where the reader is slow.
struct Pieces(mpsc::Sender<io::Result<Bytes>>);

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.0.blocking_send(Ok(Bytes::copy_from_slice(bytes)));
        sent.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
