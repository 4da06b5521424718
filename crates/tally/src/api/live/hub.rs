//! What the clients of the live stream are told: each document is written once a step, however many
//! follow it and however fast votes come.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use serde_json::value::RawValue;
use tokio::sync::{Semaphore, watch};

use super::topic::{Named, Topic};
use crate::api::{Shared, results, turnout};
use crate::recount::Head;

/// Clients at once; one more is asked to come back.
pub(crate) const CLIENTS_MAX: usize = 12_000;
/// Time between two steps: no client gets more than three messages a second.
const STEP: Duration = Duration::from_millis(300);

/// The stream's side of [`Shared`].
pub(crate) struct Hub {
    topics: Mutex<BTreeMap<Topic, Followed>>,
    /// Number of the last step that changed anything.
    pub(super) steps: watch::Sender<u64>,
    pub(super) stopping: watch::Sender<bool>,
    pub(super) seats: Arc<Semaphore>,
    pub(crate) dropped: Dropped,
}

/// Clients that were dropped, by reason.
#[derive(Default)]
pub(crate) struct Dropped {
    pub(crate) slow: prometheus_client::metrics::counter::Counter,
    pub(crate) silent: prometheus_client::metrics::counter::Counter,
}

/// What a topic's document was written from: per ballot its version, and whether it has opened and
/// closed. Then nothing but time has to pass for it to be written again.
type Version = Vec<(u64, bool, bool)>;

/// A topic that somebody follows, or followed.
struct Followed {
    clients: usize,
    version: Version,
    update: Update,
}

/// A topic's document, as it is sent.
#[derive(Clone)]
pub(super) struct Update {
    /// The step that wrote it.
    pub(super) step: u64,
    pub(super) json: Arc<str>,
}

#[derive(Serialize)]
struct UpdateJson<'a> {
    topic: String,
    href: Option<String>,
    data: &'a RawValue,
}

#[derive(Serialize)]
struct System {
    caught_up: bool,
    votes: u64,
    ledger: Vec<Head>,
}

impl Default for Hub {
    fn default() -> Hub {
        Hub {
            topics: Mutex::default(),
            steps: watch::Sender::new(0),
            stopping: watch::Sender::new(false),
            seats: Arc::new(Semaphore::new(CLIENTS_MAX)),
            dropped: Dropped::default(),
        }
    }
}

impl Hub {
    fn topics(&self) -> MutexGuard<'_, BTreeMap<Topic, Followed>> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Clients that are connected.
    pub(crate) fn clients(&self) -> usize {
        CLIENTS_MAX - self.seats.available_permits()
    }

    /// Begins to follow a topic and returns its document as it is now.
    pub(super) fn follow(&self, shared: &Shared, topic: Topic) -> Update {
        let step = *self.steps.borrow();
        let mut topics = self.topics();
        let followed = topics.entry(topic).or_insert_with(|| Followed {
            clients: 0,
            version: Version::new(),
            update: Update {
                step,
                json: Arc::from(""),
            },
        });
        followed.clients += 1;
        // Nobody kept it fresh while nobody followed it.
        if followed.clients == 1 {
            followed.renew(shared, topic, step);
        }
        followed.update.clone()
    }

    /// Ends following a topic.
    pub(super) fn leave(&self, topic: Topic) {
        if let Some(followed) = self.topics().get_mut(&topic) {
            followed.clients = followed.clients.saturating_sub(1);
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
    fn step(&self, shared: &Shared) {
        let step = *self.steps.borrow() + 1;
        let mut topics = self.topics();
        let mut changed = false;
        for (topic, followed) in topics.iter_mut().filter(|(_, f)| f.clients > 0) {
            changed |= followed.renew(shared, *topic, step);
        }
        drop(topics);
        if changed {
            self.steps.send_replace(step);
        }
    }

    /// Steps for ever.
    pub(crate) async fn run(shared: Arc<Shared>) {
        let mut steps = tokio::time::interval(STEP);
        steps.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            steps.tick().await;
            let shared = Arc::clone(&shared);
            // An instant runoff over 125 regions is no work for a thread that answers requests.
            let stepped = tokio::task::spawn_blocking(move || shared.hub.step(&shared));
            if let Err(error) = stepped.await {
                tracing::error!(%error, "a step of the live stream failed");
            }
        }
    }

    /// Tells all clients that the service stops, and waits a little for them to go.
    pub(crate) async fn stop(&self) {
        self.stopping.send_replace(true);
        let all = u32::try_from(CLIENTS_MAX).unwrap_or(u32::MAX);
        let _ = tokio::time::timeout(Duration::from_secs(1), self.seats.acquire_many(all)).await;
    }
}

impl Followed {
    /// Writes the document where what it is made of has changed.
    fn renew(&mut self, shared: &Shared, topic: Topic, step: u64) -> bool {
        let version = version(shared, topic);
        if self.version == version {
            return false;
        }
        match document(shared, topic) {
            Ok(json) => {
                self.update = Update {
                    step,
                    json: json.into(),
                };
                self.version = version;
                true
            }
            Err(error) => {
                let topic = Named(shared.package.event(), topic).to_string();
                tracing::error!(topic, %error, "a topic cannot be written as JSON");
                false
            }
        }
    }
}

fn version(shared: &Shared, topic: Topic) -> Version {
    let (board, now) = (shared.board(), shared.now_ms());
    let event = shared.package.event();
    if topic == Topic::System {
        let frames = board.state().heads.values().map(|head| head.sequence).sum();
        return vec![(frames, shared.is_caught_up(), true)];
    }
    let ballots = match topic.ballot(event) {
        Some(ballot) => std::slice::from_ref(ballot),
        None => event.ballots(),
    };
    let of_ballot = |ballot: &election::Ballot| {
        let (version, closed) = board.version(ballot, now);
        (version, now >= ballot.opens, closed)
    };
    ballots.iter().map(of_ballot).collect()
}

/// The update's JSON: the very document that the API shows, by the same policy.
fn document(shared: &Shared, topic: Topic) -> serde_json::Result<String> {
    let (board, now) = (shared.board(), shared.now_ms());
    let event = shared.package.event();
    let data = match (topic, topic.ballot(event)) {
        (Topic::Law(_), Some(ballot)) => match ballot.law() {
            Some(law) => results::law_document(shared, &board, ballot, law, now)?,
            None => b"null".to_vec(),
        },
        (Topic::Region(_, region), Some(ballot)) => match ballot.election() {
            Some(election) => {
                results::region_document(shared, &board, ballot, election, region, now)?
            }
            None => b"null".to_vec(),
        },
        (_, Some(ballot)) => results::election_document(shared, &board, ballot, now)?,
        (Topic::System, _) => {
            let state = board.state();
            let heads = state.heads.iter();
            serde_json::to_vec(&System {
                caught_up: shared.is_caught_up(),
                votes: state.votes(),
                ledger: heads.map(|(at, cursor)| Head::new(*at, cursor)).collect(),
            })?
        }
        (_, None) => turnout::all_document(shared, &board)?,
    };
    let data: &RawValue = serde_json::from_slice(&data)?;
    let named = Named(event, topic);
    serde_json::to_string(&UpdateJson {
        topic: named.to_string(),
        href: named.href(),
        data,
    })
}
