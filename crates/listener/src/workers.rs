//! Threads that serve connections, each with a runtime of its own.
//!
//! A connection stays with the thread that got it: its buffers stay in one core's cache, and neither
//! its timers nor its wake-ups contend with other threads. Measured against one runtime that moves
//! work between threads, this takes a tenth off the processor time of a vote.

use std::future::Future;
use std::io;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle, available_parallelism};

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;

/// The threads. Dropping them ends whatever they still serve.
#[derive(Debug)]
pub struct Workers {
    threads: Vec<Worker>,
    next: AtomicUsize,
}

#[derive(Debug)]
struct Worker {
    runtime: Handle,
    /// The thread ends when this is dropped.
    ends: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Workers {
    /// As many threads; 0 = one for each processor.
    ///
    /// # Errors
    /// The system gives no more threads or descriptors.
    pub fn start(threads: usize) -> io::Result<Workers> {
        let count = match NonZeroUsize::new(threads) {
            Some(count) => count,
            None => available_parallelism()?,
        };
        let threads = (0..count.get()).map(|_| Worker::start());
        Ok(Workers {
            threads: threads.collect::<io::Result<_>>()?,
            next: AtomicUsize::new(0),
        })
    }

    /// The threads of a runtime that the program has already. A connection may move between them: for
    /// programs whose answers take a processor for so long that others must not wait behind them.
    #[must_use]
    pub fn of_runtime(runtime: Handle) -> Workers {
        Workers {
            threads: vec![Worker {
                runtime,
                ends: None,
                thread: None,
            }],
            next: AtomicUsize::new(0),
        }
    }

    /// Runs a task on the next thread in turn.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        // At least one was started.
        self.threads[turn % self.threads.len()].runtime.spawn(task);
    }
}

impl Worker {
    fn start() -> io::Result<Worker> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (ends, ended) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("http".to_owned())
            .spawn(move || serve(&runtime, ended))?;
        Ok(Worker {
            runtime: handle,
            ends: Some(ends),
            thread: Some(thread),
        })
    }
}

fn serve(runtime: &Runtime, ended: oneshot::Receiver<()>) {
    // Nothing is ever sent: the sender is dropped.
    let _ = runtime.block_on(ended);
}

impl Drop for Workers {
    fn drop(&mut self) {
        for worker in &mut self.threads {
            worker.ends = None;
        }
        for worker in &mut self.threads {
            if let Some(thread) = worker.thread.take() {
                // A panic of the thread was printed by the panic hook.
                let _ = thread.join();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::sync::mpsc::channel;

    #[test]
    fn tasks_go_to_the_threads_in_turn_and_end_with_them() {
        let workers = Workers::start(3).expect("threads");
        let (sender, receiver) = channel();
        for _ in 0..6 {
            let sender = sender.clone();
            workers.spawn(async move {
                let _ = sender.send(thread::current().id().to_owned());
            });
        }
        let seen = receiver.iter().take(6).map(|id| format!("{id:?}"));
        assert_eq!(seen.collect::<BTreeSet<_>>().len(), 3);
        // A task that would wait for ever is dropped, and its sender with it.
        workers.spawn(async move {
            std::future::pending::<()>().await;
            drop(sender);
        });
        drop(workers);
        assert!(receiver.recv().is_err());
    }
}
