//! What a start tells of what it found.

use std::path::PathBuf;

use crate::format::chain::Cursor;
use crate::log::{Recovery, TornTail};
use crate::replay::restore::Rebuilt;

/// What a start found and did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecoveryReport {
    /// How many segments were found.
    pub segments: u64,
    /// Frames found, each verified.
    pub frames: u64,
    /// Epoch of this owner: in a ledger of files the number of this start, from 1.
    pub epoch: u32,
    /// The last frame that is left, and its hash.
    pub last: Cursor,
    /// What was cut from the end of the ledger.
    pub torn_tail: Option<TornTail>,
    /// Whether the sidecar was damaged while the ledger was whole; it was rewritten.
    pub sidecar_damaged: bool,
    /// Bitsets taken from snapshots; the others were replayed from nothing.
    pub snapshots_used: u64,
    /// Snapshots that could not be used, and why.
    pub snapshots_refused: Vec<String>,
    /// Frames replayed into bitsets.
    pub replayed: u64,
    /// What was cut off or not used, under the names under which it is kept.
    pub kept: Vec<PathBuf>,
    /// Ballots whose windows have ended since the last frame, by the clock at this start. Nothing is
    /// written of that for a quarter of an hour.
    pub closes_held: Vec<u16>,
}

impl RecoveryReport {
    /// Of a chain that was recovered and bitsets that were rebuilt.
    pub(crate) fn of(recovery: &Recovery, rebuilt: &Rebuilt) -> RecoveryReport {
        RecoveryReport {
            segments: recovery.position.segment.into(),
            frames: recovery.position.cursor.sequence,
            epoch: recovery.epoch,
            last: recovery.position.cursor,
            torn_tail: recovery.torn_tail.clone(),
            sidecar_damaged: recovery.sidecar_damaged,
            snapshots_used: rebuilt.snapshots_used,
            snapshots_refused: rebuilt.snapshots_refused.clone(),
            replayed: rebuilt.replayed,
            kept: recovery.kept.iter().cloned().collect(),
            closes_held: Vec::new(),
        }
    }
}
