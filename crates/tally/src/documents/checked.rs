//! Who has checked a ledger: the checkpoints that its frames were held against, and the witnesses.

use election::{EventLog, instant_text};
use serde::Serialize;

use crate::covered::{CheckedBy, Covered};

/// The witnesses of an event, and until when each has seen the ledger only grow.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CheckedByDocument {
    /// How many of them must have cosigned before a vote is counted.
    required: u32,
    witnesses: Vec<CheckedWitnessDocument>,
}

/// One of the witnesses.
#[derive(Debug, Clone, Serialize)]
struct CheckedWitnessDocument {
    name: String,
    url: String,
    /// Null where it has not cosigned the newest checkpoint of every partition.
    cosigned_at: Option<String>,
}

/// A ledger's log, as far as it was counted.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct LogDocument {
    /// How many witnesses must have cosigned each checkpoint.
    pub(crate) required: u32,
    /// One for each partition.
    pub(crate) checkpoints: Vec<CheckpointDocument>,
}

/// The checkpoint that the frames of a partition were held against.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CheckpointDocument {
    pub(crate) partition: u16,
    pub(crate) origin: String,
    /// Frames that it covers.
    pub(crate) size: u64,
    /// Base 64, as in the checkpoint.
    pub(crate) root: String,
    pub(crate) cosigned_by: Vec<CosignedDocument>,
}

/// A witness that cosigned a checkpoint.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CosignedDocument {
    pub(crate) name: String,
    pub(crate) cosigned_at: String,
}

impl CheckedByDocument {
    pub(crate) fn of(checked: &CheckedBy) -> CheckedByDocument {
        let witnesses = checked.witnesses.iter();
        let witnesses = witnesses.map(|witness| CheckedWitnessDocument {
            name: witness.name.clone(),
            url: witness.url.clone(),
            cosigned_at: witness.cosigned_s.map(time_text),
        });
        CheckedByDocument {
            required: checked.required,
            witnesses: witnesses.collect(),
        }
    }
}

impl LogDocument {
    /// None where the event names no log.
    pub(crate) fn of(log: Option<&EventLog>, covered: &[Covered]) -> Option<LogDocument> {
        Some(LogDocument {
            required: log?.required,
            checkpoints: covered.iter().map(CheckpointDocument::of).collect(),
        })
    }
}

impl CheckpointDocument {
    fn of(covered: &Covered) -> CheckpointDocument {
        let cosigned = covered.cosigned.iter();
        let cosigned = cosigned.map(|by| CosignedDocument {
            name: by.witness.clone(),
            cosigned_at: time_text(by.time_s),
        });
        CheckpointDocument {
            partition: covered.partition,
            origin: covered.checkpoint.origin.to_string(),
            size: covered.checkpoint.size,
            root: covered.checkpoint.root.to_string(),
            cosigned_by: cosigned.collect(),
        }
    }
}

/// A witness's time; one that no calendar has is shown as the last that it has.
fn time_text(time_s: u64) -> String {
    let time_ms = i64::try_from(time_s)
        .unwrap_or(i64::MAX)
        .saturating_mul(1_000);
    instant_text(time_ms)
}
