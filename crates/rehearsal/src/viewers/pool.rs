//! GET over connections that are kept, as a proxy before the tally keeps them.

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};
use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, ETAG, HOST, HeaderMap};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

/// Requests at once; further ones wait, and their time counts.
const CONNECTIONS: usize = 256;

/// Kept connections to one server.
pub(super) struct Pool {
    at: SocketAddr,
    idle: Mutex<Vec<SendRequest<Empty<Bytes>>>>,
    free: Semaphore,
}

/// What came back, as it was sent.
pub(super) struct Received {
    pub(super) status: u16,
    headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Received {
    /// Bytes of the answer: head and body.
    pub(super) fn bytes(&self) -> u64 {
        let lines = self.headers.iter();
        let lines = lines.map(|(name, value)| name.as_str().len() + value.len() + 4);
        let head = "HTTP/1.1 200 OK\r\n\r\n".len() + lines.sum::<usize>();
        (head + self.body.len()) as u64
    }

    pub(super) fn is_delta(&self) -> bool {
        let kind = self.headers.get(CONTENT_TYPE);
        kind.is_some_and(|kind| kind == "application/json")
    }

    /// The version of a page, as its tag says.
    pub(super) fn version(&self) -> Result<String> {
        let tag = self.headers.get(ETAG).context("a page without a tag")?;
        let tag = tag.to_str()?.trim_matches('"');
        Ok(tag.split('-').next().unwrap_or(tag).to_owned())
    }

    pub(super) fn text(&self) -> Result<String> {
        let mut text = Vec::new();
        match self.headers.get("content-encoding") {
            Some(coding) if coding == "br" => {
                brotli::BrotliDecompress(&mut &self.body[..], &mut text)?
            }
            _ => text.extend_from_slice(&self.body),
        }
        String::from_utf8(text).context("not UTF-8")
    }
}

impl Pool {
    pub(super) fn new(at: SocketAddr) -> Pool {
        Pool {
            at,
            idle: Mutex::default(),
            free: Semaphore::new(CONNECTIONS),
        }
    }

    /// The answer to a GET, as a browser asks.
    pub(super) async fn get(&self, address: &str) -> Result<Received> {
        let _place = self.free.acquire().await?;
        let kept = self.idle().pop();
        // The server closes a connection that nobody uses: then another one is made.
        let (sender, answer) = match kept {
            Some(sender) => match self.over(sender, address).await {
                Ok(answered) => answered,
                Err(_) => self.over(self.connect().await?, address).await?,
            },
            None => self.over(self.connect().await?, address).await?,
        };
        self.idle().push(sender);
        Ok(answer)
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<SendRequest<Empty<Bytes>>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn connect(&self) -> Result<SendRequest<Empty<Bytes>>> {
        let stream = TcpStream::connect(self.at).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(sender)
    }

    async fn over(
        &self,
        mut sender: SendRequest<Empty<Bytes>>,
        address: &str,
    ) -> Result<(SendRequest<Empty<Bytes>>, Received)> {
        let request = Request::builder()
            .uri(address)
            .header(HOST, self.at.to_string())
            .header(ACCEPT, "*/*")
            .header(ACCEPT_ENCODING, "gzip, deflate, br")
            .body(Empty::new())?;
        sender.ready().await?;
        let answer: Response<_> = sender.send_request(request).await?;
        let (head, body) = answer.into_parts();
        Ok((
            sender,
            Received {
                status: head.status.as_u16(),
                headers: head.headers,
                body: body.collect().await?.to_bytes(),
            },
        ))
    }
}
