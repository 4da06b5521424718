//! How long a connection has kept us waiting: for the head of its next request, or for its taking an
//! answer.
//!
//! hyper can watch over that by a timer that is set and cleared at every request. Here a request
//! costs two readings of counters and one of the clock; the timer looks at them when it might be due.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// What a connection is at: answering, or waiting for its peer.
#[derive(Debug)]
pub(crate) struct Pace {
    began: Instant,
    /// Requests under way, by the epoch in which they came or a piece of their answer was last taken,
    /// even or odd.
    answering: [AtomicU32; 2],
    /// Counts times of `answer_max`, of which an answer may see two at most.
    epoch: AtomicUsize,
    /// When the last answer was handed to hyper whole, ms since `began`.
    waiting_since_ms: AtomicU64,
    /// Whether an answer was given after which nothing more is read.
    last_answer: AtomicBool,
    ended: Notify,
}

impl Pace {
    /// A connection that waits for its first request from now on.
    pub(crate) fn new() -> Arc<Pace> {
        Arc::new(Pace {
            began: Instant::now(),
            answering: Default::default(),
            epoch: AtomicUsize::new(0),
            waiting_since_ms: AtomicU64::new(0),
            last_answer: AtomicBool::new(false),
            ended: Notify::new(),
        })
    }

    /// A request's head has come; what is returned lives until hyper has its answer whole: by HTTP/1 in
    /// its buffer, by HTTP/2 once the client gives a window for the last piece.
    pub(crate) fn answer(self: &Arc<Pace>) -> Answering {
        let epoch = self.epoch.load(Ordering::Acquire) % 2;
        self.answering[epoch].fetch_add(1, Ordering::AcqRel);
        Answering {
            pace: Arc::clone(self),
            epoch,
        }
    }

    /// Nothing more is to be read after the answer that is being given.
    pub(crate) fn note_last_answer(&self) {
        self.last_answer.store(true, Ordering::Release);
        self.ended.notify_one();
    }

    pub(crate) fn is_last_answer(&self) -> bool {
        self.last_answer.load(Ordering::Acquire)
    }

    /// Returns when the last answer is given.
    pub(crate) async fn last_answer(&self) {
        self.ended.notified().await;
    }

    /// Returns when nothing was asked for `idle_max`, which may change meanwhile, or when no piece of an answer under way was taken
    /// for longer than `answer_max`, by no more than that again: by HTTP/2 a client may refuse to take one and be alive
    /// all the same.
    pub(crate) async fn stalled(&self, idle_max: impl Fn() -> Duration, answer_max: Duration) {
        let mut epoch_ends = Instant::now() + answer_max;
        loop {
            let now = Instant::now();
            if now >= epoch_ends {
                if self.next_epoch() > 0 {
                    return;
                }
                epoch_ends = now + answer_max;
            }
            let idle_max = idle_max();
            // Sooner than it is due: it may be due sooner by then.
            let mut look_again = now + idle_max / 4;
            if self.is_waiting() {
                let since = Duration::from_millis(self.waiting_since_ms.load(Ordering::Acquire));
                let due = self.began + since + idle_max;
                if due <= now {
                    return;
                }
                look_again = look_again.min(due);
            }
            sleep_until(look_again.min(epoch_ends)).await;
        }
    }

    fn is_waiting(&self) -> bool {
        let mut epochs = self.answering.iter();
        epochs.all(|open| open.load(Ordering::Acquire) == 0)
    }

    /// How many answers are left from the epoch before the one that ends now.
    fn next_epoch(&self) -> u32 {
        let next = self.epoch.load(Ordering::Acquire) + 1;
        let left = self.answering[next % 2].load(Ordering::Acquire);
        self.epoch.store(next, Ordering::Release);
        left
    }
}

/// A request that is being answered.
#[derive(Debug)]
pub(crate) struct Answering {
    pace: Arc<Pace>,
    epoch: usize,
}

