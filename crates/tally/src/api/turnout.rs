//! Turnout by ballot, region and hour: counted from marks, so it needs no box key and no policy.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{OriginalUri, State};
use axum::http::HeaderMap;
use axum::response::Response;
use election::Ballot;
use serde::Serialize;

use super::problem::{Language, Problem};
use super::{PathPart, Shared, named};
use crate::inputs::PackageRoll;
use crate::policy::Board;
use crate::results::percentage;
use crate::time_text::rfc3339;

/// Registered credentials by ballot and region (0 = none).
pub(super) fn registered(package: &PackageRoll) -> Vec<BTreeMap<u16, u64>> {
    let ballots = package.event().ballots().iter();
    ballots
        .map(|ballot| package.registered(ballot.index.0))
        .collect()
}

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

/// `GET /api/v1/turnout`
pub(super) async fn all(
    State(shared): State<Arc<Shared>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let (board, now) = (shared.board(), shared.now_ms());
    let event = shared.package.event();
    let version = event
        .ballots()
        .iter()
        .map(|ballot| board.version(ballot, now))
        .collect();
    shared.cache.respond(uri.path(), version, &headers, || {
        all_document(&shared, &board)
    })
}

/// Turnout of all ballots.
pub(super) fn all_document(shared: &Shared, board: &Board) -> serde_json::Result<Vec<u8>> {
    let event = shared.package.event();
    let ballots = event.ballots().iter();
    serde_json::to_vec(&AllTurnout {
        event_id: event.id.clone(),
        ballots: ballots
            .map(|ballot| turnout_of(shared, board, ballot))
            .collect(),
    })
}

/// `GET /api/v1/turnout/{ballot_id}`
pub(super) async fn ballot(
    State(shared): State<Arc<Shared>>,
    ballot_id: PathPart<String>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let Some(ballot) = named(ballot_id).and_then(|id| shared.package.event().ballot(&id)) else {
        return Problem::NoSuchBallot.respond(Language::of(&headers));
    };
    let (board, now) = (shared.board(), shared.now_ms());
    let version = vec![board.version(ballot, now)];
    shared.cache.respond(uri.path(), version, &headers, || {
        serde_json::to_vec(&detailed(&shared, &board, ballot))
    })
}

fn turnout_of(shared: &Shared, board: &Board, ballot: &Ballot) -> BallotTurnout {
    let at = usize::from(ballot.index.0);
    let state = board.state().ballots.get(at);
    let votes = state.map_or(0, |state| state.votes);
    let updated_ms = state.map_or(0, |state| state.updated_ms);
    let registered = shared
        .registered
        .get(at)
        .map_or(0, |regions| regions.values().sum());
    BallotTurnout {
        ballot_id: ballot.id.clone(),
        votes,
        registered,
        percentage_of_registered: percentage(votes, registered),
        updated_at: (updated_ms != 0).then(|| rfc3339(updated_ms)),
    }
}

fn detailed(shared: &Shared, board: &Board, ballot: &Ballot) -> DetailedTurnout {
    let at = usize::from(ballot.index.0);
    let mut hours: BTreeMap<i64, u64> = BTreeMap::new();
    if let Some(state) = board.state().ballots.get(at) {
        for ((_, hour), votes) in &state.turnout {
            *hours.entry(*hour).or_default() += votes;
        }
    }
    let voted = super::results::turnout_by_region(board, ballot);
    let empty = BTreeMap::new();
    let registered = shared.registered.get(at).unwrap_or(&empty);
    let region = |(region, registered): (&u16, &u64)| {
        let votes = voted.get(region).copied().unwrap_or(0);
        RegionTurnout {
            region_id: *region,
            votes,
            registered: *registered,
            percentage_of_registered: percentage(votes, *registered),
        }
    };
    DetailedTurnout {
        ballot: turnout_of(shared, board, ballot),
        regions: registered.iter().map(region).collect(),
        hours: hours
            .into_iter()
            .map(|(hour, votes)| HourTurnout {
                hour: rfc3339(hour),
                votes,
            })
            .collect(),
    }
}
