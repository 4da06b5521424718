//! What the clients of the live stream are told: each document is written once a step, however many
//! follow it and however fast votes come.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use listener::Seats;
use tokio::sync::{Semaphore, watch};

use super::topic::Topic;
use crate::policy;

/// Clients at once; one more is asked to come back.
pub(crate) const CLIENTS_MAX: usize = 12_000;
/// What the live stream keeps while the API runs.
pub(crate) struct Hub {
    topics: Mutex<BTreeMap<Topic, Followed>>,
    /// Number of the last step that changed anything.
    pub(super) steps: watch::Sender<u64>,
    pub(super) stopping: watch::Sender<bool>,
    /// A WebSocket is no connection of the listener any more: it has a seat here among all, and one
    /// among those of its client.
    pub(super) seats: Arc<Semaphore>,
    pub(super) of_clients: Seats,
    pub(crate) dropped: Dropped,
}

/// Clients that were dropped, by reason.
#[derive(Default)]
pub(crate) struct Dropped {
    pub(crate) slow: prometheus_client::metrics::counter::Counter,
    pub(crate) silent: prometheus_client::metrics::counter::Counter,
}

/// What a topic's document was written from.
#[derive(PartialEq, Eq)]
pub(super) enum Version {
    /// Results and turnout, one a ballot.
    Ballots(Vec<policy::Version>),
    /// The number of the newest change, and when it was told.
    Changes(u64, Instant),
    /// Frames that were counted, and whether the count has caught up.
    System(u64, bool),
}

/// A topic's document, and what it was written from.
pub(super) struct Document {
    pub(super) version: Version,
    pub(super) json: String,
}

/// Writes a topic's document anew; none where the given version is still the newest, or where it
/// cannot be written.
pub(super) type Write<'a> = &'a dyn Fn(Topic, Option<&Version>) -> Option<Document>;

/// A topic that somebody follows, or followed.
struct Followed {
    clients: usize,
    /// None before the first document.
    version: Option<Version>,
    update: Update,
}

/// A topic's document, as it is sent.
#[derive(Clone)]
pub(super) struct Update {
    /// The step that wrote it.
    pub(super) step: u64,
    pub(super) json: Arc<str>,
}

impl Hub {
    /// No client follows the stream by more than `per_client_max` WebSockets at once.
    pub(crate) fn new(per_client_max: usize) -> Hub {
        Hub {
            topics: Mutex::default(),
            steps: watch::Sender::new(0),
            stopping: watch::Sender::new(false),
            seats: Arc::new(Semaphore::new(CLIENTS_MAX)),
            of_clients: Seats::new(CLIENTS_MAX, per_client_max),
            dropped: Dropped::default(),
        }
    }

    fn topics(&self) -> MutexGuard<'_, BTreeMap<Topic, Followed>> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Clients that are connected.
    pub(crate) fn clients(&self) -> usize {
        CLIENTS_MAX - self.seats.available_permits()
    }

    /// Begins to follow a topic and returns its document as it is now.
    pub(super) fn follow(&self, topic: Topic, write: Write<'_>) -> Update {
        let step = *self.steps.borrow();
        let mut topics = self.topics();
        let followed = topics.entry(topic).or_insert_with(|| Followed {
            clients: 0,
            version: None,
            update: Update {
                step,
                json: Arc::from(""),
            },
        });
        followed.clients += 1;
        // Nobody kept it fresh while nobody followed it.
        if followed.clients == 1 {
            followed.renew(topic, step, write);
        }
        followed.update.clone()
    }

    /// Ends following a topic.
    pub(super) fn leave(&self, topic: Topic) {
        if let Some(followed) = self.topics().get_mut(&topic) {
            assert!(
                followed.clients > 0,
                "whoever leaves a topic has followed it"
            );
            followed.clients -= 1;
        }
    }

    /// The documents of these topics that are newer than `step`.
    pub(super) fn since(&self, wanted: impl Iterator<Item = Topic>, step: u64) -> Vec<Update> {
        let topics = self.topics();
        wanted
            .filter_map(|topic| topics.get(&topic))
            .filter(|followed| followed.update.step > step)
            .map(|followed| followed.update.clone())
            .collect()
    }

    /// Writes what has changed, and says so.
    pub(super) fn step(&self, write: Write<'_>) {
        let step = *self.steps.borrow() + 1;
        let mut topics = self.topics();
        let mut changed = false;
        for (topic, followed) in topics.iter_mut().filter(|(_, f)| f.clients > 0) {
            changed |= followed.renew(*topic, step, write);
        }
        drop(topics);
        if changed {
            self.steps.send_replace(step);
        }
    }

    /// Tells all clients that the service stops, and waits a little for them to go.
    pub(crate) async fn stop(&self) {
        self.stopping.send_replace(true);
        let all = u32::try_from(CLIENTS_MAX).expect("12,000");
        let _ = tokio::time::timeout(Duration::from_secs(1), self.seats.acquire_many(all)).await;
    }
}

impl Followed {
    /// Writes the document where what it is made of has changed.
    fn renew(&mut self, topic: Topic, step: u64, write: Write<'_>) -> bool {
        let Some(document) = write(topic, self.version.as_ref()) else {
            return false;
        };
        self.update = Update {
            step,
            json: document.json.into(),
        };
        self.version = Some(document.version);
        true
    }
}
