//! Refused attempts that this validator could not count in a frame of its own, because it owns no partition.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ledger::InvalidReason;

use super::words::Refused;

/// Counts that wait to be handed to an owner. They are few: one for each reason and ballot.
#[derive(Default)]
pub(super) struct Unsent(Mutex<BTreeMap<(Option<u16>, InvalidReason), u64>>);

impl Unsent {
    pub(super) fn add(&self, ballot: Option<u16>, reason: InvalidReason, count: u64) {
        let mut counts = self.counts();
        let waiting = counts.entry((ballot, reason)).or_default();
        *waiting = waiting.saturating_add(count);
    }

    pub(super) fn take(&self) -> Refused {
        std::mem::take(&mut *self.counts()).into_iter().collect()
    }

    fn counts(&self) -> MutexGuard<'_, BTreeMap<(Option<u16>, InvalidReason), u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
