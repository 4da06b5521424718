//! Watching the validator's memory, and looking for panics in its log.

use crate::child::Server;
use crate::prepare::Stage;
use anyhow::{Context, Result};
use std::fs;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

const EVERY: Duration = Duration::from_millis(100);

/// A look at the validator's memory ten times a second.
pub(super) struct Watch {
    end: oneshot::Sender<()>,
    looking: JoinHandle<Result<f64>>,
}

impl Watch {
    pub(super) fn start(server: &Server) -> Result<Watch> {
        let id = server.id().context("the validator has ended")?;
        let (end, ended) = oneshot::channel();
        let looking = tokio::spawn(look(id, ended));
        Ok(Watch { end, looking })
    }

    /// The most that was seen, MiB.
    pub(super) async fn end(self) -> Result<f64> {
        drop(self.end);
        self.looking.await.context("the watch panicked")?
    }
}

async fn look(id: u32, mut ended: oneshot::Receiver<()>) -> Result<f64> {
    let mut most = anonymous_mib(id)?;
    while tokio::time::timeout(EVERY, &mut ended).await.is_err() {
        most = most.max(anonymous_mib(id)?);
    }
    Ok((most * 10.0).round() / 10.0)
}

/// Resident memory that mirrors no file, of process `id`.
fn anonymous_mib(id: u32) -> Result<f64> {
    let path = format!("/proc/{id}/status");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    let kib = text
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:")?.trim().strip_suffix(" kB"));
    let kib: f64 = kib
        .and_then(|kib| kib.parse().ok())
        .with_context(|| format!("{path} has no line RssAnon"))?;
    Ok(kib / 1_024.0)
}

/// Panics that the validator logged.
pub(super) fn panics(stage: &Stage) -> Result<u64> {
    let path = stage.site.logs().join("validator.log");
    let log = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let log = String::from_utf8_lossy(&log).into_owned();
    let panicked = |line: &&str| line.contains("panic");
    Ok(log.lines().filter(panicked).count() as u64)
}
