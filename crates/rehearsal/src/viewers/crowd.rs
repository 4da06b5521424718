//! Viewers with live pages: each follows the stream by a WebSocket of its own, and asks what has changed as the
//! page's script does (`crates/pages/assets/results.js`).

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use futures_util::StreamExt;
use serde::Deserialize;
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use super::page::{Kind, Page, Version};
use super::pool::Pool;
use crate::chance;

/// What a page waits after a change, as its script does.
pub(super) const AGED: Duration = Duration::from_secs(2);
/// The longest time over which the tally spreads viewers.
pub(super) const SPREAD_MAX: Duration = Duration::from_secs(10);
/// Addresses that viewers come from: 127.4.0.1 and the following. One has too few ports.
const ADDRESSES: u32 = 64;
/// Viewers that connect a second.
const ARRIVALS_PER_S: u64 = 1_000;

/// The page that all viewers have open.
pub(super) struct Watched {
    pub(super) at: SocketAddr,
    pub(super) address: String,
    pub(super) pool: Pool,
    pub(super) page: Page,
    pub(super) met: Mutex<Met>,
}

/// What all viewers met.
#[derive(Default)]
pub(super) struct Met {
    /// From the stream's message to the newer page, with the wait that spreads viewers.
    pub(super) updated: Vec<Duration>,
    /// From question to answer.
    pub(super) answered: Vec<Duration>,
    /// Bytes of the updates: messages and answers.
    pub(super) bytes: u64,
    pub(super) deltas: u64,
    pub(super) wholes: u64,
    pub(super) unchanged: u64,
    /// What went wrong, each.
    pub(super) faults: Vec<String>,
}

/// Viewers at work; each ends with the version that it has.
pub(super) struct Crowd {
    viewers: JoinSet<Option<Version>>,
    end: watch::Sender<bool>,
}

#[derive(Deserialize)]
struct Told {
    updates: [Update; 1],
}

#[derive(Deserialize)]
struct Update {
    data: Change,
}

#[derive(Clone, Copy, Deserialize)]
struct Change {
    number: u64,
    spread_ms: u64,
}

impl Crowd {
    /// Has `viewers` open the page, one after the other, and returns once all have.
    pub(super) async fn arrive(watched: &Arc<Watched>, viewers: u32) -> Result<Crowd> {
        let (end, _) = watch::channel(false);
        let (arrived, mut arrivals) = tokio::sync::mpsc::unbounded_channel();
        let mut crowd = Crowd {
            viewers: JoinSet::new(),
            end,
        };
        let mut pace =
            tokio::time::interval(Duration::from_secs(1) / u32::try_from(ARRIVALS_PER_S)?);
        for nth in 0..viewers {
            pace.tick().await;
            let (watched, ended, arrived) =
                (Arc::clone(watched), crowd.end.subscribe(), arrived.clone());
            crowd.viewers.spawn(async move {
                let viewer = Viewer::open(&watched, nth).await;
                let _ = arrived.send(());
                match viewer {
                    Ok(viewer) => viewer.watch(ended).await,
                    Err(error) => watched.fault(&error),
                }
            });
        }
        for _ in 0..viewers {
            arrivals.recv().await.context("a viewer panicked")?;
        }
        Ok(crowd)
    }

    /// Ends all viewers: the versions that they have, none of those who met a fault.
    pub(super) async fn leave(mut self) -> Result<Vec<Option<Version>>> {
        self.end.send_replace(true);
        let mut versions = Vec::new();
        while let Some(version) = self.viewers.join_next().await {
            versions.push(version.context("a viewer panicked")?);
        }
        Ok(versions)
    }
}

impl Watched {
    pub(super) fn met(&self) -> std::sync::MutexGuard<'_, Met> {
        self.met.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fault(&self, error: &anyhow::Error) -> Option<Version> {
        self.met().faults.push(format!("{error:#}"));
        None
    }
}

