//! GET and POST to a server of this rehearsal: one connection a request, answers bounded.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue, RETRY_AFTER};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;

const ANSWER_BYTES_MAX: usize = 64 << 20;
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// What a server answered.
#[derive(Debug)]
pub struct Answer {
    /// The status code, such as 200.
    pub status: u16,
    /// `Retry-After`, in seconds, where it was sent.
    pub retry_after_s: Option<u64>,
    /// The body, read to its end.
    pub body: Bytes,
}

/// Status and body of the answer to a GET.
///
/// # Errors
/// No connection, no answer within 10 s, an answer of more than 64 MiB.
pub async fn get(address: SocketAddr, path: &str) -> Result<(u16, Bytes)> {
    let answer = exchange(address, Method::GET, path, Bytes::new()).await?;
    Ok((answer.status, answer.body))
}

/// The answer to a JSON POST.
///
/// # Errors
/// As [`get`].
pub async fn post(address: SocketAddr, path: &str, json: &serde_json::Value) -> Result<Answer> {
    exchange(address, Method::POST, path, json.to_string().into()).await
}

/// The JSON document at `path`, as a `T`.
///
/// # Errors
/// As [`get`]; any status but 200; not the JSON of a `T`.
pub async fn get_json<T: DeserializeOwned>(address: SocketAddr, path: &str) -> Result<T> {
    let (status, body) = get(address, path).await?;
    if status != 200 {
        bail!("GET http://{address}{path}: expected 200, got {status}");
    }
    serde_json::from_slice(&body)
        .with_context(|| format!("GET http://{address}{path}: not the promised JSON"))
}

async fn exchange(address: SocketAddr, method: Method, path: &str, body: Bytes) -> Result<Answer> {
    let answer = tokio::time::timeout(ANSWER_TIMEOUT, unbounded(address, method, path, body)).await;
    answer.with_context(|| {
        format!(
            "http://{address}{path}: no answer within {} s",
            ANSWER_TIMEOUT.as_secs()
        )
    })?
}

async fn unbounded(address: SocketAddr, method: Method, path: &str, body: Bytes) -> Result<Answer> {
    let stream = TcpStream::connect(address)
        .await
        .with_context(|| format!("cannot connect to {address}"))?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(HOST, address.to_string())
        .header(CONTENT_TYPE, "application/json")
        .body(Full::new(body))?;
    let (head, body) = sender.send_request(request).await?.into_parts();
    let body = Limited::new(body, ANSWER_BYTES_MAX)
        .collect()
        .await
        .map_err(anyhow::Error::from_boxed)?;
    connection.abort();
    Ok(Answer {
        status: head.status.as_u16(),
        retry_after_s: head.headers.get(RETRY_AFTER).map(seconds).transpose()?,
        body: body.to_bytes(),
    })
}

fn seconds(retry_after: &HeaderValue) -> Result<u64> {
    let text = retry_after.to_str().context("Retry-After is no text")?;
    let named = || format!("Retry-After is `{text}`, expected seconds");
    text.parse().with_context(named)
}
