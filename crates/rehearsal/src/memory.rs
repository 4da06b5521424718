//! The memory of a server, as the system counts it.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Serialize;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::child::Server;

/// Resident memory of a process, in MiB to one decimal.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Memory {
    /// All memory that is resident.
    pub resident_mib: f64,
    /// The part of it that is mapped files: the package above all.
    pub mapped_mib: f64,
    /// The other part, which the process allocated.
    pub beside_mib: f64,
}

impl Memory {
    /// The memory of process `id` (proc(5), `/proc/pid/status`).
    ///
    /// # Errors
    /// It has ended, or the system does not tell.
    pub fn of(id: Option<u32>) -> Result<Memory> {
        let id = id.context("the server has ended")?;
        let path = format!("/proc/{id}/status");
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
        let mib =
            |name: &str| number(&text, name).with_context(|| format!("{path} has no line {name}"));
        let (resident_mib, mapped_mib) = (mib("VmRSS:")?, mib("RssFile:")?);
        Ok(Memory {
            resident_mib,
            mapped_mib,
            beside_mib: tenths(resident_mib - mapped_mib),
        })
    }
}

/// The value of a line in kB, as MiB in tenths.
fn number(text: &str, name: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(tenths(kib / 1_024.0))
}

fn tenths(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

const EVERY: Duration = Duration::from_millis(100);

/// Looks at a server's memory ten times a second.
pub(crate) struct Watch {
    end: oneshot::Sender<()>,
    looking: JoinHandle<Result<f64>>,
}

impl Watch {
    pub(crate) fn start(server: &Server) -> Watch {
        let (end, ended) = oneshot::channel();
        let looking = tokio::spawn(look(server.id(), ended));
        Watch { end, looking }
    }

    /// Ends the watch: the most memory beside mapped files that was seen, MiB.
    pub(crate) async fn end(self) -> Result<f64> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_the_system_writes_them() {
        let text = "Name:\tvalidator\nVmRSS:\t    2048 kB\nRssAnon:\t     512 kB\n";
        assert_eq!(number(text, "VmRSS:"), Some(2.0));
        assert_eq!(number(text, "RssAnon:"), Some(0.5));
        assert_eq!(number(text, "RssFile:"), None);
        assert!(Memory::of(Some(std::process::id())).unwrap().resident_mib > 0.0);
        assert!(Memory::of(None).is_err());
    }
}
