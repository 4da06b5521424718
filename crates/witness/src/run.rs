//! `witness run`: from a configuration to a service, until SIGTERM or SIGINT.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use durable::{OsStorage, SystemClock};
use listener::lifecycle::Lifecycle;
use listener::{ConnectionLimits, Listener, Signals, Tls, Workers, notify, process};
use tokio::runtime::Builder;
use transparency::{KEY_TEXT_BYTES_MAX, KeyUse, PrivateKey};

use crate::config::Config;
use crate::memory::Memory;
use crate::metrics::Metrics;
use crate::service::Service;
use crate::witness::Witness;

/// A log has one connection or two; proxies have those of all.
const LIMITS: ConnectionLimits = ConnectionLimits {
    max: 128,
    per_client_max: 128,
    header_bytes_max: 8 << 10,
    headers_max: 50,
    header_timeout: Duration::from_secs(30),
    unacknowledged_timeout: Duration::from_secs(30),
    answer_max: Duration::from_secs(30),
    age_max: Duration::from_secs(3_600),
};
/// Time for requests in flight once the process is to stop.
const DRAIN: Duration = Duration::from_secs(10);

/// Opens key and memory, and serves.
///
/// # Errors
/// What kept it from starting, and what to do.
pub(crate) fn run(config: Config) -> Result<()> {
    for fault in secrets::seal_memory() {
        tracing::warn!(
            fault = format!("{:#}", anyhow::Error::from(fault)),
            "memory is not sealed"
        );
    }
    let limits = ConnectionLimits {
        max: process::raise_file_limit(LIMITS.max),
        ..LIMITS
    };
    let tls = config.tls.map(Tls::load).transpose();
    let tls = tls.map_err(|faults| anyhow!(faults.join("; ")))?;
    let tls = tls.map(Arc::new);
    let certificates: Vec<_> = tls.iter().cloned().collect();
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("cannot wait for connections and signals")?;
    let key = read_key(&config.key)?;
    let public = key.public().to_string();
    let memory = Memory::open(Arc::new(OsStorage), &config.state, key.public())?;
    let witness = Witness::new(key, memory, config.logs, Arc::new(SystemClock::new()))?;
    for view in witness.views() {
        let size = view.last.map(|(checkpoint, _)| checkpoint.size);
        tracing::info!(origin = %view.origin, size, "watching");
    }
    let metrics = Metrics::new();
    let service = Service {
        witness: Arc::new(witness),
        metrics: Arc::clone(&metrics),
    };
    runtime.block_on(async {
        let mut signals = Signals::new().context("cannot wait for signals")?;
        let socket = listener::bind(config.listen, "config, as listen")?;
        tracing::info!(listen = %socket.local_addr()?, tls = tls.is_some(), key = public, "listening");
        if let Some(tls) = &tls {
            metrics.certificates.add("public", tls);
        }
        let workers = Arc::new(Workers::start(0).context("cannot start threads")?);
        let lifecycle = Lifecycle::default();
        let listener = Listener::new("witness", socket, limits, workers)
            .with_metrics(metrics.connections.clone())
            .with_tls(tls.clone());
        let serving = tokio::spawn(listener.run(service, lifecycle.watch()));
        notify::tell(notify::READY);
        signals.stop(&certificates).await;
        notify::tell(notify::STOPPING);
        lifecycle.stop();
        let _ = tokio::time::timeout(DRAIN, serving).await;
        tracing::info!("stopped: everything cosigned is on disk");
        Ok(())
    })
}

fn read_key(path: &Path) -> Result<PrivateKey> {
    let text = secrets::read(path, KEY_TEXT_BYTES_MAX).context("the witness's key")?;
    PrivateKey::parse(&text, KeyUse::Witness).with_context(|| {
        format!(
            "{}: give the .key file that witness keygen wrote",
            path.display()
        )
    })
}
