//! One keep-alive connection to the validator, made anew when it breaks.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{CONTENT_TYPE, HOST, RETRY_AFTER};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpSocket, TcpStream, lookup_host};

use crate::request::Call;

/// An answer that takes longer counts as no answer. It is longer than every default timeout of the
/// validator, so that the answer which the validator sends at the end of a timeout arrives.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);
/// Open files beside the connections: standard streams, runtime, truth file.
const FILES_BESIDE: u64 = 64;
/// Largest answer that is read; lists of candidates are the largest.
const ANSWER_BYTES_MAX: usize = 32 << 20;

/// Host and port of a validator's public listener.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// `host:port`, as in the Host header.
    pub(crate) authority: String,
}

impl Target {
    /// Reads `http://host[:port][/]`; a path, a query or another scheme is an error.
    pub(crate) fn parse(text: &str) -> Result<Target, String> {
        let Some(rest) = text.strip_prefix("http://") else {
            return Err(format!(
                "`{text}` does not start with http://: give the plain listener"
            ));
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port),
            _ => (authority, "80"),
        };
        if host.is_empty()
            || authority.contains(['/', '@', '?', '#'])
            || port.parse::<u16>().is_err()
        {
            return Err(format!("`{text}` is no address: write http://host:port"));
        }
        Ok(Target {
            authority: format!("{host}:{port}"),
        })
    }
}

/// An answer of the server, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// `Retry-After` in seconds, where the answer has one.
    pub(crate) retry_after: Option<Duration>,
    pub(crate) body: Bytes,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// Nothing was sent: no connection could be made.
    BeforeSending,
    /// The request may have arrived: the connection broke or the answer timed out.
    AfterSending,
}

/// Allows as many open files as the system lets this process have: the usual 1,024 are fewer than
/// the connections that may be asked for.
///
/// Errors where `connections` are more than the system allows at all.
pub(crate) fn allow_connections(connections: u32) -> Result<()> {
    let wanted = u64::from(connections) + FILES_BESIDE;
    let files = rlimit::increase_nofile_limit(wanted)
        .context("the limit of open files could not be raised")?;
    if files < wanted {
        bail!(
            "{connections} connections asked for, this process may open {files} files: lower --connections or raise `ulimit -Hn`"
        );
    }
    Ok(())
}

/// A connection, open or not.
#[derive(Debug)]
pub(crate) struct Connection {
    targets: Arc<[Target]>,
    /// Of these, the one that it is made to next.
    at: usize,
    source: Option<Ipv4Addr>,
    sender: Option<SendRequest<Full<Bytes>>>,
}

impl Connection {
    /// Not yet connected: the first request does that, to one of the targets, from the local address `source`,
    /// if one is given.
    pub(crate) fn new(
        targets: &Arc<[Target]>,
        first: usize,
        source: Option<Ipv4Addr>,
    ) -> Connection {
        Connection {
            targets: Arc::clone(targets),
            at: first,
            source,
            sender: None,
        }
    }

    /// The target that it is, or will be, connected to, as [`Connection::turn_to`] takes it.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// Leaves its target for another one; where it is that one already, it stays open.
    pub(crate) fn turn_to(&mut self, target: usize) {
        if self.at % self.targets.len() != target % self.targets.len() {
            self.sender = None;
        }
        self.at = target;
    }

    /// Connects, if it is not connected. A failure shows in the request that follows.
    pub(crate) async fn open(&mut self) {
        let _ = self.ready().await;
    }

    /// Posts one call and reads its whole answer.
    pub(crate) async fn post(&mut self, call: &Call) -> Result<Answer, Broken> {
        let body = Full::new(Bytes::copy_from_slice(&call.body));
        self.exchange(Method::POST, call.path, body).await
    }

    /// Gets a JSON document; anything but 200 is an error that names the path.
    pub(crate) async fn get(&mut self, path: &str) -> Result<Bytes> {
        match self
            .exchange(Method::GET, path, Full::new(Bytes::new()))
            .await
        {
            Ok(Answer {
                status: 200, body, ..
            }) => Ok(body),
            Ok(Answer { status, .. }) => bail!("GET {path}: expected 200, got {status}"),
            Err(_) => bail!(
                "GET {path}: no answer from {}: is the validator running there?",
                self.target().authority
            ),
        }
    }

