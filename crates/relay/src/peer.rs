//! Asking another node: one kept connection, made again when it broke.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::{DnsName, ServerName};

use crate::desk::{Desk, NoAnswer};
use crate::frame::{Frame, GOODBYE, LINE_ID, PING};
use crate::hello::{Hello, OtherHello};
use crate::identity::Identity;
use crate::line::{Broken, Line, Turn};

/// Longest time until a connection stands: connect, handshake and hello together.
const CONNECT_MAX: Duration = Duration::from_secs(2);
/// Rest after a connection that broke; it doubles with each attempt that fails.
const PAUSE_MIN: Duration = Duration::from_millis(50);
/// Longest rest between two attempts.
const PAUSE_MAX: Duration = Duration::from_secs(1);
/// Bytes of questions that are handed to the connection at once.
const BATCH_BYTES: usize = 64 * 1024;

/// Another node. Clones share its one connection, which ends with the last of them.
#[derive(Clone)]
pub struct Peer {
    desk: Arc<Desk>,
    _keeper: Arc<Keeper>,
}

/// Without the questions, which may be votes.
impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peer").finish_non_exhaustive()
    }
}

impl Peer {
    /// A node by the name that its certificate must carry and its address, "host:port". `hello` has at most
    /// [`HELLO_BYTES_MAX`](crate::HELLO_BYTES_MAX) bytes, no secret, and must be the other node's.
    ///
    /// Nothing is connected yet when this returns. A task of the current runtime makes the connection and keeps
    /// it; questions may be asked from any runtime.
    ///
    /// # Panics
    /// Outside a tokio runtime, and with a hello that is too long: faults of the program.
    #[must_use]
    pub fn new(name: String, address: String, identity: Arc<Identity>, hello: Vec<u8>) -> Peer {
        let desk = Arc::new(Desk::default());
        let node = Node {
            name,
            address,
            identity,
            hello: Hello::new(&hello),
        };
        let keeper = Keeper(tokio::spawn(keep(node, Arc::clone(&desk))));
        Peer {
            desk,
            _keeper: Arc::new(keeper),
        }
    }

    /// Asks, and waits for the answer as long as the caller polls. A question of a caller that gave up may
    /// have been carried out.
    ///
    /// Before the first attempt to connect has ended, questions wait for it. Later they are given back at once
    /// while there is no connection.
    ///
    /// # Errors
    /// See [`NoAnswer`].
    pub async fn ask(&self, question: Vec<u8>) -> Result<Vec<u8>, NoAnswer> {
        self.desk.ask(question).await
    }
}

/// The task that keeps the connection, ended with the last clone of its peer.
struct Keeper(JoinHandle<()>);

impl Drop for Keeper {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Gives open questions back when the task ends with its runtime: nobody else would.
struct LastWords(Arc<Desk>);

impl Drop for LastWords {
    fn drop(&mut self) {
        let reason = "the runtime of the connection has ended";
        self.0.give_up(reason, std::iter::empty());
    }
}

/// What became of a greeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Greeted {
    /// Both can work together.
    Agrees,
    /// The other node was understood and cannot work with this one; why, in words.
    Differs(String),
    /// The other node did not answer, or not as one of ours: nobody knows; why, in words.
    Unheard(String),
}

