//! `tally mirror`: a verified copy of a running ledger on another machine, on stable storage frame by
//! frame. docs/mirror.md says what it is good for and how to go on from it.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use durable::OsStorage;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use ledger::Shape;
use ledger::log::files::{self, Mirror};
use listener::lifecycle::Lifecycle;
use listener::{
    Certificates, ConnectionLimits, Listener, Signals, Workers, bind, exposition, notify,
};
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use tokio::runtime::Handle;
use tokio::sync::watch;

use super::mirrored_log::MirroredLog;
use crate::api::Routed;
use crate::cli::MirrorArgs;
use crate::gate::Gates;
use crate::inputs::open_package;
use crate::stream::Stream;

const BACKOFF: Duration = Duration::from_millis(500);
/// Few connections, of machines of ours.
const CONNECTIONS: ConnectionLimits = ConnectionLimits {
    max: 16,
    per_client_max: 16,
    header_bytes_max: 8_192,
    headers_max: 32,
    header_timeout: Duration::from_secs(5),
    unacknowledged_timeout: Duration::from_secs(10),
    answer_max: Duration::from_secs(20),
    age_max: Duration::from_secs(300),
};
/// How often the validator is asked how far it is.
const LOOK: Duration = Duration::from_secs(1);

/// How far the copy is, for operators: over all partitions.
#[derive(Clone, Default)]
struct Gauges {
    last: Gauge<u64, AtomicU64>,
    head: Gauge<u64, AtomicU64>,
    lag: Gauge<u64, AtomicU64>,
    connected: Gauge,
    /// How far each partition is.
    seen: Arc<Mutex<BTreeMap<u16, Seen>>>,
}

/// How far one partition is.
#[derive(Clone, Copy, Default)]
struct Seen {
    last: u64,
    head: u64,
    is_connected: bool,
}

impl Gauges {
    fn registry(&self) -> Registry {
        let mut registry = Registry::default();
        exposition::register_build(&mut registry, env!("CARGO_PKG_VERSION"));
        listener::register_process(&mut registry);
        let last = "Frames that are on this machine's disk";
        registry.register("mirror_last_sequence", last, self.last.clone());
        let head = "Frames that the validator had, when it was last asked";
        registry.register("mirror_source_last_sequence", head, self.head.clone());
        let lag = "Frames that the validator has and the mirror lacks";
        registry.register("mirror_lag_frames", lag, self.lag.clone());
        let connected = "1 while the validator's stream of each partition is being read, else 0";
        registry.register("mirror_connected", connected, self.connected.clone());
        registry
    }

    fn note(&self, partition: u16, change: impl FnOnce(&mut Seen)) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        change(seen.entry(partition).or_default());
        let all = || seen.values();
        self.last.set(all().map(|of| of.last).sum());
        self.head.set(all().map(|of| of.head).sum());
        self.lag
            .set(all().map(|of| of.head.saturating_sub(of.last)).sum());
        self.connected
            .set(i64::from(all().all(|of| of.is_connected)));
    }
}

/// Runs until SIGINT or SIGTERM, or until what follows does not fit what is here.
pub(crate) fn run(args: &MirrorArgs) -> anyhow::Result<()> {
    let package = open_package(&args.package)?;
    let stream = Stream::new(&args.from, &args.from_files, &package)?;
    let shape = package.shape();
    let log = files::open(Arc::new(OsStorage), &args.data);
    let gates = Gates::open(&package)?;
    let open = |partition| {
        let gate = gates.gate(partition);
        let mut seen = MirroredLog::new(&args.data, partition, gate);
        let mirror = log.mirror(partition, &mut seen.checker(&shape))?;
        seen.resume()?;
        anyhow::Ok(Copied {
            partition,
            mirror,
            log: seen,
        })
    };
    let copies: anyhow::Result<Vec<Copied>> = package.partitions().into_iter().map(open).collect();
    let copies =
        copies.with_context(|| format!("cannot go on with the copy in {}", args.data.display()))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(serve(args, &stream, &shape, copies))
}

/// The copy of one partition.
struct Copied {
    partition: u16,
    mirror: Mirror,
    log: MirroredLog,
}

impl Copied {
    /// Copies what is complete of these bytes, and then the checkpoint that covers it, if it is there.
    fn push(&mut self, shape: &Shape, bytes: &[u8]) -> anyhow::Result<()> {
        self.mirror.push(bytes, &mut self.log.checker(shape))?;
        self.log.settle()
    }
}

