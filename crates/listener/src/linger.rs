//! Closing a connection so that its last answer arrives (RFC 9112, section 9.6).
//!
//! A socket that is closed while bytes of its peer lie unread is reset, and a reset takes back what
//! the peer has not yet read: the very answer that says why the rest was not wanted. So after the
//! last answer our half is closed first, and what still comes is read and dropped, for a while.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use crate::pace::Pace;

/// How long a peer is read after the last answer.
const LINGER_MAX: Duration = Duration::from_secs(2);
/// How much of it is read.
const LINGER_BYTES: usize = 8 << 20;
/// Bytes dropped at a time.
const DROPPED: usize = 8 << 10;

/// A stream that is shut down slowly where its peer may still be sending.
pub(crate) struct Lingering<S> {
    stream: S,
    pace: Arc<Pace>,
    /// From when our half is closed.
    since: Option<Lingerer>,
}

struct Lingerer {
    deadline: Pin<Box<Sleep>>,
    bytes_left: usize,
    /// Whether the peer sends: its last answer said that no more is wanted, or something came.
    sends: bool,
}

impl<S> Lingering<S> {
    pub(crate) fn new(stream: S, pace: Arc<Pace>) -> Lingering<S> {
        Lingering {
            stream,
            pace,
            since: None,
        }
    }
}

impl Lingerer {
    fn new(sends: bool) -> Lingerer {
        Lingerer {
            deadline: Box::pin(sleep(LINGER_MAX)),
            bytes_left: LINGER_BYTES,
            sends,
        }
    }

    /// Reads what comes until the peer is done, or has had its time.
    fn drain<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut S,
        context: &mut Context<'_>,
    ) -> Poll<()> {
        let mut bytes = [0; DROPPED];
        loop {
            let mut buffer = ReadBuf::new(&mut bytes);
            match Pin::new(&mut *stream).poll_read(context, &mut buffer) {
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Ready(Ok(())) => {
                    let count = buffer.filled().len();
                    self.bytes_left = self.bytes_left.saturating_sub(count);
                    self.sends = true;
                    if count == 0 || self.bytes_left == 0 {
                        return Poll::Ready(());
                    }
                }
                Poll::Pending if !self.sends => return Poll::Ready(()),
                Poll::Pending => return self.deadline.as_mut().poll(context),
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Lingering<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Lingering<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Lingering {
            stream,
            pace,
            since,
        } = &mut *self;
        let lingerer = match since {
            Some(lingerer) => lingerer,
            None => {
                ready!(Pin::new(&mut *stream).poll_shutdown(context))?;
                since.insert(Lingerer::new(pace.is_last_answer()))
            }
        };
        lingerer.drain(stream, context).map(Ok)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::time::Instant;

    /// A connection: our end, and the peer's.
    async fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (ours, theirs) = tokio::join!(listener.accept(), TcpStream::connect(address));
        (ours.expect("a peer").0, theirs.expect("a listener"))
    }

    /// Whoever sends on and on reads the answer all the same.
    #[tokio::test]
    async fn the_last_answer_arrives_whatever_is_still_being_sent() {
        const SENT: usize = 3 << 20;
        let (ours, mut theirs) = pair().await;
        let pace = Pace::new();
        pace.note_last_answer();
        let mut lingering = Lingering::new(ours, pace);
        let peer = tokio::spawn(async move {
            theirs.write_all(&vec![7; SENT]).await.expect("no reset");
            let mut answer = String::new();
            theirs.read_to_string(&mut answer).await.expect("no reset");
            answer
        });
        lingering.write_all(b"no more").await.expect("a peer");
        lingering.shutdown().await.expect("a peer");
        drop(lingering);
        assert_eq!(peer.await.expect("no panic"), "no more");
    }

    #[tokio::test]
    async fn nobody_is_waited_for_who_sends_nothing_or_for_ever() {
        for (last_answer, most) in [(false, Duration::from_secs(1)), (true, 2 * LINGER_MAX)] {
            let (ours, _theirs) = pair().await;
            let pace = Pace::new();
            if last_answer {
                pace.note_last_answer();
            }
            let began = Instant::now();
            let shut = Lingering::new(ours, pace).shutdown().await;
            shut.expect("a peer");
            assert!(began.elapsed() < most, "{:?}", began.elapsed());
            assert_eq!(began.elapsed() >= LINGER_MAX, last_answer);
        }
    }
}
