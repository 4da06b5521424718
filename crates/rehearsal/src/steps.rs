//! The lines that people watch while a rehearsal runs: one for each step, with the time it took.

use std::time::Instant;

/// Prints steps on standard error; standard output belongs to the results.
#[derive(Debug)]
pub struct Steps {
    start: Instant,
    step: Instant,
}

impl Default for Steps {
    fn default() -> Steps {
        Steps::new()
    }
}

impl Steps {
    /// Starts the clock of the first step.
    #[must_use]
    pub fn new() -> Steps {
        let now = Instant::now();
        Steps {
            start: now,
            step: now,
        }
    }

    /// Tells that a step is done. Its time counts from the end of the step before.
    pub fn done(&mut self, what: &str) {
        let now = Instant::now();
        let took = now.duration_since(self.step).as_secs_f64();
        let at = now.duration_since(self.start).as_secs_f64();
        commandline::note!("[{at:6.1} s] {what} ({took:.1} s)");
        self.step = now;
    }

    /// Tells of something that happened within a step.
    pub fn note(&self, what: &str) {
        commandline::note!("[{:6.1} s] {what}", self.start.elapsed().as_secs_f64());
    }

    /// Seconds since the rehearsal began.
    #[must_use]
    pub fn elapsed_s(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }
}
