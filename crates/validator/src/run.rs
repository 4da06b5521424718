//! Serving: from bound ports to the last fsync.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use durable::{Clock, SteadyClock};
use ledger::log::Log;
use listener::lifecycle::Lifecycle;
use listener::{ConnectionLimits, Listener, Signals, Tls, Workers, notify, process};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::app::App;
use crate::checkpoints::Keeping;
use crate::config::Config;
use crate::http::Public;
use crate::internal::{self, Internal};
use crate::metrics::Retired;
use crate::package_check;
use crate::partitions::{Answering, Steward};
use crate::site;
use crate::start::{self, Kept, Recording, Shared};
use crate::versions;
use crate::vote::ElectoralRoll;

/// Time for other validators to take the last answers.
const RELAY_ENDING: Duration = Duration::from_secs(2);
/// How often refused attempts are handed to an owner by a validator that is none.
const SEND_REFUSED: Duration = Duration::from_secs(1);
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
    let tls = start::read_certificate(config.tls.as_ref())?;
    let internal_tls = start::read_certificate(config.internal_tls.as_ref())?;
    // This thread takes connections and waits for signals; the workers serve.
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("cannot wait for connections and signals")?;
    // From now on: a SIGHUP may come during the start, and ends whoever does not wait for it.
    let signals = {
        let _inside = runtime.enter();
        Signals::new().context("cannot wait for signals")?
    };
    let roll = start::open_roll(config)?;
    let kept = Kept::of(config)?;
    if let (Kept::Replicated(shared), Some(replicated)) = (&kept, &config.replicated) {
        let event = start::event_ledger(&roll.package);
        for told in versions::among_others(shared, replicated, &event)? {
            tracing::info!("{told}");
        }
    }
    let workers = Workers::start(config.threads).context("cannot start threads")?;
    let clock = Arc::new(SteadyClock::start(machine));
    // Ports before the ledger: every start of a ledger leaves a segment, a taken port should not.
    let (public, internal) = {
        let _inside = runtime.enter();
        let public = listener::bind(config.listen, "listen")?;
        (public, listener::bind(config.internal, "internal")?)
    };
    let keeping = start::log_keeping(config, roll.package.event())?;
    let (recording, others) = match kept {
        Kept::Files(log) => (
            start::record_alone(config, log, &roll.package, &clock, keeping.as_ref())?,
            None,
        ),
        Kept::Replicated(shared) => {
            let (recording, others) =
                record_with_others(config, *shared, &roll, (&clock, keeping.as_ref()))?;
            (recording, Some(others))
        }
    };
    let app = Arc::new(start::assemble(config, roll, recording, clock)?);
    let checks = app.metrics.package_checks.clone();
    package_check::start(
        &app.station.roll.package,
        package_check::Rate::default(),
        checks,
    )
    .context("cannot start the check of the package")?;
    site::watch(&app).context("cannot start the monitor's samples")?;
    let outside = Outside {
        public,
        internal,
        signals,
        tls,
        internal_tls,
    };
    let serving = serve(
        app,
        config,
        Arc::new(workers),
        outside,
        (connections, others),
    );
    runtime.block_on(serving)
}

/// The other validators that share the ledger: what keeps up the connections to them, and what they need of this one.
struct Others {
    runtime: Runtime,
    steward: Arc<Steward>,
    /// Told why this validator has to end.
    failed: oneshot::Receiver<String>,
    /// The listener for them ends when this is dropped.
    answering: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

/// A ledger that several validators share, each partition written by one of them.
fn record_with_others(
    config: &Config,
    shared: Shared,
    roll: &ElectoralRoll,
    (clock, keeping): (&Arc<SteadyClock>, Option<&Keeping>),
) -> Result<(Recording, Others)> {
    let replicated = config.replicated.as_ref();
    let replicated = replicated.context("a shared ledger has no settings")?;
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("relay")
        .enable_all()
        .build()
        .context("cannot talk to other validators")?;
    let standing = start::standing(replicated, &roll.package, runtime.handle())?;
    let partitions = Arc::new(start::partitions_of(&roll.package));
    let ledger: Arc<dyn Log> = Arc::new(shared.log.clone());
    let desk = start::start_log(keeping, &ledger, &partitions)?;
    let (answering, stop) = oneshot::channel();
    let serving;
    {
        let _inside = runtime.enter();
        let listener = listener::bind(replicated.relay.listen, "relay.listen")?;
        let answer = Arc::new(Answering {
            partitions: Arc::clone(&partitions),
            package: Arc::clone(&roll.package),
            commit_timeout: config.commit_timeout,
            desk: desk.clone(),
        });
        let hello = roll.package.manifest_sha256().to_vec();
        let identity = Arc::clone(&standing.identity);
        tracing::info!(relay = %listener.local_addr()?, "listening to other validators");
        let stop = async {
            // Ends where the sender is dropped.
            let _ = stop.await;
        };
        serving = tokio::spawn(relay::serve(listener, identity, hello, answer, stop));
        let counting = Arc::clone(&partitions);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(SEND_REFUSED).await;
                counting.send_refused().await;
            }
        });
    }
    let retired = Arc::new(Retired::default());
    let opening = start::opening(config, &roll.package, clock, &retired);
    let (fail, failed) = oneshot::channel();
    let steward = Arc::new(Steward::start(
        (shared.log, shared.members),
        standing,
        opening,
        &partitions,
        fail,
    )?);
    let recording = Recording {
        ledger,
        partitions,
        steward: Some(Arc::clone(&steward)),
        retired,
        desk,
    };
    let others = Others {
        runtime,
        steward,
        failed,
        answering,
        serving,
    };
    Ok((recording, others))
}

