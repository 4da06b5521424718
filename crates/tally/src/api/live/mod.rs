//! `GET /api/v1/stream`: results as they come, over a WebSocket (RFC 6455).
//!
//! A client names topics in the query (`?topics=law:L2025-001,turnout`) or later in messages
//! (`{"subscribe":["system"]}`). It gets one snapshot of each, then what changes, at most three
//! messages a second. A client that is slower than that skips steps: what is sent is always the
//! newest. A client that speaks no WebSocket is answered the snapshot. docs/stream.md describes the
//! messages.

mod documents;
mod hub;
mod topic;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use pages::Form;
use serde::Deserialize;
use tokio::time::{Instant, interval, timeout};

use super::problem::Problem;
use super::serve::Caller;
use super::shared::Shared;
pub(crate) use documents::run;
use documents::write;
use hub::Update;
pub(crate) use hub::{CLIENTS_MAX, Hub};
use topic::Topic;

/// Topics of one client.
const TOPICS_MAX: usize = 64;
const FEW_ENOUGH: &str = "names of more topics than that were refused when they were read";
/// What a client follows that names nothing.
const TOPICS_DEFAULT: &str = "law,election,turnout,system";
/// A client's message: a list of topics.
const MESSAGE_BYTES_MAX: usize = 4 * 1024;
/// Messages of a client between two heartbeats.
const MESSAGES_MAX: u32 = 60;
/// How often a client is asked whether it is still there.
const HEARTBEAT: Duration = Duration::from_secs(20);
/// A client that has said nothing for so long, not even to a heartbeat, is gone.
const SILENCE_MAX: Duration = Duration::from_secs(65);
/// A client that does not take a message for so long is dropped.
const SEND_MAX: Duration = Duration::from_secs(5);
/// Ten thousand idle clients must not cost a gigabyte: the library would reserve 128 KiB for each.
const READ_BUFFER_BYTES: usize = 1024;
/// The largest message: a snapshot of all topics that a client may have.
const WRITE_BUFFER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What a client says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    #[serde(default)]
    subscribe: Vec<String>,
    #[serde(default)]
    unsubscribe: Vec<String>,
}

/// `GET /api/v1/stream`: results as they come.
pub(super) async fn stream(
    State(shared): State<Arc<Shared>>,
    Extension(Caller(client)): Extension<Caller>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let language = listener::negotiate(&headers);
    let query = uri.query().map(|query| Form::parse(query.as_bytes()));
    let Ok(query) = query.transpose() else {
        return Problem::NoSuchTopic.respond(language);
    };
    let named = query.as_ref().and_then(|query| query.get("topics"));
    let Some(topics) = parse(&shared, named.unwrap_or(TOPICS_DEFAULT).split(',')) else {
        return Problem::NoSuchTopic.respond(language);
    };
    let Ok(upgrade) = upgrade else {
        return snapshot(&shared, &topics);
    };
    let seat = Arc::clone(&shared.hub.seats).try_acquire_owned().ok();
    let Some(seats) = seat.zip(shared.hub.of_clients.take(client)) else {
        return Problem::TooManyClients.respond(language);
    };
    upgrade
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(WRITE_BUFFER_BYTES_MAX)
        .max_message_size(MESSAGE_BYTES_MAX)
        .max_frame_size(MESSAGE_BYTES_MAX)
        .on_upgrade(move |socket| async move {
            let client = Client {
                following: Following::new(&shared),
                socket,
            };
            client.attend(topics).await;
            drop(seats);
        })
}

/// What a client would be told first, for one that does not speak WebSocket.
fn snapshot(shared: &Arc<Shared>, topics: &BTreeSet<Topic>) -> Response {
    let updates = Following::new(shared).add(topics).expect(FEW_ENOUGH);
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
        (header::VARY, "upgrade"),
    ];
    (headers, message("snapshot", &updates)).into_response()
}

/// One message of updates.
fn message(kind: &str, updates: &[Update]) -> String {
    let documents: Vec<&str> = updates.iter().map(|update| &*update.json).collect();
    format!(
        "{{\"type\":\"{kind}\",\"updates\":[{}]}}",
        documents.join(",")
    )
}

/// The topics of some names; none where one is unknown or there are too many.
fn parse<'a>(shared: &Shared, names: impl Iterator<Item = &'a str>) -> Option<BTreeSet<Topic>> {
    let mut topics = BTreeSet::new();
    for name in names {
        topics.extend(Topic::parse(shared.package.event(), name.trim())?);
        if topics.len() > TOPICS_MAX {
            return None;
        }
    }
    Some(topics)
}

/// The topics that a client follows; it leaves them when dropped.
struct Following {
    shared: Arc<Shared>,
    topics: BTreeSet<Topic>,
    /// The last step that was sent.
    step: u64,
}

impl Following {
    fn new(shared: &Arc<Shared>) -> Following {
        Following {
            shared: Arc::clone(shared),
            topics: BTreeSet::new(),
            step: *shared.hub.steps.borrow(),
        }
    }