impl Drop for Answering {
    fn drop(&mut self) {
        let waited = self.pace.began.elapsed().as_millis();
        let waited = u64::try_from(waited).expect("no connection lives for so long");
        self.pace.waiting_since_ms.store(waited, Ordering::Release);
        self.pace.answering[self.epoch].fetch_sub(1, Ordering::AcqRel);
    }
}

impl Answering {
    /// `body`, until the end of which the request is being answered.
    pub(crate) fn over<B>(self, body: B) -> Paced<B> {
        Paced {
            body,
            answering: self,
        }
    }

    /// A piece of the answer was taken: it counts as one that came in this epoch.
    fn goes_on(&mut self) {
        let epoch = self.pace.epoch.load(Ordering::Acquire) % 2;
        if epoch != self.epoch {
            self.pace.answering[epoch].fetch_add(1, Ordering::AcqRel);
            self.pace.answering[self.epoch].fetch_sub(1, Ordering::AcqRel);
            self.epoch = epoch;
        }
    }
}

/// A body on its way out.
#[derive(Debug)]
pub(crate) struct Paced<B> {
    body: B,
    answering: Answering,
}

impl<B: Body + Unpin> Body for Paced<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(Some(_)) = &polled {
            self.answering.goes_on();
        }
        polled
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
    use http_body_util::{BodyExt, Full};
    use hyper::body::Bytes;
    use tokio::time::timeout;

    const TIMEOUT: Duration = Duration::from_millis(40);
    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn a_silent_peer_is_noticed_in_time_and_not_before() {
        let pace = Pace::new();
        let began = Instant::now();
        pace.stalled(|| TIMEOUT, LONG).await;
        assert!(began.elapsed() >= TIMEOUT - Duration::from_millis(1));
    }

    #[tokio::test]
    async fn time_counts_from_the_end_of_the_last_answer() {
        let pace = Pace::new();
        let answering = pace.answer();
        let (first, second) = (pace.answer().over(()), answering);
        drop(first);
        let while_answering = timeout(3 * TIMEOUT, pace.stalled(|| TIMEOUT, LONG)).await;
        assert!(while_answering.is_err(), "an answer may take its time");
        let answered = Instant::now();
        drop(second);
        pace.stalled(|| TIMEOUT, LONG).await;
        assert!(answered.elapsed() >= TIMEOUT - Duration::from_millis(1));
    }

    /// However lively the connection is otherwise.
    #[tokio::test]
    async fn an_answer_that_nobody_takes_is_noticed() {
        let pace = Pace::new();
        let began = Instant::now();
        let _untaken = pace.answer().over(());
        let other = Arc::clone(&pace);
        let lively = tokio::spawn(async move {
            loop {
                let answering = other.answer();
                tokio::time::sleep(TIMEOUT / 8).await;
                drop(answering);
            }
        });
        pace.stalled(|| LONG, TIMEOUT).await;
        let took = began.elapsed();
        lively.abort();
        assert!(took >= TIMEOUT - Duration::from_millis(1), "{took:?}");
        assert!(took < 100 * TIMEOUT, "{took:?}");
    }

    /// As long as a reader takes one piece after the other, an answer may be long.
    #[tokio::test]
    async fn an_answer_that_is_taken_piece_by_piece_is_left_alone() {
        let pace = Pace::new();
        let mut paced = pace.answer().over(Full::new(Bytes::from_static(b"piece")));
        let reader = async {
            for _ in 0..20 {
                tokio::time::sleep(TIMEOUT / 4).await;
                paced.body = Full::new(Bytes::from_static(b"piece"));
                assert!(paced.frame().await.is_some());
            }
        };
        tokio::select! {
            () = pace.stalled(|| LONG, TIMEOUT) => panic!("every piece was taken"),
            () = reader => {}
        }
    }

    #[tokio::test]
    async fn a_lively_connection_is_left_alone() {
        let pace = Pace::new();
        let lively = async {
            for _ in 0..100 {
                let answering = pace.answer();
                tokio::time::sleep(TIMEOUT / 4).await;
                drop(answering);
            }
        };
        tokio::select! {
            () = pace.stalled(|| LONG, 10 * TIMEOUT) => panic!("every answer was taken"),
            () = lively => {}
        }
    }
}
