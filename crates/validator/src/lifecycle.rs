//! Whether the process serves or is stopping, for everything that has to know.

use tokio::sync::watch;

/// The switch from serving to stopping. It turns once.
#[derive(Debug)]
pub(crate) struct Lifecycle {
    stopping: watch::Sender<bool>,
}

/// Waits for the switch.
#[derive(Debug, Clone)]
pub(crate) struct Stop(watch::Receiver<bool>);

impl Lifecycle {
    pub(crate) fn new() -> Lifecycle {
        Lifecycle {
            stopping: watch::Sender::new(false),
        }
    }

    pub(crate) fn stop(&self) {
        self.stopping.send_replace(true);
    }

    pub(crate) fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    pub(crate) fn watch(&self) -> Stop {
        Stop(self.stopping.subscribe())
    }
}

impl Stop {
    pub(crate) fn is_stopping(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns when the process is to stop; at once where it already is.
    pub(crate) async fn wait(&mut self) {
        // The sender lives as long as the process; were it gone, stopping would be right too.
        let _ = self.0.wait_for(|stopping| *stopping).await;
    }
}
