//! Metrics in Prometheus' text format. Labels name ballots, choices, routes and states, never a
//! voter, an address or a digest; choices appear only as far as the ballot's policy allows.

use std::sync::{Arc, PoisonError};

use axum::extract::{MatchedPath, Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use listener::exposition;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::shared::Shared;
use crate::counts::choice_text;
use crate::policy::{Board, Visible};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LawChoice {
    law_id: String,
    choice: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BallotLabel {
    ballot_id: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StatusLabel {
    status: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PartitionLabel {
    partition: u16,
}

/// Times every request. Unknown paths share one label: clients must not grow the table.
pub(super) async fn observe(
    State(shared): State<Arc<Shared>>,
    path: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let started = std::time::Instant::now();
    let response = next.run(request).await;
    let route = path.map_or_else(|| "other".to_owned(), |path| path.as_str().to_owned());
    let status = response.status().as_u16();
    shared.times.observe(route, status, started.elapsed());
    response
}

/// `GET /metrics`, in Prometheus' text format.
pub(super) async fn metrics(State(shared): State<Arc<Shared>>) -> Response {
    let content_type = (header::CONTENT_TYPE, exposition::CONTENT_TYPE);
    ([content_type], exposed(&shared)).into_response()
}

/// All metrics at this moment.
pub(super) fn exposed(shared: &Shared) -> String {
    let mut registry = Registry::default();
    exposition::register_build(&mut registry, env!("CARGO_PKG_VERSION"));
    listener::register_process(&mut registry);
    registry.register(
        "api_request_duration_seconds",
        "Time to answer a request",
        shared.times.family(),
    );
    register_state(&mut registry, shared, &shared.board());
    register_database(&mut registry, shared);
    register_stream(&mut registry, shared);
    shared.connections.register(&mut registry);
    shared.certificates.register(&mut registry);
    exposition::text(&registry)
}

fn register_state(registry: &mut Registry, shared: &Shared, board: &Board) {
    let count = board.count();
    let votes: Family<BallotLabel, Gauge> = Family::default();
    let choices: Family<LawChoice, Gauge> = Family::default();
    for ballot in shared.package.event().ballots() {
        let label = BallotLabel {
            ballot_id: ballot.id.clone(),
        };
        let of_ballot = count.ballots.get(usize::from(ballot.index.0));
        votes
            .get_or_create(&label)
            .set(signed(of_ballot.map_or(0, |ballot| ballot.votes)));
        if let (Some(_), Visible::Counts(released)) = (ballot.law(), board.visible(ballot)) {
            for (choice, votes) in released.country.iter() {
                let choice = choice_text(choice);
                let label = LawChoice {
                    law_id: ballot.id.clone(),
                    choice,
                };
                choices.get_or_create(&label).set(signed(votes));
            }
        }
    }
    registry.register("votes_by_ballot", "Votes in the ledger", votes);
    registry.register("votes_by_law", "Votes of laws that may be seen", choices);
    let by_status: Family<StatusLabel, Gauge> = Family::default();
    let invalid = count.invalid.values().sum();
    for (status, count) in [
        ("accepted", count.votes()),
        ("duplicate", count.duplicates()),
        ("invalid", invalid),
    ] {
        by_status
            .get_or_create(&StatusLabel { status })
            .set(signed(count));
    }
    registry.register(
        "ledger_attempts",
        "Submissions that the ledger holds, by status",
        by_status,
    );
    let heads: Family<PartitionLabel, Gauge> = Family::default();
    for (partition, cursor) in &count.heads {
        let label = PartitionLabel {
            partition: *partition,
        };
        heads.get_or_create(&label).set(signed(cursor.sequence));
    }
    registry.register("ledger_sequence", "Last frame counted", heads);
    register_releases(registry, board);
}

/// How far the count hand is, which has no listener of its own.
fn register_releases(registry: &mut Registry, board: &Board) {
    let last: Family<PartitionLabel, Gauge> = Family::default();
    let due: Family<PartitionLabel, Gauge> = Family::default();
    let since: Family<PartitionLabel, Gauge> = Family::default();
    for progress in board.awaited().progress() {
        let label = PartitionLabel {
            partition: progress.partition,
        };
        last.get_or_create(&label)
            .set(signed(progress.last_sequence));
        let count = i64::try_from(progress.due).unwrap_or(i64::MAX);
        due.get_or_create(&label).set(count);
        if let Some(since_ms) = progress.since_ms {
            since.get_or_create(&label).set(since_ms / 1_000);
        }
    }
    let help = "Last frame whose votes the count hand released";
    registry.register("release_sequence", help, last);
    let help =
        "Releases that the ledger's frames have made due and that the count hand has not written";
    registry.register("releases_due", help, due);
    let help =
        "When the frame was committed that made the oldest of them due; absent where none is due";
    registry.register("release_due_timestamp_seconds", help, since);
}

fn register_database(registry: &mut Registry, shared: &Shared) {
    let Some(progress) = &shared.database else {
        return;
    };
    let progress = progress
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    let heads: Family<PartitionLabel, Gauge> = Family::default();
    for (partition, sequence) in &progress.heads {
        heads
            .get_or_create(&PartitionLabel {
                partition: *partition,
            })
            .set(signed(*sequence));
    }
    registry.register("postgres_sequence", "Last frame in the database", heads);
    let written: Gauge = Gauge::default();
    written.set(signed(progress.votes));
    registry.register(
        "postgres_votes_written",
        "Votes written since the start",
        written,
    );
    let up: Gauge = Gauge::default();
    up.set(i64::from(progress.trouble.is_none()));
    registry.register("postgres_up", "1 while the database takes frames", up);
}

fn register_stream(registry: &mut Registry, shared: &Shared) {
    let clients: Gauge = Gauge::default();
    clients.set(i64::try_from(shared.hub.clients()).unwrap_or(i64::MAX));
    registry.register("stream_clients", "Clients of the live stream", clients);
    let dropped = &shared.hub.dropped;
    registry.register(
        "stream_clients_dropped_slow",
        "Clients that did not take their messages",
        dropped.slow.clone(),
    );
    registry.register(
        "stream_clients_dropped_silent",
        "Clients that did not answer heartbeats",
        dropped.silent.clone(),
    );
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
