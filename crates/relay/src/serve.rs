//! Answering other nodes: connections are taken, verified, and ended when the program stops.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::pin;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::gate::Gate;
use crate::hello::Hello;
use crate::identity::{self, Identity};
use crate::line::{Broken, Line};
use crate::session::{self, Answer};

/// Most connections at a time, those in the middle of their handshake among them. More wait in the kernel.
const CONNECTIONS_MAX: usize = 64;
/// Longest time until a connection stands: handshake and hello together.
const HANDSHAKE_MAX: Duration = Duration::from_secs(2);
/// Longest time for what is in flight when the program stops.
const STOP_MAX: Duration = Duration::from_secs(2);
/// Rest after an error that is about this machine, such as too many open files.
const EXHAUSTED_REST: Duration = Duration::from_millis(100);

/// What each connection needs to know.
struct House<A> {
    identity: Arc<Identity>,
    hello: Hello,
    answer: Arc<A>,
    gate: Gate,
}

/// Answers other nodes until `stop` ends. Then no connection is taken, and nodes are told to ask nothing more;
/// what they had asked before is answered, for two seconds at most.
///
/// `hello` has at most [`HELLO_BYTES_MAX`](crate::HELLO_BYTES_MAX) bytes, no secret. A node with another one is
/// refused.
///
/// # Panics
/// With a hello that is too long: a fault of the program.
pub async fn serve<A: Answer>(
    listener: TcpListener,
    identity: Arc<Identity>,
    hello: Vec<u8>,
    answer: Arc<A>,
    stop: impl Future<Output = ()> + Send,
) {
    let house = Arc::new(House {
        identity,
        hello: Hello::new(&hello),
        answer,
        gate: Gate::default(),
    });
    let (stopping, stopped) = watch::channel(());
    let mut connections = JoinSet::new();
    pin!(stop);
    loop {
        tokio::select! {
            biased;
            () = &mut stop => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            accepted = listener.accept(), if connections.len() < CONNECTIONS_MAX => match accepted {
                Ok((stream, address)) => {
                    connections.spawn(Arc::clone(&house).receive(stream, address, stopped.clone()));
                }
                Err(_) => sleep(EXHAUSTED_REST).await,
            },
        }
    }
    drop((listener, stopping));
    let all_ended = async { while connections.join_next().await.is_some() {} };
    // Who is left over is cut off with the set.
    let _ = timeout(STOP_MAX, all_ended).await;
}

impl<A: Answer> House<A> {
    async fn receive(
        self: Arc<Self>,
        stream: TcpStream,
        address: SocketAddr,
        mut stopped: watch::Receiver<()>,
    ) {
        let handshake = timeout(HANDSHAKE_MAX, self.shake_hands(stream)).await;
        let limit = HANDSHAKE_MAX.as_secs();
        let handshake =
            handshake.unwrap_or_else(|_| Err(format!("no handshake and hello within {limit} s")));
        let (mut line, from) = match handshake {
            Ok(stands) => stands,
            Err(reason) => return self.warn(address, &reason, "a node was refused"),
        };
        tracing::info!(%address, node = &*from, "a node has connected");
        // The sender is dropped to stop.
        let stop = async { while stopped.changed().await.is_ok() {} };
        match session::converse(&mut line, &from, &self.answer, stop).await {
            Ok(()) => tracing::info!(node = &*from, "a node has closed its connection"),
            Err(broken) => {
                let reason = format!("{from}: {broken}");
                self.warn(address, &reason, "the connection of a node has ended");
            }
        }
        line.close().await;
    }

    async fn shake_hands(
        &self,
        stream: TcpStream,
    ) -> Result<(Line<TlsStream<TcpStream>>, Arc<str>), String> {
        let in_words = |error: io::Error| format!("TLS failed: {error}");
        stream.set_nodelay(true).map_err(in_words)?;
        let handshake = TlsAcceptor::from(self.identity.server()).accept(stream);
        let stream = handshake.await.map_err(in_words)?;
        let from: Arc<str> = identity::name_of(stream.get_ref().1.peer_certificates())?.into();
        let mut line = Line::new(stream);
        if let Err(broken) = line.greet(&self.hello).await {
            if let Broken::OtherHello(_) = &broken {
                line.close().await;
            }
            return Err(format!("{from}: {broken}"));
        }
        Ok((line, from))
    }

    fn warn(&self, address: SocketAddr, reason: &str, message: &str) {
        self.gate
            .run(|unsaid| tracing::warn!(%address, reason, unsaid, "{message}"));
    }
}
