//! Bounding a wait without putting a timer into the runtime's wheel for it and taking it out again.
//!
//! Every vote waits for its frame, and hardly any waits too long. A timer that is already in the
//! wheel can be put off without a lock, so those of ended waits are kept for the next ones: at most
//! as many as requests of this thread ever waited at once. Measured, this takes 0.7 us off a vote.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

thread_local! {
    /// A worker's thread has a runtime of its own, and its tasks never leave it.
    static IDLE: RefCell<Vec<Pin<Box<Sleep>>>> = const { RefCell::new(Vec::new()) };
}

/// A timer, given back when dropped.
struct Timer(Option<Pin<Box<Sleep>>>);

impl Timer {
    fn until(deadline: Instant) -> Timer {
        let idle = IDLE.with_borrow_mut(Vec::pop);
        Timer(Some(match idle {
            Some(mut sleep) => {
                sleep.as_mut().reset(deadline);
                sleep
            }
            None => Box::pin(sleep_until(deadline)),
        }))
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if let Some(sleep) = self.0.take() {
            // A thread that ends keeps nothing any more.
            let _ = IDLE.try_with(|idle| idle.borrow_mut().push(sleep));
        }
    }
}

/// The output of `future`, or `None` after `limit`.
pub async fn within<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    // None is taken for what is there already, as the bodies of most votes are.
    let mut timer: Option<Timer> = None;
    poll_fn(|context| {
        if let Poll::Ready(output) = future.as_mut().poll(context) {
            return Poll::Ready(Some(output));
        }
        let timer = timer.get_or_insert_with(|| Timer::until(Instant::now() + limit));
        match &mut timer.0 {
            Some(sleep) => sleep.as_mut().poll(context).map(|()| None),
            None => Poll::Pending, // Only while it is dropped.
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, ready};
    use tokio::time::sleep;

    const SHORT: Duration = Duration::from_millis(20);
    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn whichever_comes_first() {
        assert_eq!(within(LONG, ready(7)).await, Some(7));
        assert_eq!(within(SHORT, pending::<()>()).await, None);
        assert_eq!(within(LONG, sleep(SHORT)).await, Some(()));
    }

    /// Timers that fired, that were put off and that were brought forward all work again.
    #[tokio::test]
    async fn a_timer_serves_one_wait_after_another() {
        for _ in 0..3 {
            assert_eq!(
                within(LONG, sleep(Duration::from_millis(1))).await,
                Some(())
            );
            let began = Instant::now();
            assert_eq!(within(SHORT, pending::<()>()).await, None);
            assert!(began.elapsed() >= SHORT);
        }
        assert_eq!(IDLE.with_borrow(Vec::len), 1);
        let both = tokio::join!(within(SHORT, pending::<()>()), within(LONG, sleep(SHORT)));
        assert_eq!(both, (None, Some(())));
        assert_eq!(IDLE.with_borrow(Vec::len), 2);
    }
}