/// The question that a viewer will ask.
#[derive(Clone, Copy)]
struct Due {
    at: Instant,
    told: Instant,
    number: u64,
}

struct Viewer<'a> {
    watched: &'a Watched,
    socket: WebSocketStream<TcpStream>,
    version: Version,
    /// The newest change, and when it was told.
    told: Option<(Change, Instant)>,
    due: Option<Due>,
}

impl<'a> Viewer<'a> {
    async fn open(watched: &'a Watched, nth: u32) -> Result<Viewer<'a>> {
        let asked = watched.page.whole(&watched.pool, &watched.address).await?;
        let socket = TcpSocket::new_v4()?;
        let own = Ipv4Addr::from(u32::from(Ipv4Addr::new(127, 4, 0, 1)) + nth % ADDRESSES);
        socket.bind(SocketAddr::from((own, 0)))?;
        let stream = socket
            .connect(watched.at)
            .await
            .context("the stream takes no connection")?;
        let url = format!("ws://{}/api/v1/stream?topics=changes", watched.at);
        let (socket, _) = tokio_tungstenite::client_async(url, stream)
            .await
            .context("no WebSocket")?;
        Ok(Viewer {
            watched,
            socket,
            version: asked.version,
            told: None,
            due: None,
        })
    }

    async fn watch(mut self, mut ended: watch::Receiver<bool>) -> Option<Version> {
        loop {
            // Where nothing is due, it is looked again after a while.
            let at = self
                .due
                .map_or_else(|| Instant::now() + SPREAD_MAX, |due| due.at);
            let step = tokio::select! {
                biased;
                _ = ended.changed() => return Some(self.version),
                () = tokio::time::sleep_until(at) => self.ask().await,
                message = self.socket.next() => match message {
                    Some(Ok(message)) => self.hear(&message),
                    Some(Err(error)) => Err(anyhow::Error::new(error).context("the stream broke")),
                    None => Err(anyhow::anyhow!("the stream ended")),
                },
            };
            if let Err(error) = step {
                return self.watched.fault(&error);
            }
        }
    }

    fn hear(&mut self, message: &Message) -> Result<()> {
        let text = match message {
            Message::Text(text) => text,
            Message::Close(frame) => bail!("the stream was closed: {frame:?}"),
            _ => return Ok(()), // pings are answered by the library
        };
        let told: Told = serde_json::from_str(text).context("not a message of changes")?;
        let [Update { data }] = told.updates;
        self.watched.met().bytes += text.len() as u64 + 2;
        self.told = Some((data, Instant::now()));
        if self.due.is_none() {
            self.plan()?;
        }
        Ok(())
    }

    /// Asks after a while, by chance: not everybody at once.
    fn plan(&mut self) -> Result<()> {
        let Some((change, told)) = self.told else {
            return Ok(());
        };
        let spread = Duration::from_millis(chance::below(change.spread_ms + 1)?);
        self.due = Some(Due {
            at: Instant::now() + AGED + spread,
            told,
            number: change.number,
        });
        Ok(())
    }

    async fn ask(&mut self) -> Result<()> {
        let Some(due) = self.due.take() else {
            return Ok(());
        };
        let Watched {
            page,
            pool,
            address,
            ..
        } = self.watched;
        let began = Instant::now();
        let asked = page
            .since(pool, address, (&self.version, due.number))
            .await?;
        let mut met = self.watched.met();
        met.answered.push(began.elapsed());
        met.bytes += asked.bytes;
        match asked.kind {
            Kind::Same => met.unchanged += 1,
            Kind::Delta => met.deltas += 1,
            Kind::Whole => met.wholes += 1,
        }
        if asked.kind != Kind::Same {
            met.updated.push(due.told.elapsed());
        }
        drop(met);
        self.version = asked.version;
        if self
            .told
            .is_some_and(|(newest, _)| newest.number != due.number)
        {
            self.plan()?;
        }
        Ok(())
    }
}
