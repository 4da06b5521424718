//! What the count hand owes: releases that the frames have made due and that have not come. For operators; nothing is
//! counted by it.

use std::collections::{BTreeMap, VecDeque};

use election::Event;

use crate::reading::Fact;
use crate::release::ReleasePlan;

/// The releases of every partition, planned beside those that came.
#[derive(Default)]
pub(crate) struct Awaited(BTreeMap<u16, OfPartition>);

struct OfPartition {
    plan: ReleasePlan,
    /// Commit times of the frames that made them due, ms UTC, in the order in which the releases come.
    due: VecDeque<i64>,
    last_sequence: u64,
}

/// How far the releases of one partition are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) partition: u16,
    /// The last frame whose votes a release showed; 0 before the first.
    pub(crate) last_sequence: u64,
    /// How many are due.
    pub(crate) due: usize,
    /// Commit time of the frame that made the oldest of them due, ms UTC; none where none is due.
    pub(crate) since_ms: Option<i64>,
}

impl Awaited {
    /// Takes what the ledger or the count hand tells next.
    pub(crate) fn see(&mut self, event: &Event, fact: &Fact) {
        match fact {
            Fact::Frame(frame) => {
                let partition = frame.partition;
                let of = self.0.entry(partition).or_insert_with(|| OfPartition {
                    plan: ReleasePlan::new(event, partition),
                    due: VecDeque::new(),
                    last_sequence: 0,
                });
                let planned = of.plan.step(event, frame);
                of.due.extend(planned.iter().map(|_| frame.time_ms));
            }
            Fact::Released(released) => {
                // A release comes behind the frames that it covers.
                if let Some(of) = self.0.get_mut(&released.unit.partition) {
                    of.due.pop_front();
                    of.last_sequence = of.last_sequence.max(released.at.sequence);
                }
            }
        }
    }

    /// How far each partition is that has a frame.
    pub(crate) fn progress(&self) -> impl Iterator<Item = Progress> {
        self.0.iter().map(|(partition, of)| Progress {
            partition: *partition,
            last_sequence: of.last_sequence,
            due: of.due.len(),
            since_ms: of.due.front().copied(),
        })
    }
}
