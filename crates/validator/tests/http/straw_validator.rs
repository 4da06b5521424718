//! What looks like a validator to the gateway, and answers votes as a test says.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::authority::Issued;

/// How it treats a vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Answers 503: nothing is recorded.
    NothingRecorded,
    /// Answers 504: it may be recorded.
    OutcomeUnknown,
    /// Closes the connection instead of an answer.
    HangsUp,
    /// 503, and to the question whether it takes votes as well.
    NotReady,
}

/// Runs until its test ends.
pub(crate) struct Straw {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
}

struct State {
    manner: Mutex<Manner>,
    votes: AtomicUsize,
}

impl Straw {
    pub(crate) async fn start(own: &Issued) -> Straw {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let straw = Straw {
            address: listener.local_addr().unwrap(),
            state: Arc::new(State {
                manner: Mutex::new(Manner::NothingRecorded),
                votes: AtomicUsize::new(0),
            }),
        };
        let (acceptor, state) = (TlsAcceptor::from(own.server()), Arc::clone(&straw.state));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A peer that is gone is none of the test's business.
                tokio::spawn(serve(stream, acceptor.clone(), Arc::clone(&state)));
            }
        });
        straw
    }

    pub(crate) fn answers(&self, manner: Manner) {
        *self.state.manner.lock().unwrap() = manner;
    }

    /// How many votes have come so far.
    pub(crate) fn votes(&self) -> usize {
        self.state.votes.load(Ordering::SeqCst)
    }
}

/// One request of one connection: the header of the PROXY protocol, TLS, the head; a vote's body is left.
async fn serve(mut stream: TcpStream, acceptor: TlsAcceptor, state: Arc<State>) -> io::Result<()> {
    let mut fixed = [0; 16];
    stream.read_exact(&mut fixed).await?;
    let mut rest = vec![0; u16::from_be_bytes([fixed[14], fixed[15]]).into()];
    stream.read_exact(&mut rest).await?;
    let mut stream = acceptor.accept(stream).await?;
    let mut request = Vec::new();
    while !request.windows(4).any(|four| four == b"\r\n\r\n") {
        if stream.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    let manner = *state.manner.lock().unwrap();
    let is_vote = request.starts_with(b"POST");
    state.votes.fetch_add(is_vote.into(), Ordering::SeqCst);
    let status = match (manner, is_vote) {
        (Manner::HangsUp, true) => return Ok(()),
        (Manner::OutcomeUnknown, true) => 504,
        (Manner::NothingRecorded, true) | (Manner::NotReady, _) => 503,
        (_, false) => 200,
    };
    let answer = format!("HTTP/1.1 {status} x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}
