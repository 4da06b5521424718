//! One connection: HTTP/1 or, behind TLS, HTTP/2 under hyper, with every wait bounded.

use std::convert::Infallible;
use std::future::Future;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::{CONNECTION, HeaderValue};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::lifecycle::Stop;
use crate::limits::ConnectionLimits;
use crate::linger::Lingering;
use crate::pace::Pace;
use crate::seats::Seat;
use crate::tls::Protocol;
use crate::until::until;

/// hyper's buffer for one connection: its default would take some 400 kB.
const BUFFER_BYTES: usize = 16 * 1_024;
/// Time for HTTP/2's farewell to a silent client: which of its requests were never looked at, so that
/// it may send those again elsewhere.
const FAREWELL: Duration = Duration::from_secs(1);
/// Requests of one HTTP/2 connection at once.
const STREAMS_MAX: u32 = 32;
/// Bytes that an HTTP/2 client may send ahead on one request; of a connection, as many for each.
const STREAM_WINDOW: u32 = 16 * 1_024;
/// Streams that an HTTP/2 client may open and reset before we have looked at them (CVE-2023-44487).
const UNSEEN_RESETS_MAX: usize = 20;
/// Streams that we reset for a client's faults before the connection is given up.
const FAULTS_MAX: usize = 64;

/// The other end of a connection.
#[derive(Debug, Clone, Copy)]
pub struct Peer {
    /// Its address. Behind a proxy this is the proxy's.
    pub address: IpAddr,
    /// Whether it came by TLS of ours.
    pub secure: bool,
}

/// What ended a connection.
#[derive(Debug, Clone, Copy)]
pub enum Ending {
    /// The client was done, or an answer said that it closes.
    Done,
    /// It was silent, or sent or took its bytes too slowly.
    Stalled,
    /// It was too old, or the process stops.
    Closed,
    /// What came is no HTTP/1 that is taken.
    Malformed,
    /// It broke: the client hung up in the middle, or broke the rules of HTTP/2.
    Broken,
}

impl Ending {
    /// Every way, in the order of their numbers.
    pub const ALL: [Ending; 5] = [
        Ending::Done,
        Ending::Stalled,
        Ending::Closed,
        Ending::Malformed,
        Ending::Broken,
    ];

    /// As metrics name it.
    pub fn name(self) -> &'static str {
        match self {
            Ending::Done => "done",
            Ending::Stalled => "stalled",
            Ending::Closed => "closed",
            Ending::Malformed => "malformed",
            Ending::Broken => "broken",
        }
    }

    fn of(ended: &Result<(), hyper::Error>) -> Ending {
        match ended {
            Ok(()) => Ending::Done,
            Err(error) if error.is_parse() => Ending::Malformed,
            Err(_) => Ending::Broken,
        }
    }
}

/// What answers the requests of a listener.
pub trait Handler: Clone + Send + Sync + 'static {
    /// Body of the answers, read as it is sent.
    type Body: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>>
        + Send
        + Unpin
        + 'static;

    /// Whether a request may take its connection over, as a WebSocket does (RFC 9110, section 7.8).
    /// From then on the connection is the handler's to bound: it is no connection of the listener
    /// any more, nor a seat of its client.
    const UPGRADES: bool = false;

    /// Answers one request of `peer`.
    fn answer(
        self,
        peer: Peer,
        request: Request<Incoming>,
    ) -> impl Future<Output = Response<Self::Body>> + Send;
}

/// Serves a connection until either side closes it, it grows too old, or the process stops.
pub async fn serve<H: Handler, S>(
    stream: S,
    protocol: Protocol,
    peer: Peer,
    limits: ConnectionLimits,
    seat: Seat,
    handler: H,
    stop: Stop,
) -> Ending
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let pace = Pace::new();
    let watched = Arc::clone(&pace);
    let service = service_fn(move |request| {
        let answering = pace.answer();
        let answered = handler.clone().answer(peer, request);
        let pace = Arc::clone(&pace);
        answered.map(move |mut response| {
            if is_last(&response) {
                say_last(&mut response, protocol);
                pace.note_last_answer();
            }
            Ok::<_, Infallible>(response.map(|body| answering.over(body)))
        })
    });
    let stream = TokioIo::new(Lingering::new(stream, Arc::clone(&watched)));
    let waiting = Waiting {
        pace: &watched,
        seat: &seat,
        limits,
    };
    match protocol {
        Protocol::Http1 if H::UPGRADES => {
            let connection = http1(limits).serve_connection(stream, service);
            let connection = pin!(connection.with_upgrades());
            watch(connection, |c| c.graceful_shutdown(), None, &waiting, stop).await
        }
        Protocol::Http1 => {
            let connection = pin!(http1(limits).serve_connection(stream, service));
            watch(connection, |c| c.graceful_shutdown(), None, &waiting, stop).await
        }
        Protocol::Http2 => {
            // Boxed, so that the others do not carry the room for it.
            let mut connection = Box::pin(http2(limits).serve_connection(stream, service));
            watch(
                connection.as_mut(),
                |c| c.graceful_shutdown(),
                Some(FAREWELL),
                &waiting,
                stop,
            )
            .await
        }
    }
}

