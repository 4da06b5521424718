//! Serving: from bound ports to the last fsync.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use durable::{Clock, SteadyClock};
use ledger::Partition;
use listener::lifecycle::Lifecycle;
use listener::{ConnectionLimits, Listener, Signals, Tls, Workers, notify, process};
use shards::Package;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

use crate::app::App;
use crate::config::Config;
use crate::http::Public;
use crate::internal::{self, Internal};
use crate::package_check;
use crate::start;
use crate::vote::VoteReply;

/// Time for tallies to take what the last commit wrote.
const STREAMS_ENDING: Duration = Duration::from_secs(2);

/// Starts by a configuration, on a machine with that clock, and serves until SIGTERM or SIGINT.
///
/// # Errors
/// What kept it from starting, and what to do.
pub(crate) fn run(config: &Config, machine: Arc<dyn Clock>) -> Result<()> {
    for fault in secrets::seal_memory() {
        tracing::warn!(
            fault = format!("{:#}", anyhow::Error::from(fault)),
            "memory is not sealed"
        );
    }
    let connections = ConnectionLimits {
        max: process::raise_file_limit(config.connections.max),
        ..config.connections
    };
    let tls = start::read_certificate(config)?;
    // This thread takes connections and waits for signals; the workers serve.
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("cannot wait for connections and signals")?;
    // From now on: a SIGHUP may come during the start, and ends whoever does not wait for it.
    let mut signals = {
        let _inside = runtime.enter();
        Signals::new().context("cannot wait for signals")?
    };
    let roll = start::open_roll(config)?;
    let workers = Workers::start(config.threads).context("cannot start threads")?;
    let tls_now = tls.clone();
    let taken = take_over(config, &roll.package, &runtime, &machine, async {
        signals.stop(tls_now.as_deref()).await;
    })?;
    let Some(place) = taken else {
        tracing::info!("stopped: it stood by and wrote nothing");
        return Ok(());
    };
    let Place {
        public,
        internal,
        partition,
        clock,
    } = place;
    let outside = Outside {
        public,
        internal,
        signals,
        tls,
    };
    let app = Arc::new(start::assemble(config, roll, partition, clock)?);
    let checks = app.metrics.package_checks.clone();
    package_check::start(
        &app.station.roll.package,
        package_check::Rate::default(),
        checks,
    )
    .context("cannot start the check of the package")?;
    runtime.block_on(serve(app, config, Arc::new(workers), outside, connections))
}

/// The addresses that voters and tallies reach, and the ledger behind them.
struct Place {
    public: TcpListener,
    internal: TcpListener,
    partition: Arc<Partition<VoteReply>>,
    clock: Arc<SteadyClock>,
}

/// Opens the ledger as soon as no other validator writes it; none where `stop` comes first.
fn take_over(
    config: &Config,
    package: &Package,
    runtime: &Runtime,
    machine: &Arc<dyn Clock>,
    stop: impl Future<Output = ()>,
) -> Result<Option<Place>> {
    let kept = start::Kept::of(config)?;
    let mut stop = std::pin::pin!(stop);
    loop {
        let may_write = runtime.block_on(async {
            tokio::select! {
                waited = start::stand_by(&kept) => waited.map(|()| true),
                () = &mut stop => Ok(false),
            }
        })?;
        if !may_write {
            return Ok(None);
        }
        // Ports before the ledger: every start of a ledger leaves a segment, a taken port should not.
        let (public, internal) = {
            let _inside = runtime.enter();
            let public = listener::bind(config.listen, "listen")?;
            (public, listener::bind(config.internal, "internal")?)
        };
        let clock = Arc::new(SteadyClock::start(Arc::clone(machine)));
        match start::open_ledger(config, &kept, package, Arc::clone(&clock)) {
            Ok(partition) => {
                return Ok(Some(Place {
                    public,
                    internal,
                    partition,
                    clock,
                }));
            }
            // Another one that stood by was faster.
            Err(error) if start::is_held(&error) => {}
            Err(error) => return Err(error),
        }
    }
}

/// What the process hears from outside.
struct Outside {
    public: TcpListener,
    internal: TcpListener,
    signals: Signals,
    /// Certificate and key for the public listener.
    tls: Option<Arc<Tls>>,
}

async fn serve(
    app: Arc<App>,
    config: &Config,
    workers: Arc<Workers>,
    outside: Outside,
    connections: ConnectionLimits,
) -> Result<()> {
    let Outside {
        public,
        internal,
        mut signals,
        tls,
    } = outside;
    tracing::info!(
        listen = %public.local_addr()?,
        internal = %internal.local_addr()?,
        tls = tls.is_some(),
        "listening"
    );
    let streams = Lifecycle::default();
    let handler = Internal {
        app: Arc::clone(&app),
        stop: streams.watch(),
    };
    let few = internal::limits(connections);
    let listener = Listener::new("internal", internal, few, Arc::clone(&workers));
    let internal = tokio::spawn(listener.run(handler, streams.watch()));
    let listener = Listener::new("public", public, connections, workers)
        .with_admission(Arc::clone(&app.admission))
        .with_metrics(app.metrics.connections.clone())
        .with_tls(tls.clone());
    let public = tokio::spawn(listener.run(Public(Arc::clone(&app)), app.lifecycle.watch()));

    notify::tell(notify::READY);
    signals.stop(tls.as_deref()).await;
    notify::tell(notify::STOPPING);
    tracing::info!("stopping: requests in flight are finished, no new ones taken");
    app.lifecycle.stop();
    if tokio::time::timeout(config.drain_timeout, public)
        .await
        .is_err()
    {
        tracing::warn!(
            "some connections did not end in time and are cut: where voters wait for the disk that \
             long, raise process.drain_timeout_ms"
        );
    }
    let partition = Arc::clone(&app.partition);
    tokio::task::spawn_blocking(move || partition.shutdown()).await?;
    streams.stop();
    // Whoever does not take the rest now finds it on disk.
    let _ = tokio::time::timeout(STREAMS_ENDING, internal).await;
    tracing::info!("stopped: everything accepted is on disk");
    Ok(())
}
