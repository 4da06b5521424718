//! The signals that end a program in good order, and the one that renews its certificate.

use std::io;
use std::sync::Arc;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::tls::Tls;

/// SIGTERM, SIGINT and SIGHUP, caught from the moment this is made.
#[derive(Debug)]
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    /// Catches them. Called inside a runtime.
    ///
    /// # Errors
    /// The system gives no descriptor to hear them by.
    pub fn new() -> io::Result<Signals> {
        Ok(Signals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Returns at SIGTERM or SIGINT. Until then, SIGHUP has these certificates read again.
    pub async fn stop(&mut self, certificates: &[Arc<Tls>]) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return,
                _ = self.interrupt.recv() => return,
                _ = self.hangup.recv() => renew(certificates),
            }
        }
    }
}

/// Takes new certificates into use; one that is at fault changes nothing.
fn renew(certificates: &[Arc<Tls>]) {
    if certificates.is_empty() {
        tracing::info!("SIGHUP: there is no certificate to read again");
    }
    for tls in certificates {
        let section = tls.section();
        match tls.reload() {
            Ok(()) => {
                tracing::info!(
                    section,
                    "certificate and key were read again and are in use"
                );
            }
            Err(faults) => tracing::error!(
                section,
                faults = faults.join("; "),
                remedy = "correct the files and send SIGHUP again",
                "the new certificate is refused, the old one stays in use"
            ),
        }
    }
}
