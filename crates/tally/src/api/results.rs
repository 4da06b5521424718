//! Results of laws and elections as JSON, as far as each ballot's policy lets them be seen.

use std::sync::Arc;

use axum::extract::{OriginalUri, State};
use axum::http::HeaderMap;
use axum::response::Response;
use election::{Ballot, BallotKind, Event};
use serde::Serialize;

use super::cache::{Stamp, broken};
use super::path_part::{PathPart, is_plain, named, plain_number};
use super::problem::Problem;
use super::shared::Shared;
use crate::covered::CheckedBy;
use crate::documents::{
    BallotDocument, CheckedByDocument, ElectionSummary, LawDocument, RegionDocument,
};
use crate::published::Edition;

#[derive(Serialize)]
struct AllResults {
    event_id: String,
    laws: Vec<LawDocument>,
    elections: Vec<ElectionSummary>,
    #[serde(skip_serializing_if = "Option::is_none")]
    checked_by: Option<CheckedByDocument>,
}

/// A document, and who has checked the ledger that it was counted from.
#[derive(Serialize)]
struct CheckedDocument<T> {
    #[serde(flatten)]
    document: T,
    /// None where the event names no log.
    #[serde(skip_serializing_if = "Option::is_none")]
    checked_by: Option<CheckedByDocument>,
}

/// `GET /api/v1/results`: every law and every election.
pub(super) async fn all(
    State(shared): State<Arc<Shared>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let event = shared.package.event();
    let editions = match shared.editions(event.ballots()) {
        Ok(editions) => editions,
        Err(error) => return broken(uri.path(), &error),
    };
    let stamp = Stamp::of(&editions).with_checked(shared.gates.checked_stamp());
    shared.cache.respond(uri.path(), stamp, &headers, || {
        all_document(event, &editions, shared.gates.checked_by().as_ref())
    })
}

/// The document of every law and every election; `editions` are theirs, in the order of the event.
pub(super) fn all_document(
    event: &Event,
    editions: &[Arc<Edition>],
    checked_by: Option<&CheckedBy>,
) -> serde_json::Result<Vec<u8>> {
    let mut all = AllResults {
        event_id: event.id.clone(),
        laws: Vec::new(),
        elections: Vec::new(),
        checked_by: checked_by.map(CheckedByDocument::of),
    };
    for (ballot, edition) in event.ballots().iter().zip(editions) {
        let results = &edition.results;
        match &ballot.kind {
            BallotKind::Law(law) => all.laws.push(LawDocument::of(ballot, law, results)),
            BallotKind::Election(election) => {
                let summary = ElectionSummary::of(event, ballot, election, results);
                all.elections.push(summary);
            }
        }
    }
    serde_json::to_vec(&all)
}

/// `GET /api/v1/results/{law_id}`: the results of one law.
pub(super) async fn law(
    State(shared): State<Arc<Shared>>,
    law_id: PathPart<String>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let ballot = named(law_id).and_then(|id| shared.package.event().ballot(&id));
    match ballot.filter(|ballot| ballot.law().is_some() && is_plain(&uri)) {
        Some(ballot) => respond(&shared, ballot, uri.path(), &headers, |edition| {
            ballot_document(&shared, ballot, edition)
        }),
        None => Problem::NoSuchLaw.respond(listener::negotiate(&headers)),
    }
}

/// `GET /api/v1/elections/{election_id}/results`: an election in all regions.
pub(super) async fn election(
    State(shared): State<Arc<Shared>>,
    election_id: PathPart<String>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let ballot = named(election_id).and_then(|id| election_of(shared.package.event(), &id));
    match ballot.filter(|_| is_plain(&uri)) {
        Some(ballot) => respond(&shared, ballot, uri.path(), &headers, |edition| {
            ballot_document(&shared, ballot, edition)
        }),
        None => Problem::NoSuchElection.respond(listener::negotiate(&headers)),
    }
}

/// `GET /api/v1/elections/{election_id}/regions/{region_id}/results`: an election in one region.
pub(super) async fn region(
    State(shared): State<Arc<Shared>>,
    parts: PathPart<(String, String)>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let language = listener::negotiate(&headers);
    let Some((election_id, region_id)) = named(parts) else {
        return Problem::NoSuchElection.respond(language);
    };
    let event = shared.package.event();
    let Some(ballot) = election_of(event, &election_id).filter(|_| is_plain(&uri)) else {
        return Problem::NoSuchElection.respond(language);
    };
    let votes_there = |region: &u16| {
        let election = ballot.election();
        election.is_some_and(|election| election.regions().contains(region))
    };
    let Some(region) = plain_number(&region_id).filter(votes_there) else {
        return Problem::NoSuchRegion.respond(language);
    };
    respond(&shared, ballot, uri.path(), &headers, |edition| {
        region_document(&shared, ballot, region, edition)
    })
}

fn election_of<'a>(event: &'a Event, number: &str) -> Option<&'a Ballot> {
    event.election_by_number(plain_number(number)?)
}

/// Answers with what `write` makes of the ballot's results, unless the client has it.
fn respond(
    shared: &Shared,
    ballot: &Ballot,
    path: &str,
    headers: &HeaderMap,
    write: impl FnOnce(&Edition) -> serde_json::Result<Vec<u8>>,
) -> Response {
    match shared.published.recent(ballot) {
        Ok(edition) => {
            let stamp = Stamp::of(std::slice::from_ref(&edition));
            let stamp = stamp.with_checked(shared.gates.checked_stamp());
            let body = || write(&edition);
            shared.cache.respond(path, stamp, headers, body)
        }
        Err(error) => broken(path, &error),
    }
}

/// The document of a law, or of an election over all its regions.
pub(super) fn ballot_document(
    shared: &Shared,
    ballot: &Ballot,
    edition: &Edition,
) -> serde_json::Result<Vec<u8>> {
    let checked_by = shared.gates.checked_by();
    ballot_bytes(shared.package.event(), ballot, edition, checked_by.as_ref())
}

/// The document of one region of an election; null where the ballot is none.
pub(super) fn region_document(
    shared: &Shared,
    ballot: &Ballot,
    region: u16,
    edition: &Edition,
) -> serde_json::Result<Vec<u8>> {
    let (event, checked_by) = (shared.package.event(), shared.gates.checked_by());
    region_bytes(event, ballot, region, edition, checked_by.as_ref())
}

/// As [`ballot_document`], of a ledger that these have checked.
pub(super) fn ballot_bytes(
    event: &Event,
    ballot: &Ballot,
    edition: &Edition,
    checked_by: Option<&CheckedBy>,
) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&CheckedDocument {
        document: BallotDocument::of(event, ballot, &edition.results),
        checked_by: checked_by.map(CheckedByDocument::of),
    })
}

/// As [`region_document`], of a ledger that these have checked.
pub(super) fn region_bytes(
    event: &Event,
    ballot: &Ballot,
    region: u16,
    edition: &Edition,
    checked_by: Option<&CheckedBy>,
) -> serde_json::Result<Vec<u8>> {
    let election = ballot.election();
    let document =
        election.map(|election| RegionDocument::of(event, election, region, &edition.results));
    serde_json::to_vec(&document.map(|document| CheckedDocument {
        document,
        checked_by: checked_by.map(CheckedByDocument::of),
    }))
}
