//! The floor: hyper, the same JSON, the same HMAC, 202. No package, no ledger, no limits.

use credentials::{BallotId, Code, Hasher, Nas, RollKey};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::net::TcpListener;

#[derive(Deserialize)]
struct Vote<'a> {
    nas: &'a str,
    code: &'a str,
    law_id: &'a str,
    vote: &'a str,
}

/// Serves until it is killed; prints its address.
pub(crate) fn serve() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let hasher = Arc::new(Hasher::hmac(&RollKey::generate().unwrap()));
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("{}", listener.local_addr().unwrap());
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            let hasher = Arc::clone(&hasher);
            tokio::spawn(async move {
                let service = service_fn(move |request| answer(Arc::clone(&hasher), request));
                let _ = http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    });
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