/// Says hello to another node once and takes leave, as [`Peer::new`] does to stay: whether the two could work together.
///
/// # Panics
/// With a hello that is too long: a fault of the program.
pub async fn greet(
    name: String,
    address: String,
    identity: Arc<Identity>,
    hello: &[u8],
) -> Greeted {
    let node = Node {
        name,
        address,
        identity,
        hello: Hello::new(hello),
    };
    match node.connect().await {
        Ok(mut line) => {
            line.close().await;
            Greeted::Agrees
        }
        Err(Unconnected::Differs(other)) => Greeted::Differs(node.reason(&other)),
        Err(Unconnected::Unheard(why)) => Greeted::Unheard(node.reason(&why)),
    }
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
enum Unconnected {
    #[error(transparent)]
    Differs(OtherHello),
    #[error("{0}")]
    Unheard(String),
}

impl From<String> for Unconnected {
    fn from(why: String) -> Unconnected {
        Unconnected::Unheard(why)
    }
}

/// Whom to connect to.
struct Node {
    name: String,
    address: String,
    identity: Arc<Identity>,
    hello: Hello,
}

async fn keep(node: Node, desk: Arc<Desk>) {
    let _last_words = LastWords(Arc::clone(&desk));
    let mut pause = PAUSE_MIN;
    let mut told = false;
    loop {
        match node.connect().await {
            Ok(mut line) => {
                tracing::info!(
                    node = node.name,
                    address = node.address,
                    "connected to a node"
                );
                (pause, told) = (PAUSE_MIN, false);
                desk.open();
                let reason = node.reason(&converse(&mut line, &desk).await);
                desk.give_up(&reason, line.unhanded());
                tracing::warn!(reason, "the connection to a node has ended");
            }
            Err(reason) => {
                let reason = node.reason(&reason);
                desk.give_up(&reason, std::iter::empty());
                if !told {
                    tracing::warn!(reason, "a node cannot be connected to");
                }
                told = true;
            }
        }
        sleep(pause).await;
        pause = PAUSE_MAX.min(pause * 2);
    }
}

impl Node {
    fn reason(&self, what: &dyn fmt::Display) -> String {
        format!("{} at {}: {what}", self.name, self.address)
    }

    async fn connect(&self) -> Result<Line<TlsStream<TcpStream>>, Unconnected> {
        let limited = timeout(CONNECT_MAX, self.connect_unlimited()).await;
        limited.unwrap_or_else(|_| {
            let limit = CONNECT_MAX.as_secs();
            let why = format!("no connection, handshake and hello within {limit} s");
            Err(Unconnected::Unheard(why))
        })
    }

    async fn connect_unlimited(&self) -> Result<Line<TlsStream<TcpStream>>, Unconnected> {
        let name = DnsName::try_from(self.name.clone())
            .map_err(|_| "the node's name is no DNS name".to_owned())?;
        let stream = TcpStream::connect(&self.address).await;
        let stream = stream.map_err(|error| format!("cannot connect: {error}"))?;
        stream
            .set_nodelay(true)
            .map_err(|error| format!("cannot connect: {error}"))?;
        let handshake = TlsConnector::from(self.identity.client())
            .connect(ServerName::DnsName(name), stream)
            .await;
        let stream = handshake.map_err(|error| format!("TLS failed: {error}"))?;
        let mut line = Line::new(stream);
        match line.greet(&self.hello).await {
            Ok(()) => Ok(line),
            Err(Broken::OtherHello(other)) => {
                line.close().await;
                // No hello at all tells nothing: a node that is busy ending says none.
                Err(match other {
                    OtherHello::None => Unconnected::Unheard(other.to_string()),
                    other => Unconnected::Differs(other),
                })
            }
            // The server judges our certificate after our side of the handshake is done.
            Err(broken) => Err(format!("refused before the first question: {broken}").into()),
        }
    }
}

/// Asks and takes answers, until the connection ends.
async fn converse(line: &mut Line<TlsStream<TcpStream>>, desk: &Desk) -> Broken {
    let mut leaving = false;
    loop {
        if leaving && desk.is_all_answered() && line.is_clear() {
            line.close().await;
            return Broken::Closed;
        }
        if !leaving && line.is_clear() {
            desk.hand_over(BATCH_BYTES, |id, question| {
                let pushed = line.push(id, question);
                pushed.expect("the desk takes no question that is too long");
            });
        }
        tokio::select! {
            biased;
            turn = line.turn(true) => match turn {
                Ok(Turn::Sent) => {}
                Ok(Turn::Frame(Frame { id: LINE_ID, content })) => match &*content {
                    PING => {}
                    GOODBYE => {
                        leaving = true;
                        desk.shut("the other node is stopping");
                    }
                    _ => return Broken::Meaningless,
                },
                Ok(Turn::Frame(Frame { id, content })) => desk.answer(id, content),
                Err(broken) => return broken,
            },
            () = desk.left() => {}
        }
    }
}
