//! Nodes in one process: servers that answer as a test wants, and peers of them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use relay::{Answer, Identity, NoAnswer, Peer, serve};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crate::authority::Authority;

pub(crate) const HELLO: &[u8] = b"manifest 1234";

/// Answers `wait N` after N milliseconds, `never` never, `long` with too much, and else with who asked what.
#[derive(Default)]
pub(crate) struct Oracle {
    pub(crate) begun: AtomicUsize,
}

impl Answer for Oracle {
    async fn answer(self: Arc<Self>, from: Arc<str>, question: Vec<u8>) -> Vec<u8> {
        self.begun.fetch_add(1, Ordering::Relaxed);
        let text = String::from_utf8_lossy(&question).into_owned();
        match text.split_once(' ') {
            Some(("wait", milliseconds)) => {
                sleep(Duration::from_millis(milliseconds.parse().unwrap())).await;
            }
            Some(("never", _)) => std::future::pending().await,
            Some(("long", _)) => return vec![0; relay::frame::CONTENT_BYTES_MAX + 1],
            _ => {}
        }
        format!("{from}: {text}").into_bytes()
    }
}

/// A server that runs until it is stopped or dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) oracle: Arc<Oracle>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start(identity: Arc<Identity>, hello: &[u8]) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Server::on(listener, identity, hello)
    }

    pub(crate) fn on(listener: TcpListener, identity: Arc<Identity>, hello: &[u8]) -> Server {
        let address = listener.local_addr().unwrap();
        let oracle = Arc::new(Oracle::default());
        let (stop, stopped) = oneshot::channel::<()>();
        let ended = async move {
            let _ = stopped.await;
        };
        let answer = Arc::clone(&oracle);
        let task = tokio::spawn(serve(listener, identity, hello.to_vec(), answer, ended));
        Server {
            address,
            oracle,
            stop: Some(stop),
            task,
        }
    }

    /// Asks the server to stop, and waits until it has.
    pub(crate) async fn stop(mut self) {
        drop(self.stop.take());
        (&mut self.task).await.unwrap();
    }

    /// Ends the server as a kill would: its kernel closes the connections.
    pub(crate) async fn kill(self) {
        self.task.abort();
        while !self.task.is_finished() {
            tokio::task::yield_now().await;
        }
    }

    pub(crate) fn begun(&self) -> usize {
        self.oracle.begun.load(Ordering::Relaxed)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A listener that nobody serves yet, and the peer `v1` there as `v2` sees it.
pub(crate) async fn unserved(authority: &Authority) -> (TcpListener, Peer) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let peer = peer("v1", address, authority.identity("v2"));
    (listener, peer)
}

/// A peer called `name` at `address`, as `identity` sees it.
pub(crate) fn peer(name: &str, address: SocketAddr, identity: Arc<Identity>) -> Peer {
    Peer::new(
        name.to_owned(),
        address.to_string(),
        identity,
        HELLO.to_vec(),
    )
}

/// Asks until there is another answer than `NotSent`, for some seconds.
pub(crate) async fn ask_until_sent(peer: &Peer, question: &str) -> Result<Vec<u8>, NoAnswer> {
    let started = Instant::now();
    loop {
        match peer.ask(question.into()).await {
            Err(NoAnswer::NotSent(_)) if started.elapsed() < Duration::from_secs(5) => {
                sleep(Duration::from_millis(20)).await;
            }
            answered => return answered,
        }
    }
}

/// Waits until `there`, or fails after some seconds.
pub(crate) async fn wait_until(what: &str, there: impl Fn() -> bool) {
    let started = Instant::now();
    while !there() {
        assert!(started.elapsed() < Duration::from_secs(8), "never: {what}");
        sleep(Duration::from_millis(5)).await;
    }
}

#[track_caller]
pub(crate) fn assert_not_sent(answered: Result<Vec<u8>, NoAnswer>, words: &str) {
    match answered {
        Err(NoAnswer::NotSent(reason)) => assert!(reason.contains(words), "{reason}"),
        other => panic!("{other:?}, expected not sent: {words}"),
    }
}

#[track_caller]
pub(crate) fn assert_unknown(answered: Result<Vec<u8>, NoAnswer>, words: &str) {
    match answered {
        Err(NoAnswer::Unknown(reason)) => assert!(reason.contains(words), "{reason}"),
        other => panic!("{other:?}, expected unknown: {words}"),
    }
}
