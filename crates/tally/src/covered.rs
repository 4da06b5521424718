//! How far log and witnesses have signed a ledger, and who has checked it when.

use election::EventLog;
use transparency::{Checkpoint, Cosigned};

/// The newest checkpoint that the frames of a partition were held against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Covered {
    pub(crate) partition: u16,
    pub(crate) checkpoint: Checkpoint,
    /// Witnesses of the event that cosigned it, in the event's order.
    pub(crate) cosigned: Vec<Cosigned>,
    /// Frames that were read behind it, and are not counted.
    pub(crate) uncovered: u64,
}

/// Who has checked that the ledger only grows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CheckedBy {
    /// How many witnesses must have cosigned before a frame is counted.
    pub(crate) required: u32,
    /// All witnesses of the event, in its order.
    pub(crate) witnesses: Vec<CheckedWitness>,
}

/// One witness, and until when it has seen no other history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CheckedWitness {
    pub(crate) name: String,
    /// Where it takes checkpoints.
    pub(crate) url: String,
    /// When it last cosigned, in seconds since 1970: of several partitions the one it cosigned longest ago. None
    /// where it has not cosigned the newest checkpoint of each.
    pub(crate) cosigned_s: Option<u64>,
}

impl Covered {
    /// The frames behind the checkpoint in words; none where there are none.
    pub(crate) fn uncovered_in_words(&self) -> Option<String> {
        let Covered {
            partition,
            uncovered,
            checkpoint,
            ..
        } = self;
        let (are, they) = match uncovered {
            0 => return None,
            1 => ("is", "it is"),
            _ => ("are", "they are"),
        };
        Some(format!(
            "{} at the end of partition {partition} {are} covered by no checkpoint and {they} not counted: \
             the newest one covers {}; copy the ledger again once witnesses have cosigned the next one",
            commandline::count(*uncovered, "frame"),
            commandline::count(checkpoint.size, "frame"),
        ))
    }
}

impl CheckedBy {
    /// What the newest checkpoints of an event's ledger say, which has so many partitions.
    pub(crate) fn of(log: &EventLog, covered: &[Covered], partitions: usize) -> CheckedBy {
        let cosigned_s = |name: &str| {
            let times = covered.iter().filter_map(|covered| {
                let mut cosigned = covered.cosigned.iter();
                cosigned.find(|by| by.witness == name).map(|by| by.time_s)
            });
            let times: Vec<u64> = times.collect();
            let everywhere = times.len() == partitions;
            times.into_iter().min().filter(|_| everywhere)
        };
        let witnesses = log.witnesses.iter().map(|witness| CheckedWitness {
            name: witness.name.clone(),
            url: witness.url.clone(),
            cosigned_s: cosigned_s(&witness.name),
        });
        CheckedBy {
            required: log.required,
            witnesses: witnesses.collect(),
        }
    }
}
