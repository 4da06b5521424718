//! Documents of the live stream's topics: those that the API shows, by the same policy.

use std::sync::Arc;
use std::time::{Duration, Instant};

use election::Ballot;
use serde::Serialize;
use serde_json::value::RawValue;

use super::hub::{Document, Version};
use super::topic::{Named, Topic};
use crate::api::shared::Shared;
use crate::api::{results, turnout};
use crate::documents::HeadDocument;
use crate::published::Edition;
use crate::tabulate::TabulationError;

/// Time between two steps: no client gets more than three messages a second.
const STEP: Duration = Duration::from_millis(300);

/// Time between two messages that something changed, while every vote changes something.
const CHANGES_EVERY: Duration = Duration::from_secs(2);
/// Pages that may ask in one millisecond, and the longest that one of them waits for that.
const PAGES_PER_MS: usize = 1;
const SPREAD_MS_MAX: usize = 10_000;

#[derive(Serialize)]
struct UpdateJson<'a> {
    topic: String,
    href: Option<String>,
    data: &'a RawValue,
}

#[derive(Serialize)]
struct Changes {
    /// Grows with each change of what may be seen.
    number: u64,
    /// Over what time the pages that follow the stream are to spread their questions.
    spread_ms: usize,
}

#[derive(Serialize)]
struct System {
    caught_up: bool,
    votes: u64,
    ledger: Vec<HeadDocument>,
}

/// Why a topic's document is not written.
#[derive(Debug, thiserror::Error)]
enum Unwritten {
    #[error("{0}")]
    Tabulation(#[from] Arc<TabulationError>),
    #[error("{0}")]
    Json(#[from] serde_json::Error),
}

/// Steps for ever: writes each document that somebody follows and that has changed.
pub(crate) async fn run(shared: Arc<Shared>) {
    let mut steps = tokio::time::interval(STEP);
    steps.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        steps.tick().await;
        let shared = Arc::clone(&shared);
        // An instant runoff over 125 regions is no work for a thread that answers requests.
        let stepped = tokio::task::spawn_blocking(move || {
            shared
                .hub
                .step(&|topic, before| write(&shared, topic, before));
        });
        if let Err(error) = stepped.await {
            tracing::error!(%error, "a step of the live stream failed");
        }
    }
}

/// Writes what [`super::hub::Write`] promises.
pub(super) fn write(shared: &Shared, topic: Topic, before: Option<&Version>) -> Option<Document> {
    match newer(shared, topic, before) {
        Ok(document) => document,
        Err(error) => {
            let topic = Named(shared.package.event(), topic).to_string();
            tracing::error!(topic, %error, "a topic's document cannot be written");
            None
        }
    }
}

/// The topic's document and what it was written from; none where that is what it was before.
fn newer(
    shared: &Shared,
    topic: Topic,
    before: Option<&Version>,
) -> Result<Option<Document>, Unwritten> {
    let event = shared.package.event();
    let (version, data) = match (topic, topic.ballot(event)) {
        (Topic::System, _) => {
            let document = system(shared);
            let frames = shared.board().count().frames();
            let version = Version::System(frames, document.caught_up);
            (version, serde_json::to_vec(&document)?)
        }
        (Topic::Changes, _) => {
            let number = shared.board().changes(event);
            let is_told = |before: &Version| {
                matches!(before, Version::Changes(told, at)
                    if *told == number || at.elapsed() < CHANGES_EVERY)
            };
            if before.is_some_and(is_told) {
                return Ok(None);
            }
            let spread_ms = (shared.hub.clients() / PAGES_PER_MS).min(SPREAD_MS_MAX);
            let changes = Changes { number, spread_ms };
            (
                Version::Changes(number, Instant::now()),
                serde_json::to_vec(&changes)?,
            )
        }
        (_, None) => {
            let board = shared.board();
            let versions = event.ballots().iter().map(|b| board.version(b));
            let version = Version::Ballots(versions.collect());
            if before == Some(&version) {
                return Ok(None);
            }
            (version, turnout::all_document(shared, &board)?)
        }
        (_, Some(ballot)) => {
            let edition = shared.published.recent(ballot)?;
            let version = Version::Ballots(vec![edition.version]);
            if before == Some(&version) {
                return Ok(None);
            }
            (version, document(shared, topic, ballot, &edition)?)
        }
    };
    if before == Some(&version) {
        return Ok(None);
    }
    let data: &RawValue = serde_json::from_slice(&data)?;
    let named = Named(event, topic);
    let json = serde_json::to_string(&UpdateJson {
        topic: named.to_string(),
        href: named.href(),
        data,
    })?;
    Ok(Some(Document { version, json }))
}

fn system(shared: &Shared) -> System {
    let caught_up = shared.is_caught_up();
    let board = shared.board();
    System {
        caught_up,
        votes: board.count().votes(),
        ledger: HeadDocument::all(&board.count().heads),
    }
}

/// The very document that the API shows of a ballot, by the same policy.
fn document(
    shared: &Shared,
    topic: Topic,
    ballot: &Ballot,
    edition: &Edition,
) -> serde_json::Result<Vec<u8>> {
    match topic {
        Topic::Region(_, region) => results::region_document(shared, ballot, region, edition),
        _ => results::ballot_document(shared, ballot, edition),
    }
}