/// Whether a connection ends with an answer: its handler says so, or its client asks too much. A
/// client over its quota would otherwise keep the connection by being refused on it again and again.
fn is_last<B>(response: &Response<B>) -> bool {
    let says_close = response.headers().get(CONNECTION);
    response.status() == StatusCode::TOO_MANY_REQUESTS
        || says_close.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"close"))
}

/// Says that it does, as the protocol has it: HTTP/2 has no such header (RFC 9113, section 8.2.2).
fn say_last<B>(response: &mut Response<B>, protocol: Protocol) {
    let headers = response.headers_mut();
    match protocol {
        Protocol::Http1 => headers.insert(CONNECTION, HeaderValue::from_static("close")),
        Protocol::Http2 => headers.remove(CONNECTION),
    };
}

/// How long the peer of a connection is waited for.
struct Waiting<'a> {
    pace: &'a Pace,
    seat: &'a Seat,
    limits: ConnectionLimits,
}

impl Waiting<'_> {
    /// Returns when the peer has had its time.
    async fn stalled(&self) {
        let limits = &self.limits;
        let idle_max = || self.seat.patience(limits.header_timeout);
        self.pace.stalled(idle_max, limits.answer_max).await;
    }
}

/// Drives a connection to its end; `close` has it answer what is under way and take no more, for
/// which a silent client has as long as `farewell`.
async fn watch<C: Future<Output = Result<(), hyper::Error>>>(
    mut connection: Pin<&mut C>,
    close: impl Fn(Pin<&mut C>),
    farewell: Option<Duration>,
    waiting: &Waiting<'_>,
    mut stop: Stop,
) -> Ending {
    let limits = &waiting.limits;
    let end = pin!(async {
        tokio::select! {
            () = tokio::time::sleep(limits.age_max) => End::Closing,
            () = stop.wait() => End::Closing,
            () = last_answer(waiting.pace, farewell) => End::Closing,
            () = waiting.stalled() => End::Stalled,
        }
    });
    let end = match until(connection.as_mut(), end).await {
        Ok(ended) => return Ending::of(&ended),
        Err(end) => end,
    };
    match (end, farewell) {
        (End::Closing, _) => {
            close(connection.as_mut());
            let stalled = pin!(waiting.stalled());
            let _ = tokio::time::timeout(limits.answer_max, until(connection, stalled)).await;
            Ending::Closed
        }
        (End::Stalled, Some(farewell)) => {
            close(connection.as_mut());
            let _ = tokio::time::timeout(farewell, connection).await;
            Ending::Stalled
        }
        (End::Stalled, None) => Ending::Stalled,
    }
}

/// Returns when a connection of HTTP/2 has had its last answer. By HTTP/1, hyper closes after an
/// answer that says so.
async fn last_answer(pace: &Pace, farewell: Option<Duration>) {
    match farewell {
        Some(_) => pace.last_answer().await,
        None => std::future::pending().await,
    }
}

/// Why a connection ends that its peer would keep.
enum End {
    /// The request under way is still answered.
    Closing,
    /// The next one does not come, or no answer is taken.
    Stalled,
}

/// hyper with the bounds of `limits`; times are watched over by [`Pace`].
fn http1(limits: ConnectionLimits) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .header_read_timeout(None)
        .max_header_size(limits.header_bytes_max)
        .max_headers(limits.headers_max)
        .max_buf_size(BUFFER_BYTES.max(limits.header_bytes_max))
        // Answers are small: copied behind their head they leave by one plain write.
        .writev(false)
        // While a vote waits for its frame nothing is read: reading would take a fresh buffer for each
        // vote, which is wiped afterwards. A client that is gone is noticed when it is answered.
        .half_close(true);
    builder
}

/// The same for HTTP/2. Pings find peers that are gone while they are owed an answer.
fn http2(limits: ConnectionLimits) -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(
            u32::try_from(limits.header_bytes_max).expect("settings allow 64 KiB of headers"),
        )
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(STREAM_WINDOW * STREAMS_MAX)
        .max_send_buf_size(BUFFER_BYTES)
        .max_pending_accept_reset_streams(UNSEEN_RESETS_MAX)
        .max_local_error_reset_streams(FAULTS_MAX)
        .keep_alive_interval(limits.header_timeout)
        .keep_alive_timeout(limits.header_timeout);
    builder
}