/// What the process hears from outside.
struct Outside {
    public: TcpListener,
    internal: TcpListener,
    signals: Signals,
    /// Certificate and key for the public listener.
    tls: Option<Arc<Tls>>,
    /// The same for the internal one.
    internal_tls: Option<Arc<Tls>>,
}

/// Has the metrics tell until when each certificate is valid; those of them that a signal renews.
fn shown_certificates(
    app: &App,
    config: &Config,
    listeners: [(&'static str, &Option<Arc<Tls>>); 2],
) -> Vec<Arc<Tls>> {
    let shown = &app.metrics.certificates;
    if let Some(replicated) = &config.replicated {
        shown.add_file("relay", &replicated.relay.identity.certificate);
    }
    let mut renewed = Vec::new();
    for (listener, tls) in listeners {
        if let Some(tls) = tls {
            shown.add(listener, tls);
            renewed.push(Arc::clone(tls));
        }
    }
    renewed
}

async fn serve(
    app: Arc<App>,
    config: &Config,
    workers: Arc<Workers>,
    outside: Outside,
    (connections, mut others): (ConnectionLimits, Option<Others>),
) -> Result<()> {
    let Outside {
        public,
        internal,
        mut signals,
        tls,
        internal_tls,
    } = outside;
    tracing::info!(
        listen = %public.local_addr()?,
        internal = %internal.local_addr()?,
        tls = tls.is_some(),
        internal_tls = internal_tls.is_some(),
        "listening"
    );
    let streams = Lifecycle::default();
    let handler = Internal {
        app: Arc::clone(&app),
        stop: streams.watch(),
    };
    let few = internal::limits(connections);
    let renewed = shown_certificates(
        &app,
        config,
        [("public", &tls), ("internal", &internal_tls)],
    );
    let listener =
        Listener::new("internal", internal, few, Arc::clone(&workers)).with_tls(internal_tls);
    let internal = tokio::spawn(listener.run(handler, streams.watch()));
    let listener = Listener::new("public", public, connections, workers)
        .with_admission(Arc::clone(&app.admission))
        .with_metrics(app.metrics.connections.clone())
        .with_tls(tls);
    let public = tokio::spawn(listener.run(Public(Arc::clone(&app)), app.lifecycle.watch()));

    notify::tell(notify::READY);
    let failed = tokio::select! {
        () = signals.stop(&renewed) => None,
        why = failure(&mut others) => Some(why),
    };
    notify::tell(notify::STOPPING);
    tracing::info!("stopping: requests in flight are finished, no new ones taken");
    app.lifecycle.stop();
    if let Some(others) = &others {
        // Votes that are still on the way go to the next owners.
        let steward = Arc::clone(&others.steward);
        tokio::task::spawn_blocking(move || steward.give_back()).await?;
    }
    if tokio::time::timeout(config.drain_timeout, public)
        .await
        .is_err()
    {
        tracing::warn!(
            "some connections did not end in time and are cut: where voters wait for the disk that \
             long, raise process.drain_timeout_ms"
        );
    }
    let owned = app.partitions.here();
    let desk = app.desk.clone();
    tokio::task::spawn_blocking(move || {
        owned.iter().for_each(|(_, owned)| owned.shutdown());
        if let Some(desk) = desk {
            desk.finish();
        }
    })
    .await?;
    if let Some(others) = others {
        tokio::task::spawn_blocking(move || others.leave()).await?;
    }
    streams.stop();
    // Whoever does not take the rest now finds it on disk.
    let _ = tokio::time::timeout(STREAMS_ENDING, internal).await;
    if let Some(why) = failed {
        bail!("{why}");
    }
    tracing::info!("stopped: everything accepted is on disk");
    Ok(())
}

/// Why this validator has to end although nobody told it to.
async fn failure(others: &mut Option<Others>) -> String {
    match others {
        Some(others) => match (&mut others.failed).await {
            Ok(why) => why,
            Err(_) => std::future::pending().await, // the steward ends only when it is told to
        },
        None => std::future::pending().await,
    }
}

impl Others {
    /// Leaves them: nothing is owned any more.
    fn leave(self) {
        self.steward.leave();
        drop(self.answering);
        // What others had asked before is answered.
        let serving = self.serving;
        let _ = self
            .runtime
            .block_on(async { tokio::time::timeout(RELAY_ENDING, serving).await });
        self.runtime.shutdown_background();
    }
}
