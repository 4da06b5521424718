//! How a partition runs, and whom it tells of what an operator must know.

use std::io::Write;
use std::time::Duration;

use crate::commit::clock_state::ClockState;
use crate::error::LedgerError;
use crate::format::entropy::{Entropy, SystemEntropy};

/// What happens when the ledger must not go on. The process has to end: nothing that was queued
/// is answered, and the next start recovers.
pub type OnFatal = Box<dyn FnOnce(&LedgerError) + Send>;

/// Told once when the disk is full, with the file that found no room: votes are refused, or will be
/// when the open segment is full. Told `None` when there is room again; nobody has to restart anything.
pub type OnFull = Box<dyn FnMut(Option<&LedgerError>) + Send>;

/// Told when the system's clock and the ledger's time begin or cease to be apart, with by how many
/// milliseconds the system's clock is ahead.
pub type OnClock = Box<dyn FnMut(ClockState, i64) + Send>;

/// How a partition runs. The defaults are right for one machine.
pub struct Options {
    /// Which partition of the event; 0 where there is one.
    pub partition: u16,
    /// Submissions that may wait; one more is refused.
    pub queue_submissions_max: usize,
    /// Size at which a segment is closed and the next one begun, in bytes.
    pub segment_bytes: u64,
    /// How long votes wait for company, at most: the time between the beginnings of two frames. A
    /// frame costs system calls, interrupts and changes of thread whatever it holds; where the disk
    /// is faster than this, votes that arrive meanwhile share one. The next frame starts earlier
    /// when as many votes wait as the largest of the last frames answered: clients that wait for
    /// their answers are all back then, and nobody else is on the way. A vote that comes after a
    /// pause does not wait.
    pub frame_interval: Duration,
    /// Votes between two snapshots of the voted bitsets.
    pub snapshot_votes: u64,
    /// Where content keys and trackers come from.
    pub entropy: Box<dyn Entropy>,
    /// Called once, on the commit thread; the default prints the error and aborts the process.
    pub on_fatal: OnFatal,
    /// Called on the commit thread; the default prints.
    pub on_full: OnFull,
    /// Called on the commit thread; the default prints.
    pub on_clock: OnClock,
    /// A person has decided to go on behind this frame, the last one, although voted bitsets name
    /// later ones: what came after is given up.
    pub accept_rollback: Option<u64>,
    /// A person has decided to go on behind this frame, the last one, although it lies in the
    /// future: time stands still until the clock has passed it.
    pub accept_clock_behind: Option<u64>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            partition: 0,
            queue_submissions_max: 16_384,
            segment_bytes: 64 << 20,
            frame_interval: Duration::from_micros(500),
            snapshot_votes: 1_000_000,
            entropy: Box::new(SystemEntropy),
            on_fatal: Box::new(abort),
            on_full: Box::new(print_full),
            on_clock: Box::new(print_clock),
            accept_rollback: None,
            accept_clock_behind: None,
        }
    }
}

/// Ends the process without running destructors: whatever they would write must not be written.
fn abort(error: &LedgerError) {
    remark(&format!(
        "fatal: {error}; stopping at once, start again to recover the ledger"
    ));
    std::process::abort();
}

fn print_full(full: Option<&LedgerError>) {
    match full {
        Some(error) => remark(&format!(
            "the disk is full: {error}; free space, no restart is needed"
        )),
        None => remark("there is room on the disk again"),
    }
}

/// A line on standard error. Where that is broken, nobody is left to tell.
fn remark(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

fn print_clock(state: ClockState, system_ahead_ms: i64) {
    remark(&format!(
        "the system's clock is {system_ahead_ms} ms ahead of the ledger's time: {state:?}"
    ));
}
