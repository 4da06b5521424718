//! One request and its answer.

use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::SendRequest;
use hyper::header::HOST;
use hyper::{Method, Request, Response, StatusCode};

use crate::address::Address;
use crate::connect::{Authorities, connect};
use crate::error::CallError;

/// Asks one server, one request at a time.
pub struct Caller {
    address: Address,
    authorities: Option<Authorities>,
    kept: Option<SendRequest<Full<Bytes>>>,
}

/// What a server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Status code of HTTP.
    pub status: StatusCode,
    /// The whole body, as it came.
    pub body: Bytes,
}

impl Caller {
    /// Nothing is connected yet. `authorities` vouch for a server that speaks TLS.
    #[must_use]
    pub fn new(address: Address, authorities: Option<Authorities>) -> Caller {
        Caller {
            address,
            authorities,
            kept: None,
        }
    }

    /// Reads what stands under `name`, at most `bytes_max` bytes of it, within `patience`.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn get(
        &mut self,
        name: &str,
        bytes_max: usize,
        patience: Duration,
    ) -> Result<Answer, CallError> {
        self.call((Method::GET, name), Bytes::new(), bytes_max, patience)
            .await
    }

    /// Sends `body` to `name`; otherwise as [`Caller::get`]. Where a kept connection breaks, it is sent once more on
    /// a new one: post only what may come twice.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn post(
        &mut self,
        name: &str,
        body: Bytes,
        bytes_max: usize,
        patience: Duration,
    ) -> Result<Answer, CallError> {
        self.call((Method::POST, name), body, bytes_max, patience)
            .await
    }

    async fn call(
        &mut self,
        (method, name): (Method, &str),
        body: Bytes,
        bytes_max: usize,
        patience: Duration,
    ) -> Result<Answer, CallError> {
        let calling = async {
            if let Some(kept) = self.kept.take()
                && let Ok(answered) = self.exchange(kept, (&method, name), &body, bytes_max).await
            {
                return Ok(answered);
            }
            // A server may close what it kept open: once more on a new connection.
            let fresh = connect(&self.address, self.authorities.as_ref()).await?;
            self.exchange(fresh, (&method, name), &body, bytes_max)
                .await
        };
        let answered = tokio::time::timeout(patience, calling).await;
        let (connection, answer) = answered.map_err(|_| CallError::Late { patience })??;
        self.kept = Some(connection);
        Ok(answer)
    }

    async fn exchange(
        &self,
        mut connection: SendRequest<Full<Bytes>>,
        (method, name): (&Method, &str),
        body: &Bytes,
        bytes_max: usize,
    ) -> Result<(SendRequest<Full<Bytes>>, Answer), CallError> {
        connection.ready().await?;
        let request = request(&self.address, (method, name), body)?;
        let response = connection.send_request(request).await?;
        let status = response.status();
        let collected = Limited::new(response.into_body(), bytes_max)
            .collect()
            .await;
        let body = collected
            .map_err(|_| CallError::Body { bytes_max })?
            .to_bytes();
        Ok((connection, Answer { status, body }))
    }
}

/// Reads what stands under `name` on a connection of its own, which ends with the body: for bodies that are read as
/// they come, and may never end. `patience` bounds the time until there is a connection.
///
/// # Errors
/// See [`CallError`].
pub async fn open(
    address: &Address,
    authorities: Option<&Authorities>,
    name: &str,
    patience: Duration,
) -> Result<Response<Incoming>, CallError> {
    let connecting = tokio::time::timeout(patience, connect(address, authorities));
    let mut connection = connecting
        .await
        .map_err(|_| CallError::Late { patience })??;
    let request = request(address, (&Method::GET, name), &Bytes::new())?;
    Ok(connection.send_request(request).await?)
}

fn request(
    address: &Address,
    (method, name): (&Method, &str),
    body: &Bytes,
) -> Result<Request<Full<Bytes>>, CallError> {
    let target = format!("{}/{name}", address.prefix);
    let request = Request::builder()
        .method(method)
        .uri(target)
        .header(HOST, address.authority());
    Ok(request.body(Full::new(body.clone()))?)
}
