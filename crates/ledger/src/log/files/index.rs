//! A sparse index of the frames, so that a receipt is found without reading a segment from its start.

use std::sync::{Mutex, PoisonError};

/// Where a frame starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FrameStart {
    pub(crate) sequence: u64,
    pub(crate) segment: u32,
    pub(crate) offset: u64,
}

/// Bytes between two entries: a look-up reads no more than about twice this.
const STRIDE_BYTES: u64 = 256 << 10;

/// Every 256 KiB one frame; a ledger of 8 million votes takes about a thousand entries.
#[derive(Debug, Default)]
pub(crate) struct FrameIndex {
    entries: Mutex<Vec<FrameStart>>,
}

impl FrameIndex {
    /// Tells of a frame; sequences ascend.
    pub(crate) fn add(&self, start: FrameStart) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let near = entries.last().is_some_and(|last| {
            last.segment == start.segment && start.offset < last.offset + STRIDE_BYTES
        });
        if !near {
            entries.push(start);
        }
    }

    /// The last known frame start at or before `sequence`.
    pub(crate) fn locate(&self, sequence: u64) -> Option<FrameStart> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let behind = entries.partition_point(|entry| entry.sequence <= sequence);
        entries.get(behind.checked_sub(1)?).copied()
    }
}
