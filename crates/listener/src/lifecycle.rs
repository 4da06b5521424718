//! Whether the process serves or is stopping, for everything that has to know.

use tokio::sync::watch;

/// The switch from serving to stopping. It turns once.
#[derive(Debug, Default)]
pub struct Lifecycle {
    stopping: watch::Sender<bool>,
}

/// Waits for the switch.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<bool>);

impl Lifecycle {
    /// Turns the switch. Turning it again changes nothing.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Whether the switch has been turned.
    pub fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// A receiver that learns when the switch is turned.
    pub fn watch(&self) -> Stop {
        Stop(self.stopping.subscribe())
    }
}

impl Stop {
    /// Whether the switch has been turned.
    pub fn is_stopping(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns when the process is to stop; at once where it already is.
    pub async fn wait(&mut self) {
        // The sender lives as long as the process; were it gone, stopping would be right too.
        let _ = self.0.wait_for(|stopping| *stopping).await;
    }
}
