//! Watching the validator's memory, and looking for panics in its log.

use crate::child::Server;
use crate::memory::Memory;
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
    pub(super) fn start(server: &Server) -> Watch {
        let (end, ended) = oneshot::channel();
        let looking = tokio::spawn(look(server.id(), ended));
        Watch { end, looking }
    }

    /// The most that was seen beside mapped files, MiB.
    pub(super) async fn end(self) -> Result<f64> {
        drop(self.end);
        self.looking.await.context("the watch panicked")?
    }
}

async fn look(id: Option<u32>, mut ended: oneshot::Receiver<()>) -> Result<f64> {
    let mut most = Memory::of(id)?.beside_mib;
    while tokio::time::timeout(EVERY, &mut ended).await.is_err() {
        most = most.max(Memory::of(id)?.beside_mib);
    }
    Ok(most)
}

/// Panics that the validator logged.
pub(super) fn panics(stage: &Stage) -> Result<u64> {
    let path = stage.site.logs().join("validator.log");
    let log = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let log = String::from_utf8_lossy(&log).into_owned();
    let panicked = |line: &&str| line.contains("panic");
    Ok(log.lines().filter(panicked).count() as u64)
}
