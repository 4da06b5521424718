//! When a simulated disk fails.

/// What goes wrong in one life of the process.
#[derive(Default, Clone, Copy)]
pub struct Plan {
    /// At this call the machine stops.
    pub crash_at: Option<u64>,
    /// This call fails with EIO.
    pub fail_at: Option<u64>,
    /// Whether reading calls count too. A start reads a lot, so that otherwise most lives would
    /// end before the first write.
    pub count_reads: bool,
    /// Calls that need space fail with ENOSPC, most of the time.
    pub full: bool,
}
