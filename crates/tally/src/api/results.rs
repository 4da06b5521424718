//! Results of laws and elections, as far as each ballot's policy lets them be seen.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{OriginalUri, State};
use axum::http::HeaderMap;
use axum::response::Response;
use election::{Ballot, Election, Law};
use serde::Serialize;

use super::problem::{Language, Problem};
use super::{PathPart, Shared, named};
use crate::policy::Board;
use crate::results::{BallotResult, ballot_result, law_result, region_result};

/// Votes so far by region.
pub(super) fn turnout_by_region(board: &Board, ballot: &Ballot) -> BTreeMap<u16, u64> {
    let mut sums = BTreeMap::new();
    if let Some(state) = board.state().ballots.get(usize::from(ballot.index.0)) {
        for ((region, _), votes) in &state.turnout {
            *sums.entry(*region).or_default() += votes;
        }
    }
    sums
}

#[derive(Serialize)]
struct AllResults {
    event_id: String,
    laws: Vec<BallotResult>,
    elections: Vec<ElectionSummary>,
}

/// An election in the list of all results: its regions have addresses of their own.
#[derive(Serialize)]
struct ElectionSummary {
    election_id: u32,
    election_code: String,
    results: crate::results::Status,
    /// What the percentages of the parties are of: the field of that name.
    percentage_of: &'static str,
    parties: Vec<crate::results::PartyResult>,
    total_votes: u64,
    updated_at: Option<String>,
    href: String,
}

/// `GET /api/v1/results`
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
        let mut all = AllResults {
            event_id: event.id.clone(),
            laws: Vec::new(),
            elections: Vec::new(),
        };
        for ballot in event.ballots() {
            let turnout = turnout_by_region(&board, ballot);
            match ballot_result(event, ballot, &board.visible(ballot, now), &turnout) {
                BallotResult::Election(election) => all.elections.push(ElectionSummary {
                    href: format!("/api/v1/elections/{}/results", election.election_id),
                    election_id: election.election_id,
                    election_code: election.election_code,
                    results: election.results,
                    percentage_of: election.percentage_of,
                    parties: election.parties,
                    total_votes: election.total_votes,
                    updated_at: election.updated_at,
                }),
                law => all.laws.push(law),
            }
        }
        serde_json::to_vec(&all)
    })
}

/// `GET /api/v1/results/{law_id}`
pub(super) async fn law(
    State(shared): State<Arc<Shared>>,
    law_id: PathPart<String>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let event = shared.package.event();
    let found = named(law_id)
        .and_then(|id| event.ballot(&id))
        .and_then(|ballot| Some((ballot, ballot.law()?)));
    let Some((ballot, law)) = found else {
        return Problem::NoSuchLaw.respond(Language::of(&headers));
    };
    let (board, now) = (shared.board(), shared.now_ms());
    let version = vec![board.version(ballot, now)];
    shared.cache.respond(uri.path(), version, &headers, || {
        law_document(&shared, &board, ballot, law, now)
    })
}

/// A law's results as they may be seen at `now`.
pub(super) fn law_document(
    shared: &Shared,
    board: &Board,
    ballot: &Ballot,
    law: &Law,
    now: i64,
) -> serde_json::Result<Vec<u8>> {
    let turnout = turnout_by_region(board, ballot).values().sum();
    let visible = board.visible(ballot, now);
    let event = shared.package.event();
    serde_json::to_vec(&law_result(event, ballot, law, &visible, turnout))
}

/// `GET /api/v1/elections/{election_id}/results`
pub(super) async fn election(
    State(shared): State<Arc<Shared>>,
    election_id: PathPart<String>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let event = shared.package.event();
    let number = named(election_id).and_then(|id| id.parse().ok());
    let Some(ballot) = number.and_then(|number| event.election_by_number(number)) else {
        return Problem::NoSuchElection.respond(Language::of(&headers));
    };
    let (board, now) = (shared.board(), shared.now_ms());
    let version = vec![board.version(ballot, now)];
    shared.cache.respond(uri.path(), version, &headers, || {
        election_document(&shared, &board, ballot, now)
    })
}

/// An election's results over all regions, as they may be seen at `now`.
pub(super) fn election_document(
    shared: &Shared,
    board: &Board,
    ballot: &Ballot,
    now: i64,
) -> serde_json::Result<Vec<u8>> {
    let turnout = turnout_by_region(board, ballot);
    let visible = board.visible(ballot, now);
    let event = shared.package.event();
    serde_json::to_vec(&ballot_result(event, ballot, &visible, &turnout))
}

/// `GET /api/v1/elections/{election_id}/regions/{region_id}/results`
pub(super) async fn region(
    State(shared): State<Arc<Shared>>,
    parts: PathPart<(String, String)>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let event = shared.package.event();
    let language = Language::of(&headers);
    let (election_id, region_id) = named(parts).unwrap_or_default();
    let number = election_id.parse().ok();
    let found = number
        .and_then(|number| event.election_by_number(number))
        .and_then(|ballot| Some((ballot, ballot.election()?)));
    let Some((ballot, election)) = found else {
        return Problem::NoSuchElection.respond(language);
    };
    let region = region_id.parse().ok().filter(|region| {
        event.region(*region).is_some() && election.candidates_of(*region).next().is_some()
    });
    let Some(region) = region else {
        return Problem::NoSuchRegion.respond(language);
    };
    let (board, now) = (shared.board(), shared.now_ms());
    let version = vec![board.version(ballot, now)];
    shared.cache.respond(uri.path(), version, &headers, || {
        region_document(&shared, &board, ballot, election, region, now)
    })
}

/// One region's results of an election, as they may be seen at `now`.
pub(super) fn region_document(
    shared: &Shared,
    board: &Board,
    ballot: &Ballot,
    election: &Election,
    region: u16,
    now: i64,
) -> serde_json::Result<Vec<u8>> {
    let turnout = turnout_by_region(board, ballot);
    let turnout = turnout.get(&region).copied().unwrap_or(0);
    let visible = board.visible(ballot, now);
    let event = shared.package.event();
    serde_json::to_vec(&region_result(event, election, region, &visible, turnout))
}
