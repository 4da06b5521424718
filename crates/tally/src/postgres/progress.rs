//! What the writer tells health and metrics.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What the writer has done so far, for health and metrics.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress {
    /// Last sequence in the database, by partition.
    pub(crate) heads: BTreeMap<u16, u64>,
    /// Votes written by this process.
    pub(crate) votes: u64,
    /// Transactions of groups committed by this process.
    pub(crate) transactions: u64,
    /// Why nothing is written at the moment.
    pub(crate) trouble: Option<String>,
}

/// Nobody panics while holding it; its numbers stay true if somebody did.
pub(super) fn lock(progress: &Mutex<Progress>) -> MutexGuard<'_, Progress> {
    progress.lock().unwrap_or_else(PoisonError::into_inner)
}
