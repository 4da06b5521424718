//! One connection in use: frames in, frames out, and whether the other side is still there.
//!
//! Each side writes something at least once a second, so silence means that the other side is gone, or cannot be
//! reached, without having said so.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, timeout};

use crate::frame::{CONTENT_BYTES_MAX, Decoder, Frame, LINE_ID, PING, TooLong};
use crate::hello::{Hello, OtherHello};
use crate::outgoing::Outgoing;

/// A side that has written nothing for this long writes a ping.
const PING_AFTER: Duration = Duration::from_secs(1);
/// A side from which nothing was heard for this long is given up.
const SILENCE_MAX: Duration = Duration::from_secs(3);
/// How often the two are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Longest farewell to a side that does not listen.
const CLOSE_MAX: Duration = Duration::from_secs(1);

/// Bytes read at once: what one record of TLS holds.
const CHUNK_BYTES: usize = 16 * 1024;
/// Bytes that are gathered before the frames in them are looked at: more than the longest frame has.
const GATHERED_BYTES: usize = 2 * CONTENT_BYTES_MAX;

/// Why a connection cannot be used any longer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Broken {
    #[error("the other side closed the connection")]
    Closed,
    #[error("the connection broke: {0}")]
    Io(#[from] io::Error),
    #[error("nothing was heard for {} s", SILENCE_MAX.as_secs())]
    Silent,
    #[error("the other side has taken nothing for {} s", SILENCE_MAX.as_secs())]
    Stuck,
    #[error(transparent)]
    TooLong(#[from] TooLong),
    #[error(transparent)]
    OtherHello(#[from] OtherHello),
    #[error("it sent a frame about the line that has no meaning")]
    Meaningless,
}

/// What has happened on the line.
#[derive(Debug)]
pub(crate) enum Turn {
    /// A frame came in.
    Frame(Frame),
    /// All frames have gone out.
    Sent,
}

/// A connection on which bytes are frames.
pub(crate) struct Line<S> {
    stream: S,
    decoder: Decoder,
    chunk: Box<[u8]>,
    outgoing: Outgoing,
    unflushed: bool,
    looks: Interval,
    heard: Instant,
    spoke: Instant,
    /// Why nothing more will come or go. Frames that came before are given out first.
    end: Option<Broken>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Line<S> {
    /// A line on which nothing was said yet.
    pub(crate) fn new(stream: S) -> Line<S> {
        let now = Instant::now();
        let mut looks = interval_at(now + LOOK_EVERY, LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Line {
            stream,
            decoder: Decoder::default(),
            chunk: vec![0; CHUNK_BYTES].into_boxed_slice(),
            outgoing: Outgoing::default(),
            unflushed: false,
            looks,
            heard: now,
            spoke: now,
            end: None,
        }
    }

    /// Says hello, and waits for the other side's. Both are sent before either is judged, so that both sides
    /// can tell what differs.
    pub(crate) async fn greet(&mut self, hello: &Hello) -> Result<(), Broken> {
        self.push(LINE_ID, hello.content())?;
        let mut theirs = None;
        while theirs.is_none() || !self.is_clear() {
            if let Turn::Frame(first) = self.turn(theirs.is_none()).await? {
                theirs = Some(first);
            }
        }
        let theirs = theirs.ok_or(OtherHello::None)?;
        Ok(hello.check(&theirs)?)
    }

    /// Puts a frame among those that go out.
    pub(crate) fn push(&mut self, id: u64, content: &[u8]) -> Result<(), TooLong> {
        self.outgoing.push(id, content)
    }

    /// Whether everything that was to go out has gone.
    pub(crate) fn is_clear(&self) -> bool {
        self.outgoing.is_empty() && !self.unflushed
    }

    /// How many frames wait of which no byte has gone out.
    pub(crate) fn unhanded_len(&self) -> usize {
        self.outgoing.unhanded_len()
    }

    /// Ids of the frames of which no byte has gone out.
    pub(crate) fn unhanded(&self) -> impl Iterator<Item = u64> {
        self.outgoing.unhanded()
    }

    /// Goes on until something has happened. May be dropped at any point and called again.
    ///
    /// Where nothing is `reading`, no frame comes, and silence of the other side does not count.
    pub(crate) async fn turn(&mut self, reading: bool) -> Result<Turn, Broken> {
        poll_fn(|cx| self.poll_turn(cx, reading)).await
    }

    /// Ends the connection; the other side reads its end behind the last frame.
    pub(crate) async fn close(&mut self) {
        // Where the other side is gone, there is nobody to take leave of.
        let _ = timeout(CLOSE_MAX, self.stream.shutdown()).await;
    }

    fn poll_turn(&mut self, cx: &mut Context<'_>, reading: bool) -> Poll<Result<Turn, Broken>> {
        if reading && let Some(frame) = self.decoder.next_frame()? {
            return Poll::Ready(Ok(Turn::Frame(frame)));
        }
        let due = self.looks.poll_tick(cx).is_ready();
        if reading {
            self.fill(cx);
        }
        if due {
            self.look_at_the_clock(reading)?;
            // Again, so that the next tick wakes this task.
            let _ = self.looks.poll_tick(cx);
        }
        let sent = self.hand_over(cx);
        if reading && let Some(frame) = self.decoder.next_frame()? {
            return Poll::Ready(Ok(Turn::Frame(frame)));
        }
        match self.end.take() {
            Some(end) => Poll::Ready(Err(end)),
            None if sent => Poll::Ready(Ok(Turn::Sent)),
            None => Poll::Pending,
        }
    }

    /// Reads what is there.
    fn fill(&mut self, cx: &mut Context<'_>) {
        while self.end.is_none() && self.decoder.pending() < GATHERED_BYTES {
            let mut into = ReadBuf::new(&mut self.chunk);
            match Pin::new(&mut self.stream).poll_read(cx, &mut into) {
                Poll::Pending => return,
                Poll::Ready(Err(error)) => self.end = Some(error.into()),
                Poll::Ready(Ok(())) if into.filled().is_empty() => self.end = Some(Broken::Closed),
                Poll::Ready(Ok(())) => {
                    self.heard = Instant::now();
                    self.decoder.push(into.filled());
                    into.filled_mut().fill(0);
                }
            }
        }
    }

    /// Writes what the connection takes. True when the last of it has just gone.
    fn hand_over(&mut self, cx: &mut Context<'_>) -> bool {
        match self.poll_hand_over(cx) {
            Poll::Pending => false,
            Poll::Ready(Ok(sent)) => sent,
            Poll::Ready(Err(error)) => {
                self.outgoing.fail();
                self.end.get_or_insert(error.into());
                false
            }
        }
    }

    fn poll_hand_over(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        while !self.outgoing.is_empty() {
            // A write that is pending has taken nothing.
            let count = ready!(Pin::new(&mut self.stream).poll_write(cx, self.outgoing.rest()))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.outgoing.advance(count);
            self.unflushed = true;
            self.spoke = Instant::now();
        }
        if !self.unflushed {
            return Poll::Ready(Ok(false));
        }
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        self.unflushed = false;
        Poll::Ready(Ok(true))
    }

    /// Notices silence, and breaks one's own.
    fn look_at_the_clock(&mut self, reading: bool) -> Result<(), Broken> {
        if !reading {
            // Nothing can be heard by who does not listen; but who is there takes what is said.
            self.heard = Instant::now();
            if !self.is_clear() && self.spoke.elapsed() >= SILENCE_MAX {
                return Err(Broken::Stuck);
            }
        }
        if self.heard.elapsed() >= SILENCE_MAX {
            return Err(Broken::Silent);
        }
        if self.is_clear() && self.spoke.elapsed() >= PING_AFTER {
            self.push(LINE_ID, PING)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, duplex};

    use super::*;

    /// A connection that takes some bytes and then no more: what it took of which frame is known exactly.
    #[tokio::test]
    async fn a_frame_is_unhanded_as_long_as_the_connection_has_taken_no_byte_of_it() {
        const FRAME: usize = 12 + 8;
        for (taken, expected) in [
            (1, vec![2, 3]),
            (FRAME, vec![2, 3]),
            (FRAME + 1, vec![3]),
            (2 * FRAME, vec![3]),
            (3 * FRAME - 1, vec![]),
        ] {
            let (near, mut far) = duplex(taken);
            let mut line = Line::new(near);
            for id in 1..=3 {
                line.push(id, b"question").expect("short");
            }
            let stuck = timeout(Duration::from_millis(20), line.turn(true)).await;
            assert!(stuck.is_err(), "{taken}");
            assert!(line.unhanded().eq(expected), "{taken}");
            assert!(!line.is_clear());
            // And it goes on where it stopped.
            let reading = async {
                let mut bytes = vec![0; 3 * FRAME];
                far.read_exact(&mut bytes).await.expect("all of it");
                bytes
            };
            let (sent, bytes) = tokio::join!(line.turn(true), reading);
            assert!(matches!(sent, Ok(Turn::Sent)));
            assert_eq!(&bytes[2 * FRAME + 4..], b"\x03\0\0\0\0\0\0\0question");
            assert_eq!(line.unhanded_len(), 0);
        }
    }

    /// What came before the end of a connection is given out before the end is told.
    #[tokio::test]
    async fn frames_come_before_the_end() {
        let (near, far) = duplex(1_000);
        let mut other = Line::new(far);
        other.push(7, b"answer").expect("short");
        other.turn(true).await.expect("sent");
        drop(other);
        let mut line = Line::new(near);
        line.push(8, b"nobody takes this").expect("short");
        let first = line.turn(true).await;
        assert!(
            matches!(first, Ok(Turn::Frame(Frame { id: 7, .. }))),
            "{first:?}"
        );
        line.turn(true).await.expect_err("the end");
    }
}
