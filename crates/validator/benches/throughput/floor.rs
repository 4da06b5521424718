//! The floor: hyper, the same JSON, the same HMAC, 202. No package, no ledger, no limits.

use std::convert::Infallible;
use std::future::pending;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread::{self, available_parallelism};

use credentials::{BallotId, Code, Hasher, Nas, RollKey};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Handle};

#[derive(Deserialize)]
struct Vote<'a> {
    nas: &'a str,
    code: &'a str,
    law_id: &'a str,
    vote: &'a str,
}

/// How the floor's work is spread over the processors.
#[derive(Clone, Copy)]
pub(crate) enum Floor {
    /// Tokio's usual runtime, which moves work between its threads.
    Usual,
    /// One runtime a processor, as the validator has: a connection stays where it is.
    Threaded,
}

impl Floor {
    /// As on the command line by which the bench starts itself.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Floor::Usual => "floor",
            Floor::Threaded => "threaded-floor",
        }
    }

    /// The other way round.
    pub(crate) fn named(name: &str) -> Option<Floor> {
        let mut floors = [Floor::Usual, Floor::Threaded].into_iter();
        floors.find(|floor| floor.name() == name)
    }

    fn runtimes(self) -> Vec<Handle> {
        match self {
            Floor::Usual => vec![keep(Builder::new_multi_thread())],
            Floor::Threaded => (0..available_parallelism().unwrap().get())
                .map(|_| keep(Builder::new_current_thread()))
                .collect(),
        }
    }
}

/// Runs a runtime until the process is killed.
fn keep(mut builder: Builder) -> Handle {
    let runtime = builder.enable_all().build().unwrap();
    let handle = runtime.handle().clone();
    thread::spawn(move || runtime.block_on(pending::<()>()));
    handle
}

/// Serves until it is killed; prints its address.
pub(crate) fn serve(floor: Floor) {
    let hasher = Arc::new(Hasher::hmac(&RollKey::generate().unwrap()));
    let runtimes = floor.runtimes();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("{}", listener.local_addr().unwrap());
    for runtime in runtimes.iter().cycle() {
        let (stream, _) = listener.accept().unwrap();
        runtime.spawn(connection(stream, Arc::clone(&hasher)));
    }
}

async fn connection(stream: std::net::TcpStream, hasher: Arc<Hasher>) {
    stream.set_nodelay(true).unwrap();
    stream.set_nonblocking(true).unwrap();
    let stream = TokioIo::new(TcpStream::from_std(stream).unwrap());
    let service = service_fn(move |request| answer(Arc::clone(&hasher), request));
    // A client that went away is the end of the connection, not of the bench.
    let _ = http1::Builder::new()
        .serve_connection(stream, service)
        .await;
}

async fn answer(
    hasher: Arc<Hasher>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let vote: Vote<'_> = serde_json::from_slice(&body).unwrap();
    let nas = Nas::parse(vote.nas.as_bytes()).unwrap();
    let code = Code::parse(vote.code.as_bytes()).unwrap();
    let digest = hasher.digest(&nas, &code, &BallotId::parse(vote.law_id).unwrap());
    let text = format!("{{\"digest\":\"{digest}\",\"vote\":{}}}", vote.vote.len());
    let mut response = Response::new(Full::new(text.into()));
    *response.status_mut() = StatusCode::ACCEPTED;
    Ok(response)
}
