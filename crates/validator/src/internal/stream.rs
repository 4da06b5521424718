//! The ledger as a response body that follows its tail.
//!
//! A task reads whole frames on a blocking thread and hands them over a channel of few slots, so
//! that a slow tally costs a few hundred kilobytes and never holds the ledger up.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame};
use ledger::LedgerError;
use ledger::log::LinkStream;
use listener::lifecycle::Stop;
use tokio::sync::mpsc;

use crate::app::App;
use crate::http::rejection::Rejection;

/// Bytes read at once.
const CHUNK_BYTES: usize = 256 * 1_024;
/// Chunks that wait for the network.
const CHUNKS_MAX: usize = 2;
/// How often the tail is looked at while nothing comes: a look at a number.
const TAIL_POLL: Duration = Duration::from_millis(5);
/// Told to a tally when too many are served.
const RETRY: Duration = Duration::from_secs(5);

/// Bytes of the ledger, until the reader or the process goes away.
pub(crate) struct LedgerBody(mpsc::Receiver<io::Result<Bytes>>);

impl Body for LedgerBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.0
            .poll_recv(context)
            .map(|item| item.map(|bytes| bytes.map(Frame::data)))
    }
}

impl LedgerBody {
    /// A stream of what lies behind frame `after` of a partition.
    pub(crate) fn start(
        app: &Arc<App>,
        (partition, after): (u16, u64),
        stop: Stop,
    ) -> Result<LedgerBody, Rejection> {
        let Ok(turn) = Arc::clone(&app.streams).try_acquire_owned() else {
            return Err(Rejection::Busy { wait: RETRY });
        };
        let (sender, receiver) = mpsc::channel(CHUNKS_MAX);
        let app = Arc::clone(app);
        tokio::spawn(async move {
            if let Err(error) = follow(&app, (partition, after), &sender, stop).await {
                tracing::error!(
                    %error,
                    partition,
                    after,
                    "the ledger could not be streamed: see the disk or the database, then `tally verify` the ledger"
                );
                // Breaks the response off, so that the reader does not take it for complete.
                let _ = sender
                    .send(Err(io::Error::other("ledger unreadable")))
                    .await;
            }
            drop(turn);
        });
        Ok(LedgerBody(receiver))
    }
}

async fn follow(
    app: &Arc<App>,
    (partition, after): (u16, u64),
    sender: &mpsc::Sender<io::Result<Bytes>>,
    mut stop: Stop,
) -> Result<(), LedgerError> {
    let mut stream = open(app, partition, after).await?;
    loop {
        let stopping = stop.is_stopping();
        let seen = app.partitions.last_sequence(partition);
        let bytes;
        (stream, bytes) = read(stream).await?;
        if !bytes.is_empty() {
            if sender.send(Ok(bytes)).await.is_err() {
                return Ok(());
            }
        } else if stopping || !moved(app, (partition, seen), sender, &mut stop).await {
            return Ok(());
        }
    }
}

/// Waits until the ledger is longer than `seen` or the process stops; `false` = the reader is gone.
async fn moved(
    app: &App,
    (partition, seen): (u16, u64),
    sender: &mpsc::Sender<io::Result<Bytes>>,
    stop: &mut Stop,
) -> bool {
    while app.partitions.last_sequence(partition) == seen {
        tokio::select! {
            () = tokio::time::sleep(TAIL_POLL) => {}
            () = sender.closed() => return false,
            () = stop.wait() => return true,
        }
    }
    true
}

async fn open(
    app: &Arc<App>,
    partition: u16,
    after: u64,
) -> Result<Box<dyn LinkStream>, LedgerError> {
    let ledger = Arc::clone(&app.ledger);
    blocking(move || ledger.read_from(partition, after)).await
}

async fn read(
    mut stream: Box<dyn LinkStream>,
) -> Result<(Box<dyn LinkStream>, Bytes), LedgerError> {
    blocking(move || {
        stream
            .next_bytes(CHUNK_BYTES)
            .map(|bytes| (stream, bytes.into()))
    })
    .await
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, LedgerError> + Send + 'static,
) -> Result<T, LedgerError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        // Raised again here: the panic hook has logged its place.
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
