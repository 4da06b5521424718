//! Turnout by ballot, region and hour: counted from marks, so it needs no key and no policy.

use std::sync::Arc;

use axum::extract::{OriginalUri, State};
use axum::http::HeaderMap;
use axum::response::Response;
use election::{Ballot, Event, instant_text};
use serde::Serialize;

use super::cache::Stamp;
use super::path_part::{PathPart, is_plain, named};
use super::problem::Problem;
use super::shared::Shared;
use crate::documents::percentage;
use crate::policy::Board;
use crate::published::Published;
use crate::results::Turnout;

#[derive(Serialize)]
struct AllTurnout {
    event_id: String,
    ballots: Vec<BallotTurnout>,
}

#[derive(Serialize)]
struct BallotTurnout {
    ballot_id: String,
    votes: u64,
    registered: u64,
    percentage_of_registered: Option<f64>,
    updated_at: Option<String>,
}

#[derive(Serialize)]
struct DetailedTurnout {
    #[serde(flatten)]
    ballot: BallotTurnout,
    regions: Vec<RegionTurnout>,
    hours: Vec<HourTurnout>,
}

#[derive(Serialize)]
struct RegionTurnout {
    /// 0: the roll names no region.
    region_id: u16,
    votes: u64,
    registered: u64,
    percentage_of_registered: Option<f64>,
}

#[derive(Serialize)]
struct HourTurnout {
    /// Start of the hour.
    hour: String,
    votes: u64,
}

/// `GET /api/v1/turnout`: the turnout of every ballot.
pub(super) async fn all(
    State(shared): State<Arc<Shared>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let board = shared.board();
    let event = shared.package.event();
    let ballots = event.ballots().iter();
    let stamp = Stamp::now(ballots.map(|ballot| board.version(ballot)).collect());
    shared.cache.respond(uri.path(), stamp, &headers, || {
        all_document(&shared, &board)
    })
}

/// Turnout of all ballots.
pub(super) fn all_document(shared: &Shared, board: &Board) -> serde_json::Result<Vec<u8>> {
    all_bytes(shared.package.event(), &shared.published, board)
}

/// The same, of what is published.
pub(super) fn all_bytes(
    event: &Event,
    published: &Published,
    board: &Board,
) -> serde_json::Result<Vec<u8>> {
    let ballots = event.ballots().iter();
    serde_json::to_vec(&AllTurnout {
        event_id: event.id.clone(),
        ballots: ballots
            .map(|ballot| turnout_of(published, board, ballot))
            .collect(),
    })
}

/// The turnout of one ballot, by region and hour.
pub(super) fn ballot_bytes(
    published: &Published,
    board: &Board,
    ballot: &Ballot,
) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&detailed(published, board, ballot))
}

/// `GET /api/v1/turnout/{ballot_id}`: the turnout of one ballot.
pub(super) async fn ballot(
    State(shared): State<Arc<Shared>>,
    ballot_id: PathPart<String>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let ballot = named(ballot_id).and_then(|id| shared.package.event().ballot(&id));
    let Some(ballot) = ballot.filter(|_| is_plain(&uri)) else {
        return Problem::NoSuchBallot.respond(listener::negotiate(&headers));
    };
    let board = shared.board();
    let stamp = Stamp::now(vec![board.version(ballot)]);
    shared.cache.respond(uri.path(), stamp, &headers, || {
        ballot_bytes(&shared.published, &board, ballot)
    })
}

fn turnout_of(published: &Published, board: &Board, ballot: &Ballot) -> BallotTurnout {
    let updated_ms = board.count().ballots[usize::from(ballot.index.0)].updated_ms;
    let turnout = turnout(published, board, ballot).whole();
    BallotTurnout {
        ballot_id: ballot.id.clone(),
        votes: turnout.part,
        registered: turnout.whole,
        percentage_of_registered: percentage(turnout),
        updated_at: (updated_ms != 0).then(|| instant_text(updated_ms)),
    }
}

fn turnout(published: &Published, board: &Board, ballot: &Ballot) -> Turnout {
    let count = &board.count().ballots[usize::from(ballot.index.0)];
    Turnout {
        registered: published.registered(ballot).clone(),
        votes: count.votes_by_region(),
        hours: count.votes_by_hour(),
        known_until_ms: board.count().known_until_ms(),
    }
}

fn detailed(published: &Published, board: &Board, ballot: &Ballot) -> DetailedTurnout {
    let turnout = turnout(published, board, ballot);
    let regions = turnout.regions().map(|(region_id, turnout)| RegionTurnout {
        region_id,
        votes: turnout.part,
        registered: turnout.whole,
        percentage_of_registered: percentage(turnout),
    });
    DetailedTurnout {
        ballot: turnout_of(published, board, ballot),
        regions: regions.collect(),
        hours: turnout
            .hours
            .iter()
            .map(|(hour, votes)| HourTurnout {
                hour: instant_text(*hour),
                votes: *votes,
            })
            .collect(),
    }
}