    /// Follows further topics: their documents now. None where there would be too many.
    fn add(&mut self, topics: &BTreeSet<Topic>) -> Option<Vec<Update>> {
        if self.topics.union(topics).count() > TOPICS_MAX {
            return None;
        }
        let new: Vec<Topic> = topics.difference(&self.topics).copied().collect();
        self.topics.extend(&new);
        let hub = &self.shared.hub;
        let write = |topic, before: Option<&_>| write(&self.shared, topic, before);
        let follow = |topic| hub.follow(topic, &write);
        Some(new.into_iter().map(follow).collect())
    }

    fn remove(&mut self, topics: &BTreeSet<Topic>) {
        for topic in topics {
            if self.topics.remove(topic) {
                self.shared.hub.leave(*topic);
            }
        }
    }

    /// What has changed since the last call.
    fn news(&mut self, step: u64) -> Vec<Update> {
        let since = std::mem::replace(&mut self.step, step);
        self.shared.hub.since(self.topics.iter().copied(), since)
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        for topic in &self.topics {
            self.shared.hub.leave(*topic);
        }
    }
}

/// Why a client is let go.
enum End {
    /// It hung up, or its connection broke.
    Gone,
    Slow,
    Silent,
    /// It broke the rules: what it did.
    Refused(&'static str),
    Stopping,
}

struct Client {
    following: Following,
    socket: WebSocket,
}

impl Client {
    /// Serves a client to its end.
    async fn attend(mut self, topics: BTreeSet<Topic>) {
        let Err(end) = self.talk(topics).await;
        let dropped = &self.following.shared.hub.dropped;
        let (code, reason) = match end {
            End::Gone => return,
            End::Slow => {
                dropped.slow.inc();
                (
                    close_code::POLICY,
                    "too slow: messages were not taken for 5 s",
                )
            }
            End::Silent => {
                dropped.silent.inc();
                (close_code::POLICY, "no answer to heartbeats")
            }
            End::Refused(reason) => (close_code::POLICY, reason),
            End::Stopping => (close_code::AWAY, "the service stops; connect again"),
        };
        let frame = CloseFrame {
            code,
            reason: reason.into(),
        };
        // Best effort: a client that does not read does not read this either.
        let _ = timeout(
            Duration::from_secs(1),
            self.socket.send(Message::Close(Some(frame))),
        )
        .await;
    }

    async fn talk(&mut self, topics: BTreeSet<Topic>) -> Result<std::convert::Infallible, End> {
        let mut steps = self.following.shared.hub.steps.subscribe();
        let mut stopping = self.following.shared.hub.stopping.subscribe();
        steps.mark_unchanged();
        let snapshot = self.following.add(&topics).expect(FEW_ENOUGH);
        self.tell("snapshot", &snapshot).await?;
        let mut heartbeat = interval(HEARTBEAT);
        heartbeat.reset();
        let mut heard = Instant::now();
        let mut messages = 0;
        loop {
            tokio::select! {
                changed = steps.changed() => {
                    changed.map_err(|_| End::Stopping)?;
                    let step = *steps.borrow_and_update();
                    let news = self.following.news(step);
                    if !news.is_empty() {
                        self.tell("changes", &news).await?;
                    }
                }
                message = self.socket.recv() => {
                    let message = message.and_then(Result::ok).ok_or(End::Gone)?;
                    heard = Instant::now();
                    messages += 1;
                    if messages > MESSAGES_MAX {
                        return Err(End::Refused("too many messages"));
                    }
                    self.hear(&message).await?;
                }
                _ = heartbeat.tick() => {
                    if heard.elapsed() > SILENCE_MAX {
                        return Err(End::Silent);
                    }
                    messages = 0;
                    self.send(Message::Ping(Vec::new().into())).await?;
                }
                () = async { drop(stopping.wait_for(|stopping| *stopping).await) } => {
                    return Err(End::Stopping);
                }
            }
        }
    }

    async fn hear(&mut self, message: &Message) -> Result<(), End> {
        let text = match message {
            Message::Text(text) => text.as_str(),
            Message::Close(_) => return Err(End::Gone),
            Message::Binary(_) => return Err(End::Refused("messages are JSON text")),
            // The library answers pings; a pong was asked for.
            Message::Ping(_) | Message::Pong(_) => return Ok(()),
        };
        let request: Request = serde_json::from_str(text)
            .map_err(|_| End::Refused("expected {\"subscribe\":[...],\"unsubscribe\":[...]}"))?;
        let topics = |names: &[String]| {
            parse(&self.following.shared, names.iter().map(String::as_str)).ok_or(End::Refused(
                "a topic that this event does not have, or too many",
            ))
        };
        let (wanted, unwanted) = (topics(&request.subscribe)?, topics(&request.unsubscribe)?);
        self.following.remove(&unwanted);
        let added = self.following.add(&wanted);
        let snapshot = added.ok_or(End::Refused("too many topics"))?;
        if snapshot.is_empty() {
            return Ok(());
        }
        self.tell("snapshot", &snapshot).await
    }

    async fn tell(&mut self, kind: &str, updates: &[Update]) -> Result<(), End> {
        self.send(Message::Text(message(kind, updates).into()))
            .await
    }

    async fn send(&mut self, message: Message) -> Result<(), End> {
        match timeout(SEND_MAX, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Gone),
            Err(_) => Err(End::Slow),
        }
    }
}
