//! The public listener without a socket: one connection is a string of bytes, as the fuzzer gives
//! it. In builds of the fuzzer and of tests only, which replay the fuzzer's corpus.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use durable::{SteadyClock, SystemClock};
use hyper::body::Incoming;
use hyper::{Request, Response};
use listener::{ConnectionLimits, Handler, Peer, Protocol, Seats};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::runtime::{Builder, Runtime};

use crate::app::App;
use crate::cli;
use crate::http::Public;
use crate::start;

/// How often the client finds nothing being answered before it hangs up: a request that was read just
/// now is not yet being answered.
const QUIET: u8 = 8;
/// The client of every connection: not one that limits exempt.
const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

/// Opens a connection by HTTP/2, without settings of its own (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// What a client sends, made of an input of the fuzzer.
pub struct Sent {
    /// Every byte sent, in order.
    pub bytes: Vec<u8>,
    /// Whether the bytes speak HTTP/2.
    pub http2: bool,
    /// Whether the input is the body of a vote, of which an answer must repeat nothing.
    pub vote: bool,
}

impl Sent {
    /// Made of an input, whose first byte says how: the other bytes are a whole connection, or the body
    /// of a request whose head is sound. None where the input is empty.
    #[must_use]
    pub fn of(input: &[u8]) -> Option<Sent> {
        const JSON: &str = "application/json";
        const FORM: &str = "application/x-www-form-urlencoded";
        let (way, rest) = input.split_first()?;
        let way = way % 6;
        let bytes = match way {
            0 => rest.to_vec(),
            1 => post("/api/v1/vote", JSON, rest),
            2 => post("/api/v1/elections/vote", JSON, rest),
            3 => post("/ballots/L2025-001/review", FORM, rest),
            4 => post("/ballots/L2025-001/cast", FORM, rest),
            _ => [PREFACE, rest].concat(),
        };
        Some(Sent {
            bytes,
            http2: way == 5,
            vote: way == 1 || way == 2,
        })
    }
}

