//! How long a connection has kept us waiting: for the head of its next request, or for its taking an
//! answer.
//!
//! hyper can watch over that by a timer that is set and cleared at every request. Here a request
//! costs two readings of counters and one of the clock; the timer looks at them when it might be due.

use hyper::body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// What a connection is at: answering, or waiting for its peer.
#[derive(Debug)]
pub(crate) struct Pace {
    began: Instant,
    /// Requests whose answers are not written yet.
    answering: AtomicU32,
    /// When the last answer was written, ms since `began`.
    waiting_since_ms: AtomicU64,
}

impl Pace {
    /// A connection that waits for its first request from now on.
    pub(crate) fn new() -> Arc<Pace> {
        Arc::new(Pace {
            began: Instant::now(),
            answering: AtomicU32::new(0),
            waiting_since_ms: AtomicU64::new(0),
        })
    }

    /// A request's head has come; what is returned lives until its answer is written.
    pub(crate) fn answer(self: &Arc<Pace>) -> Answering {
        self.answering.fetch_add(1, Ordering::AcqRel);
        Answering(Arc::clone(self))
    }

    /// Returns when nothing was asked for `idle_max`, or when something was and no answer has been
    /// taken for `answer_max`: by HTTP/2 a client may refuse to take one and be alive all the same.
    pub(crate) async fn stalled(&self, idle_max: Duration, answer_max: Duration) {
        loop {
            let limit = match self.answering.load(Ordering::Acquire) {
                0 => idle_max,
                _ => answer_max,
            };
            let since = Duration::from_millis(self.waiting_since_ms.load(Ordering::Acquire));
            let (due, now) = (self.began + since + limit, Instant::now());
            if due <= now {
                return;
            }
            // What is under way may end at any moment, and the time to be idle begin.
            sleep_until(due.min(now + idle_max)).await;
        }
    }
}

/// A request that is being answered.
#[derive(Debug)]
pub(crate) struct Answering(Arc<Pace>);

impl Drop for Answering {
    fn drop(&mut self) {
        let waited = self.0.began.elapsed().as_millis();
        let waited = u64::try_from(waited).unwrap_or(u64::MAX);
        self.0.waiting_since_ms.store(waited, Ordering::Release);
        self.0.answering.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Answering {
    /// `body`, until the end of which the request is being answered.
    pub(crate) fn over<B>(self, body: B) -> Paced<B> {
        let _answering = self;
        Paced { body, _answering }
    }
}

/// A body on its way out.
#[derive(Debug)]
pub(crate) struct Paced<B> {
    body: B,
    _answering: Answering,
}

impl<B: Body + Unpin> Body for Paced<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::timeout;

    const TIMEOUT: Duration = Duration::from_millis(40);
    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn a_silent_peer_is_noticed_in_time_and_not_before() {
        let pace = Pace::new();
        let began = Instant::now();
        pace.stalled(TIMEOUT, LONG).await;
        assert!(began.elapsed() >= TIMEOUT - Duration::from_millis(1));
    }

    #[tokio::test]
    async fn time_counts_from_the_end_of_the_last_answer() {
        let pace = Pace::new();
        let answering = pace.answer();
        let (first, second) = (pace.answer().over(()), answering);
        drop(first);
        let while_answering = timeout(3 * TIMEOUT, pace.stalled(TIMEOUT, LONG)).await;
        assert!(while_answering.is_err(), "an answer may take its time");
        let answered = Instant::now();
        drop(second);
        pace.stalled(TIMEOUT, LONG).await;
        assert!(answered.elapsed() >= TIMEOUT - Duration::from_millis(1));
    }

    #[tokio::test]
    async fn an_answer_that_nobody_takes_is_noticed() {
        let pace = Pace::new();
        let began = Instant::now();
        let _untaken = pace.answer().over(());
        pace.stalled(TIMEOUT, 3 * TIMEOUT).await;
        assert!(began.elapsed() >= 3 * TIMEOUT - Duration::from_millis(1));
    }
}
