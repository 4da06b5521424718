//! stub
use crate::frame::Cursor;
use std::path::PathBuf;
/// What a start found and did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecoveryReport {
    /// Segments found.
    pub segments: u64,
    /// Frames found.
    pub frames: u64,
    /// Number of this start.
    pub epoch: u32,
    /// The last frame.
    pub last: Cursor,
    /// What was cut from the end of the ledger.
    pub torn_tail: Option<TornTail>,
    /// Bitsets taken from snapshots; the others were replayed from nothing.
    pub snapshots_used: u64,
    /// Snapshots that could not be used, and why.
    pub snapshots_refused: Vec<String>,
    /// Frames replayed into the bitsets.
    pub replayed: u64,
}

/// The end of the last segment, cut because a crash tore the write of a frame nobody was told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TornTail {
    /// The segment.
    pub path: PathBuf,
    /// Where the valid frames end.
    pub offset: u64,
    /// Bytes cut, up to the last that was not zero.
    pub bytes: u64,
}
