//! `tally mirror`: a verified copy of a running ledger on another machine, on stable storage frame by
//! frame. docs/mirror.md says what it is good for and how to go on from it.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use anyhow::Context;
use durable::OsStorage;
use http_body_util::BodyExt;
use ledger::log::files::Mirror;
use ledger::{Defect, Item, Shape};
use listener::lifecycle::Lifecycle;
use listener::{ConnectionLimits, Listener, Signals, Workers, bind, exposition, notify};
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use tokio::runtime::Handle;

use crate::api::Routed;
use crate::cli::MirrorArgs;
use crate::inputs::open_package;
use crate::stream::Stream;

const PARTITION: u16 = 0;
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

/// How far the copy is, for operators.
#[derive(Clone, Default)]
struct Gauges {
    last: Gauge<u64, AtomicU64>,
    head: Gauge<u64, AtomicU64>,
    lag: Gauge<u64, AtomicU64>,
    connected: Gauge,
}

impl Gauges {
    fn registry(&self) -> Registry {
        let mut registry = Registry::default();
        exposition::register_build(&mut registry, env!("CARGO_PKG_VERSION"));
        let last = "Number of the last frame that is on this machine's disk";
        registry.register("mirror_last_sequence", last, self.last.clone());
        let head = "Number of the validator's last frame, when it was last asked";
        registry.register("mirror_source_last_sequence", head, self.head.clone());
        let lag = "Frames that the validator has and the mirror lacks";
        registry.register("mirror_lag_frames", lag, self.lag.clone());
        let connected = "1 while the validator's stream is being read, else 0";
        registry.register("mirror_connected", connected, self.connected.clone());
        registry
    }

    fn note(&self, last: u64) {
        self.last.set(last);
        self.lag.set(self.head.get().saturating_sub(last));
    }
}

/// Runs until SIGINT or SIGTERM, or until what follows does not fit what is here.
pub(crate) fn run(args: &MirrorArgs) -> anyhow::Result<()> {
    let package = open_package(&args.package)?;
    let stream = Stream::new(&args.from, &package)?;
    let shape = package.shape();
    let mut check = checker(&shape);
    let mirror = Mirror::open(Arc::new(OsStorage), &args.data, PARTITION, &mut check)
        .with_context(|| format!("cannot go on with the copy in {}", args.data.display()))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(serve(args, &stream, &shape, mirror))
}

/// Refuses the links of another event or partition, or of a ledger sealed to other keys.
fn checker(shape: &Shape) -> impl FnMut(&Item) -> Result<(), Defect> {
    |item| match item {
        Item::Segment(header) => header.check(shape, PARTITION),
        Item::Frame(_) => Ok(()),
    }
}

async fn serve(
    args: &MirrorArgs,
    stream: &Stream,
    shape: &Shape,
    mut mirror: Mirror,
) -> anyhow::Result<()> {
    let mut signals = Signals::new().context("cannot wait for signals")?;
    let gauges = Gauges::default();
    gauges.note(mirror.cursor().sequence);
    let internal = bind(args.internal, "internal")?;
    tracing::info!(
        internal = %internal.local_addr()?,
        after = mirror.cursor().sequence,
        from = stream.authority(),
        "listening"
    );
    let stopping = Lifecycle::default();
    let workers = Arc::new(Workers::of_runtime(Handle::current()));
    let listener = Listener::new("internal", internal, CONNECTIONS, workers);
    let serving = tokio::spawn(listener.run(Routed(router(&gauges)), stopping.watch()));
    notify::tell(notify::READY);
    let outcome = tokio::select! {
        () = signals.stop(None) => Ok(()),
        () = look(stream, &gauges) => Ok(()),
        followed = follow(stream, shape, &mut mirror, &gauges) => followed,
    };
    notify::tell(notify::STOPPING);
    stopping.stop();
    serving.abort();
    mirror.close()?;
    outcome
}

fn router(gauges: &Gauges) -> axum::Router {
    let registry = Arc::new(gauges.registry());
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
        if let Ok(head) = stream.head().await {
            gauges.head.set(head);
            gauges.note(gauges.last.get());
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Follows the validator, again after any break.
///
/// # Errors
/// What it sends does not fit what is here: damage, or another history.
async fn follow(
    stream: &Stream,
    shape: &Shape,
    mirror: &mut Mirror,
    gauges: &Gauges,
) -> anyhow::Result<()> {
    loop {
        mirror.resume();
        let after = mirror.cursor().sequence;
        match stream.request(PARTITION, after).await {
            Err(error) => {
                tracing::warn!(
                    after,
                    error = format!("{error:#}"),
                    "the validator is out of reach"
                );
            }
            Ok((head, mut body)) => {
                gauges.head.set(head);
                gauges.connected.set(1);
                while let Some(Ok(frame)) = body.frame().await {
                    let Ok(bytes) = frame.into_data() else {
                        continue; // trailers, which carry no frame of the ledger
                    };
                    let mut check = checker(shape);
                    tokio::task::block_in_place(|| mirror.push(&bytes, &mut check))
                        .context("the validator and this copy are not of one history")?;
                    gauges.note(mirror.cursor().sequence);
                }
                gauges.connected.set(0);
                tracing::warn!(
                    after = mirror.cursor().sequence,
                    "the stream broke, following again"
                );
            }
        }
        tokio::time::sleep(BACKOFF).await;
    }
}
