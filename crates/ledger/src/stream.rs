//! The bytes of a ledger as a stream that follows its tail: what the validator sends to a tally.

use crate::error::LedgerError;
use durable::Storage;
use std::path::Path;
use std::sync::Arc;

/// Reads a partition's directory as one stream: the header of the segment that holds the next
/// frame, then whole frames and headers, never beyond the last acknowledged frame.
pub struct SegmentStream {
    _storage: Arc<dyn Storage>,
}

impl SegmentStream {
    /// Behind frame `after`; 0 = from the start.
    ///
    /// # Errors
    /// stub
    pub fn open(
        storage: Arc<dyn Storage>,
        _partition_dir: &Path,
        _after: u64,
    ) -> Result<SegmentStream, LedgerError> {
        Ok(SegmentStream { _storage: storage })
    }

    /// Up to about `bytes_max` further bytes, whole items; empty where there is nothing new yet:
    /// ask again when [`crate::PartitionState::last_sequence`] has moved, or after a while.
    ///
    /// # Errors
    /// A segment cannot be read or is damaged.
    pub fn next_bytes(&mut self, _bytes_max: usize) -> Result<Vec<u8>, LedgerError> {
        Ok(Vec::new())
    }
}
