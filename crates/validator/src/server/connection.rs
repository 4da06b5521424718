//! One connection: HTTP/1 under hyper, with every wait bounded.

use super::pace::Pace;
use super::until::until;
use crate::client::Prefix;
use crate::config::ConnectionLimits;
use crate::lifecycle::Stop;
use hyper::body::{Body, Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;

/// hyper's buffer for one connection: its default would take some 400 kB.
const BUFFER_BYTES: usize = 16 * 1_024;
/// Time for the last answer of a connection that is being closed.
const CLOSING: Duration = Duration::from_secs(30);

/// The other end of a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer {
    pub(crate) address: IpAddr,
}

/// What answers the requests of a listener.
pub(crate) trait Handler: Clone + Send + Sync + 'static {
    /// Body of answers.
    type Body: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>>
        + Send
        + Unpin
        + 'static;

    /// Answers one request.
    fn answer(
        &self,
        peer: Peer,
        request: Request<Incoming>,
    ) -> impl Future<Output = Response<Self::Body>> + Send;

    /// For whom a connection counts; none where it is not counted.
    fn client(&self, address: IpAddr) -> Option<Prefix>;

    /// A connection could not be taken.
    fn accept_failed(&self, error: &io::Error);

    /// A connection was closed at once: its client has too many.
    fn over_client_cap(&self);

    /// A connection begins; what is returned is dropped when it ends.
    fn begin(&self) -> impl Send + 'static;
}

/// Serves a connection until either side closes it, it grows too old, or the process stops.
pub(crate) async fn serve<H: Handler>(
    stream: TcpStream,
    peer: Peer,
    limits: ConnectionLimits,
    handler: H,
    mut stop: Stop,
) {
    let _counted = handler.begin();
    let pace = Pace::new();
    let watched = Arc::clone(&pace);
    let service = service_fn(move |request| {
        let handler = handler.clone();
        let answering = pace.answer();
        async move {
            let response = handler.answer(peer, request).await;
            Ok::<_, Infallible>(response.map(|body| answering.over(body)))
        }
    });
    let mut connection = pin!(builder(limits).serve_connection(TokioIo::new(stream), service));
    let end = pin!(async {
        tokio::select! {
            () = tokio::time::sleep(limits.age_max) => End::Closing,
            () = stop.wait() => End::Closing,
            () = watched.stalled(limits.header_timeout) => End::Stalled,
        }
    });
    // An error is the peer's doing (it hung up or sent rubbish): nothing to tell.
    let Err(End::Closing) = until(connection.as_mut(), end).await else {
        return;
    };
    connection.as_mut().graceful_shutdown();
    let stalled = pin!(watched.stalled(limits.header_timeout));
    let _ = tokio::time::timeout(CLOSING, until(connection, stalled)).await;
}

/// Why a connection ends that its peer would keep.
enum End {
    /// The request under way is still answered.
    Closing,
    /// None is under way, and the next one does not come.
    Stalled,
}

/// hyper with the bounds of `limits`; times are watched over by [`Pace`].
fn builder(limits: ConnectionLimits) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .header_read_timeout(None)
        .max_header_size(limits.header_bytes_max)
        .max_headers(limits.headers_max)
        .max_buf_size(BUFFER_BYTES.max(limits.header_bytes_max))
        // Answers are small: copied behind their head they leave by one plain write.
        .writev(false)
        .half_close(false);
    builder
}