    async fn exchange(
        &mut self,
        method: Method,
        path: &str,
        body: Full<Bytes>,
    ) -> Result<Answer, Broken> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, &self.target().authority)
            .header(CONTENT_TYPE, "application/json")
            .body(body)
            .map_err(|_| Broken::BeforeSending)?;
        // A full backlog keeps whoever connects waiting for minutes.
        let ready = tokio::time::timeout(ANSWER_TIMEOUT, self.ready()).await;
        let sender = match ready.unwrap_or(Err(Broken::BeforeSending)) {
            Ok(sender) => sender,
            Err(broken) => {
                self.at += 1;
                return Err(broken);
            }
        };
        let answer = tokio::time::timeout(ANSWER_TIMEOUT, read(sender, request)).await;
        match answer {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) | Err(_) => {
                self.sender = None;
                self.at += 1;
                Err(Broken::AfterSending)
            }
        }
    }

    /// Where it is, or will be, connected to.
    fn target(&self) -> &Target {
        &self.targets[self.at % self.targets.len()]
    }

    /// The open connection, made now if there is none.
    async fn ready(&mut self) -> Result<&mut SendRequest<Full<Bytes>>, Broken> {
        if let Some(sender) = &mut self.sender
            && sender.ready().await.is_err()
        {
            self.sender = None;
        }
        match &mut self.sender {
            Some(sender) => Ok(sender),
            none => {
                let target = &self.targets[self.at % self.targets.len()];
                let sender = handshake(target, self.source)
                    .await
                    .map_err(|_| Broken::BeforeSending)?;
                Ok(none.insert(sender))
            }
        }
    }
}

/// A TCP connection to `target`, from the local address `source`, if one is given.
pub(crate) async fn connect(target: &Target, source: Option<Ipv4Addr>) -> io::Result<TcpStream> {
    let stream = match source {
        None => TcpStream::connect(&target.authority).await?,
        Some(source) => {
            let mut found = lookup_host(&target.authority).await?;
            let address = found.find(SocketAddr::is_ipv4).ok_or_else(|| {
                io::Error::other(format!("{} has no IPv4 address", target.authority))
            })?;
            let socket = TcpSocket::new_v4()?;
            socket.bind(SocketAddr::from((source, 0)))?;
            socket.connect(address).await?
        }
    };
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn handshake(target: &Target, source: Option<Ipv4Addr>) -> Result<SendRequest<Full<Bytes>>> {
    let stream = connect(target, source)
        .await
        .with_context(|| format!("cannot connect to {}", target.authority))?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // Ends by itself when the server or the sender closes; its error reaches the sender too.
    tokio::spawn(connection);
    Ok(sender)
}

async fn read(
    sender: &mut SendRequest<Full<Bytes>>,
    request: Request<Full<Bytes>>,
) -> Result<Answer> {
    let (head, body) = sender.send_request(request).await?.into_parts();
    let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
    let retry_after = head.headers.get(RETRY_AFTER);
    Ok(Answer {
        status: head.status.as_u16(),
        retry_after: retry_after
            .and_then(|value| value.to_str().ok()?.parse().ok())
            .map(Duration::from_secs),
        body: body.map_err(anyhow::Error::from_boxed)?.to_bytes(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_plain_http_addresses() {
        for (text, authority) in [
            ("http://127.0.0.1:8000", "127.0.0.1:8000"),
            ("http://127.0.0.1:8000/", "127.0.0.1:8000"),
            ("http://localhost", "localhost:80"),
            ("http://[::1]:8000", "[::1]:8000"),
            ("http://[::1]", "[::1]:80"),
        ] {
            assert_eq!(Target::parse(text).unwrap().authority, authority);
        }
        for bad in [
            "https://x",
            "x:80",
            "http://",
            "http://x:port",
            "http://x/path",
            "http://u@x",
        ] {
            assert!(Target::parse(bad).is_err(), "{bad}");
        }
    }

    #[tokio::test]
    async fn a_connection_that_is_turned_to_another_target_is_made_anew() {
        let listen = || async { tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap() };
        let (first, second) = (listen().await, listen().await);
        let address = |listener: &tokio::net::TcpListener| listener.local_addr().unwrap();
        let targets: Arc<[Target]> = [&first, &second]
            .map(|listener| Target::parse(&format!("http://{}", address(listener))).unwrap())
            .into();
        let came = async |listener: &tokio::net::TcpListener| {
            let accepted = tokio::time::timeout(Duration::from_millis(200), listener.accept());
            accepted.await.ok()
        };
        let mut connection = Connection::new(&targets, 0, None);
        connection.open().await;
        let _kept = came(&first).await.unwrap();
        connection.turn_to(2); // two targets: the same one
        connection.open().await;
        assert!(came(&first).await.is_none() && came(&second).await.is_none());
        connection.turn_to(1);
        connection.open().await;
        assert!(came(&second).await.is_some());
    }
}
