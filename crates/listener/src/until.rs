//! Waiting for a future that wakes all the time, or for one that hardly ever does, without asking
//! the second each time the first one wakes: a connection is polled at every request.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// Wakes the task and remembers who asked for it.
struct Bell {
    rung: AtomicBool,
    task: Waker,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.rung.store(true, Ordering::Release);
        self.task.wake_by_ref();
    }
}

/// The output of `often`, or, as the error, that of `seldom` where it ended first.
pub(crate) async fn until<A: Future, B: Future>(
    mut often: Pin<&mut A>,
    mut seldom: Pin<&mut B>,
) -> Result<A::Output, B::Output> {
    let mut bell: Option<Arc<Bell>> = None;
    poll_fn(move |context| {
        if let Poll::Ready(output) = often.as_mut().poll(context) {
            return Poll::Ready(Ok(output));
        }
        let bell = match &bell {
            Some(bell) if bell.task.will_wake(context.waker()) => bell,
            _ => bell.insert(Arc::new(Bell {
                rung: AtomicBool::new(true), // The first time it has to be asked.
                task: context.waker().clone(),
            })),
        };
        if !bell.rung.swap(false, Ordering::AcqRel) {
            return Poll::Pending;
        }
        let waker = Waker::from(Arc::clone(bell));
        let mut context = Context::from_waker(&waker);
        seldom.as_mut().poll(&mut context).map(Err)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, ready};
    use std::pin::pin;

    #[tokio::test]
    async fn whichever_ends_first_counts() {
        let never = pin!(pending::<()>());
        assert_eq!(until(pin!(ready(7)), never).await, Ok(7));
        let never = pin!(pending::<()>());
        assert_eq!(until(never, pin!(tokio::task::yield_now())).await, Err(()));
    }

    #[tokio::test]
    async fn the_seldom_one_is_asked_once_and_when_it_rings() {
        // In a task, whose waker stays the same, as that of a connection does.
        let asked = tokio::spawn(async {
            let mut wakes = 0;
            let often = pin!(poll_fn(|context| {
                wakes += 1;
                context.waker().wake_by_ref();
                match wakes {
                    ..100 => Poll::Pending,
                    _ => Poll::Ready(()),
                }
            }));
            let mut asked = 0;
            let seldom = pin!(poll_fn(|_| {
                asked += 1;
                Poll::<()>::Pending
            }));
            assert_eq!(until(often, seldom).await, Ok(()));
            asked
        });
        assert_eq!(asked.await.ok(), Some(1));
    }
}
