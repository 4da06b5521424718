//! Hostile clients: tasks with source addresses of their own, paced, each counting what it met.

use anyhow::{Context, Result, bail};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

/// Open files beside connections.
const FILES_BESIDE: u64 = 256;
/// Attackers come from so many addresses: 127.3.0.1 and on.
pub(super) const ADDRESSES: u32 = 64;
/// An answer that takes longer counts as none.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// Bytes of an answer that are looked at: its status line and its problem's type.
const ANSWER_BYTES: usize = 2_048;

/// No connection could be made.
pub(super) const NOT_CONNECTED: &str = "not_connected";

/// How often each thing was met, by name.
pub(super) type Met = BTreeMap<String, u64>;

/// Attackers under way.
pub(super) struct Swarm {
    tasks: JoinSet<Met>,
    stop: watch::Sender<bool>,
}

/// Turns true when the attack is to end.
#[derive(Clone)]
pub(super) struct Stop(watch::Receiver<bool>);

impl Stop {
    /// The output of `work`; none where the attack ends before.
    pub(super) async fn or<W>(&mut self, work: impl Future<Output = W>) -> Option<W> {
        tokio::select! {
            biased;
            _ = self.0.wait_for(|stop| *stop) => None,
            worked = work => Some(worked),
        }
    }
}

impl Swarm {
    pub(super) fn new() -> Swarm {
        Swarm {
            tasks: JoinSet::new(),
            stop: watch::Sender::new(false),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    pub(super) fn stop(&self) -> Stop {
        Stop(self.stop.subscribe())
    }

    pub(super) fn spawn(&mut self, attacker: impl Future<Output = Met> + Send + 'static) {
        self.tasks.spawn(attacker);
    }

    /// Starts attackers that do `deed` at `per_second` in all; each deed is given its number and an
    /// address, and tells what it met.
    pub(super) fn pace<F, D>(&mut self, per_second: u32, deed: D)
    where
        D: Fn(u32, Ipv4Addr) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = String> + Send,
    {
        let period = Duration::from_secs(1) * ADDRESSES / per_second.max(1);
        for attacker in 0..ADDRESSES {
            let (deed, mut stop) = (deed.clone(), self.stop());
            self.spawn(async move {
                let mut met = Met::new();
                let first = tokio::time::Instant::now() + period * attacker / ADDRESSES;
                let mut due = tokio::time::interval_at(first, period);
                due.set_missed_tick_behavior(MissedTickBehavior::Delay);
                for number in 0.. {
                    let done = stop.or(async {
                        due.tick().await;
                        deed(number * ADDRESSES + attacker, address(attacker)).await
                    });
                    match done.await {
                        Some(what) => *met.entry(what).or_default() += 1,
                        None => break,
                    }
                }
                met
            });
        }
    }

    /// Ends the attack after it `lasted` so long: how often a second something was met, and what. None
    /// where there was no attack.
    pub(super) async fn end(mut self, lasted: Duration) -> Result<Option<Value>> {
        self.stop.send_replace(true);
        let mut met = Met::new();
        let attacked = !self.tasks.is_empty();
        while let Some(ended) = self.tasks.join_next().await {
            for (what, count) in ended.context("an attacker panicked")? {
                let all = met.entry(what.clone()).or_default();
                // Highest values are told, not summed.
                *all = if what.ends_with("_max") {
                    (*all).max(count)
                } else {
                    *all + count
                };
            }
        }
        let deeds: u64 = met
            .iter()
            .filter(|(what, _)| !what.ends_with("_max"))
            .map(|(_, n)| n)
            .sum();
        #[allow(clippy::cast_precision_loss)] // below 2^53
        let per_s = (deeds as f64 / lasted.as_secs_f64()).round();
        Ok(attacked.then(|| json!({"per_s": per_s, "met": met})))
    }
}

/// The address of attacker `n`.
pub(super) fn address(n: u32) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(Ipv4Addr::new(127, 3, 0, 1)) + n % ADDRESSES)
}

/// Connects to `to` from `source`.
///
/// # Errors
/// `NotConnected`, whatever the reason.
pub(super) async fn connect(to: SocketAddr, source: Ipv4Addr) -> io::Result<TcpStream> {
    let connected = try_connect(to, source).await;
    connected.map_err(|error| io::Error::new(io::ErrorKind::NotConnected, error))
}

async fn try_connect(to: SocketAddr, source: Ipv4Addr) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((source, 0)))?;
    let stream = socket.connect(to).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// The beginning of the answer as text; empty where the server closed without a word.
///
/// # Errors
/// The connection broke, or nothing came in time.
pub(super) async fn answer(stream: &mut TcpStream) -> io::Result<String> {
    let mut bytes = vec![0; ANSWER_BYTES];
    let mut length = 0;
    let whole = async {
        // Status line, headers and a small body come in one piece or two.
        while length < ANSWER_BYTES && !ended(&bytes[..length]) {
            match stream.read(&mut bytes[length..]).await? {
                0 => break,
                count => length += count,
            }
        }
        Ok::<_, io::Error>(())
    };
    tokio::time::timeout(ANSWER_WITHIN, whole).await??;
    Ok(String::from_utf8_lossy(&bytes[..length]).into_owned())
}

/// Whether the bytes hold the end of a JSON answer.
fn ended(bytes: &[u8]) -> bool {
    bytes.ends_with(b"}") || bytes.ends_with(b"content-length: 0\r\n\r\n")
}

/// The status of an answer, or what there was instead.
pub(super) fn status(answer: &io::Result<String>) -> String {
    match answer {
        Ok(text) if text.is_empty() => "closed".to_owned(),
        Ok(text) => text.get(9..12).unwrap_or("no_http").to_owned(),
        Err(error) if error.kind() == io::ErrorKind::TimedOut => "silence".to_owned(),
        Err(error) if error.kind() == io::ErrorKind::NotConnected => NOT_CONNECTED.to_owned(),
        Err(_) => "closed".to_owned(),
    }
}

/// Lets this process open as many files as the attack needs.
pub(super) fn allow_connections(connections: u32) -> Result<()> {
    let wanted = u64::from(connections) + FILES_BESIDE;
    let limit = getrlimit(Resource::Nofile);
    if let Some(most) = limit.maximum
        && most < wanted
    {
        bail!("the attack opens {wanted} files, this process may open {most}: raise `ulimit -Hn`");
    }
    let raised = Rlimit {
        current: limit.current.map(|current| current.max(wanted)),
        maximum: limit.maximum,
    };
    setrlimit(Resource::Nofile, raised).context("cannot raise the limit of open files")
}