async fn serve(
    args: &MirrorArgs,
    stream: &Stream,
    shape: &Shape,
    mut copies: Vec<Copied>,
) -> anyhow::Result<()> {
    let mut signals = Signals::new().context("cannot wait for signals")?;
    let gauges = Gauges::default();
    for Copied {
        partition, mirror, ..
    } in &copies
    {
        let last = mirror.cursor().sequence;
        gauges.note(*partition, |seen| seen.last = last);
    }
    let tls = args.internal_tls.load()?;
    let certificates: Vec<_> = tls.iter().cloned().collect();
    let shown = Certificates::default();
    for tls in &certificates {
        shown.add("internal", tls);
    }
    let internal = bind(args.internal, "internal")?;
    tracing::info!(
        internal = %internal.local_addr()?,
        partitions = copies.len(),
        after = gauges.last.get(),
        from = stream.authority(),
        "listening"
    );
    let stopping = Lifecycle::default();
    let workers = Arc::new(Workers::of_runtime(Handle::current()));
    let listener = Listener::new("internal", internal, CONNECTIONS, workers).with_tls(tls);
    let serving = tokio::spawn(listener.run(Routed(router(&gauges, &shown)), stopping.watch()));
    notify::tell(notify::READY);
    let outcome = tokio::select! {
        () = signals.stop(&certificates) => Ok(()),
        () = look(stream, &gauges) => Ok(()),
        followed = follow_all(stream, shape, &mut copies, &gauges) => followed,
    };
    notify::tell(notify::STOPPING);
    stopping.stop();
    serving.abort();
    for copied in &mut copies {
        copied.mirror.close()?;
    }
    outcome
}

fn router(gauges: &Gauges, certificates: &Certificates) -> axum::Router {
    let mut registry = gauges.registry();
    certificates.register(&mut registry);
    let registry = Arc::new(registry);
    axum::Router::new().route(
        "/metrics",
        axum::routing::get(move || {
            let text = exposition::text(&registry);
            async move { ([("content-type", exposition::CONTENT_TYPE)], text) }
        }),
    )
}

/// Asks the validator how far it is, for ever.
async fn look(stream: &Stream, gauges: &Gauges) {
    loop {
        for (partition, head) in stream.heads().await.unwrap_or_default() {
            gauges.note(partition, |seen| seen.head = head);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Follows every partition.
///
/// # Errors
/// As [`follow`], of the first partition that ends.
async fn follow_all(
    stream: &Stream,
    shape: &Shape,
    copies: &mut [Copied],
    gauges: &Gauges,
) -> anyhow::Result<()> {
    let following = copies.iter_mut().map(|copied| {
        let partition = copied.partition;
        async move {
            let followed = follow(stream, shape, copied, gauges).await;
            followed.with_context(|| format!("partition {partition}"))
        }
    });
    futures_util::future::try_join_all(following).await?;
    Ok(())
}

/// Follows the validator's frames and checkpoints.
///
/// # Errors
/// What it sends does not fit what is here: damage, or another history.
async fn follow(
    stream: &Stream,
    shape: &Shape,
    copied: &mut Copied,
    gauges: &Gauges,
) -> anyhow::Result<()> {
    let (newest, mut checkpoints) = watch::channel(Bytes::new());
    let (partition, is_kept) = (copied.partition, copied.log.is_kept());
    tokio::select! {
        followed = follow_frames(stream, shape, (copied, &mut checkpoints), gauges) => followed,
        () = stream.ask_for_checkpoints(partition, &newest), if is_kept => Ok(()),
    }
}

/// Follows the validator, again after any break.
///
/// # Errors
/// As [`follow`].
async fn follow_frames(
    stream: &Stream,
    shape: &Shape,
    (copied, checkpoints): (&mut Copied, &mut watch::Receiver<Bytes>),
    gauges: &Gauges,
) -> anyhow::Result<()> {
    let partition = copied.partition;
    loop {
        copied.mirror.resume();
        let after = copied.mirror.cursor().sequence;
        match stream.request(partition, after).await {
            Err(error) => {
                tracing::warn!(
                    partition,
                    after,
                    error = format!("{error:#}"),
                    "the validator is out of reach"
                );
            }
            Ok((head, body)) => {
                gauges.note(partition, |seen| {
                    (seen.head, seen.is_connected) = (head, true);
                });
                copy(shape, (copied, checkpoints), body, gauges).await?;
                gauges.note(partition, |seen| seen.is_connected = false);
                tracing::warn!(
                    partition,
                    after = copied.mirror.cursor().sequence,
                    "the stream broke, following again"
                );
            }
        }
        tokio::time::sleep(BACKOFF).await;
    }
}

/// Copies what a connection brings, until it breaks.
async fn copy(
    shape: &Shape,
    (copied, checkpoints): (&mut Copied, &mut watch::Receiver<Bytes>),
    mut body: Incoming,
    gauges: &Gauges,
) -> anyhow::Result<()> {
    const OTHER: &str = "the validator and this copy are not of one history";
    loop {
        let received = tokio::select! {
            received = body.frame() => received,
            Ok(()) = checkpoints.changed() => {
                let newest = checkpoints.borrow_and_update().clone();
                tokio::task::block_in_place(|| copied.log.offer(&newest)).context(OTHER)?;
                continue;
            }
        };
        let Some(Ok(frame)) = received else {
            return Ok(());
        };
        let Ok(bytes) = frame.into_data() else {
            continue; // trailers, which carry no frame of the ledger
        };
        tokio::task::block_in_place(|| copied.push(shape, &bytes)).context(OTHER)?;
        let last = copied.mirror.cursor().sequence;
        gauges.note(copied.partition, |seen| seen.last = last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_mirror_exposes_is_documented() {
        let text = exposition::text(&Gauges::default().registry());
        specimen::promtool_accepts(&text);
        specimen::metrics_are_documented("mirror", &[], &text);
    }
}
