//! Few log lines under floods: whoever can reach the port could fill a disk with refusals.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Shortest time between two lines that go through.
const APART_MIN: Duration = Duration::from_secs(1);

/// Lets one line a second through and counts those kept back.
#[derive(Debug, Default)]
pub(crate) struct Gate(Mutex<Lines>);

#[derive(Debug, Default)]
struct Lines {
    last: Option<Instant>,
    unsaid: u64,
}

impl Gate {
    /// Calls `line` with the number of lines kept back before it, or keeps this one back too.
    pub(crate) fn run(&self, line: impl FnOnce(u64)) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.last.is_some_and(|last| last.elapsed() < APART_MIN) {
            lines.unsaid += 1;
            return;
        }
        lines.last = Some(Instant::now());
        let unsaid = std::mem::take(&mut lines.unsaid);
        drop(lines);
        line(unsaid);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn floods_are_few_lines() {
        let gate = Gate::default();
        let lines = Cell::new(0);
        for _ in 0..10_000 {
            gate.run(|_| lines.set(lines.get() + 1));
        }
        assert!((1..=3).contains(&lines.get()), "{} lines", lines.get());
    }
}