fn post(path: &str, content_type: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {content_type}\r\n\
         Content-Length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// A whole validator: package, ledger, limits, routes; no port.
pub struct Validator {
    runtime: Runtime,
    pub(crate) app: Arc<App>,
    limits: ConnectionLimits,
}

impl Validator {
    /// Begins a ledger, and starts it by the arguments that the program takes.
    ///
    /// # Errors
    /// What would keep the program from starting.
    pub fn start(arguments: &[String]) -> Result<Validator, String> {
        let config = cli::configure(arguments)?;
        let start = || {
            start::init(&config)?;
            let roll = start::open_roll(&config)?;
            let clock = Arc::new(SteadyClock::start(Arc::new(SystemClock::new())));
            let ledger = start::Kept::of(&config)?.log();
            let recording = start::record_alone(&config, ledger, &roll.package, &clock, None)?;
            start::assemble(&config, roll, recording, clock)
        };
        let app = start().map_err(|error| format!("{error:#}"))?;
        let runtime = Builder::new_current_thread().enable_all().build();
        Ok(Validator {
            runtime: runtime.map_err(|error| error.to_string())?,
            app: Arc::new(app),
            limits: config.connections,
        })
    }

    /// Everything that is answered to a client that sends this, waits for the answers and hangs up.
    #[must_use]
    pub fn answer(&self, sent: &Sent) -> Vec<u8> {
        let http2 = sent.http2;
        let (wire, said) = Wire::new(&sent.bytes);
        let handler = Counted {
            handler: Public(Arc::clone(&self.app)),
            state: Arc::clone(&said),
        };
        let peer = Peer {
            address: CLIENT,
            secure: http2,
        };
        let protocol = if http2 {
            Protocol::Http2
        } else {
            Protocol::Http1
        };
        let stop = self.app.lifecycle.watch();
        let seats = Seats::new(self.limits.max, self.limits.per_client_max);
        let seat = seats.take(None).expect("nobody counts this client");
        let serve = listener::serve(wire, protocol, peer, self.limits, seat, handler, stop);
        let _ending = self.runtime.block_on(serve);
        std::mem::take(&mut lock(&said).said)
    }
}

/// The public listener's handler, which also tells the wire whether anything is being answered.
#[derive(Clone)]
struct Counted {
    handler: Public,
    state: Arc<Mutex<WireState>>,
}

impl Handler for Counted {
    type Body = <Public as Handler>::Body;

    async fn answer(self, peer: Peer, request: Request<Incoming>) -> Response<Self::Body> {
        lock(&self.state).answering += 1;
        let _answering = Answering(Arc::clone(&self.state));
        self.handler.answer(peer, request).await
    }
}

/// A request that is being answered, or was given up.
struct Answering(Arc<Mutex<WireState>>);

impl Drop for Answering {
    fn drop(&mut self) {
        let mut state = lock(&self.0);
        state.answering -= 1;
        if let Some(reader) = state.reader.take() {
            reader.wake();
        }
    }
}

#[derive(Default)]
struct WireState {
    answering: usize,
    /// How often the reader has found nothing to read and nothing being answered since there was.
    quiet: u8,
    said: Vec<u8>,
    /// Whoever waits for more bytes while something is being answered.
    reader: Option<Waker>,
}

fn lock(state: &Mutex<WireState>) -> std::sync::MutexGuard<'_, WireState> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The client's end and the network. It ends when all bytes are read and nothing is being answered.
struct Wire {
    bytes: Vec<u8>,
    read: usize,
    state: Arc<Mutex<WireState>>,
}

impl Wire {
    fn new(bytes: &[u8]) -> (Wire, Arc<Mutex<WireState>>) {
        let state = Arc::new(Mutex::new(WireState::default()));
        let wire = Wire {
            bytes: bytes.to_vec(),
            read: 0,
            state: Arc::clone(&state),
        };
        (wire, state)
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let rest = &self.bytes[self.read..];
        if rest.is_empty() {
            let mut state = lock(&self.state);
            if state.answering > 0 {
                state.quiet = 0;
                state.reader = Some(context.waker().clone());
                return Poll::Pending;
            }
            if state.quiet < QUIET {
                state.quiet += 1;
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            return Poll::Ready(Ok(()));
        }
        let count = rest.len().min(buffer.remaining());
        buffer.put_slice(&rest[..count]);
        self.read += count;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        lock(&self.state).said.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
#[path = "../tests/http/fixture.rs"]
#[allow(
    dead_code,
    clippy::unwrap_used,
    reason = "the tests of the program use more of it"
)]
pub(crate) mod fixture;

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::Path;

    /// The corpus reaches what it is there for: each way in, up to the ledger.
    #[test]
    fn the_fuzzers_corpus_is_answered() {
        let fixture = fixture::Fixture::new();
        let validator = Validator::start(&fixture.arguments("data")).expect("a sound fixture");
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/request");
        let mut said = BTreeMap::new();
        for entry in fs::read_dir(corpus).expect("the corpus") {
            let entry = entry.expect("an entry");
            let input = fs::read(entry.path()).expect("an input");
            let answer = validator.answer(&Sent::of(&input).expect("a way"));
            let answer = String::from_utf8_lossy(&answer).into_owned();
            said.insert(entry.file_name().to_string_lossy().into_owned(), answer);
        }
        let votes = ["law_vote", "http1_vote", "http1_chunked", "http2_vote"];
        let told = |status: &str| {
            let word = format!("\"status\":\"{status}\"");
            votes
                .iter()
                .filter(|name| said[**name].contains(&word))
                .count()
        };
        let counts = (told("accepted"), told("duplicate"));
        assert_eq!(counts, (1, 3), "one voter, one vote: {said:#?}");
        for (name, status) in [
            ("election_vote", "202"),
            ("ranked_vote", "202"),
            ("form_review", "200"),
            ("form_cast", "200"),
        ] {
            let line = format!("HTTP/1.1 {status}");
            assert!(said[name].starts_with(&line), "{name}: {}", said[name]);
        }
        assert_eq!(said["http1_pipelined"].matches("HTTP/1.1 ").count(), 7);
    }
}
