//! `tally verify`: whether the ledger holds its last frames, as far as anything or anybody knows them.

use std::collections::BTreeMap;

use anyhow::{bail, ensure};
use ledger::ReadEnd;

use crate::known_frame::KnownFrame;
use crate::reading::Fact;

/// Frames that a person named, and which of them the ledger holds.
pub(crate) struct Named<'a> {
    frames: &'a [KnownFrame],
    /// In the order of `frames`; none where the ledger has no frame of that number.
    held: Vec<Option<bool>>,
}

impl<'a> Named<'a> {
    pub(crate) fn new(frames: &'a [KnownFrame]) -> Named<'a> {
        Named {
            frames,
            held: vec![None; frames.len()],
        }
    }

    /// Looks at everything that is read.
    pub(crate) fn see(&mut self, fact: &Fact) {
        let Fact::Frame(frame) = fact else {
            return;
        };
        for (known, held) in self.frames.iter().zip(&mut self.held) {
            *held = held.or(known.compare(frame));
        }
    }

    /// What is known of the end of each partition, one line each, and the last line of the report:
    /// plain "verified" only where every end is known.
    ///
    /// # Errors
    /// A named frame that the ledger does not hold; a partition of whose end nothing is known.
    pub(crate) fn judge(&self, ends: &BTreeMap<u16, ReadEnd>) -> anyhow::Result<Ends> {
        for (known, held) in self.frames.iter().zip(&self.held) {
            ensure!(
                *held == Some(true),
                "the ledger does not hold frame {known}: {}; it is an older copy or another ledger, keep it as evidence",
                match held {
                    Some(_) => "its frame of that number has another hash",
                    None => "it ends before",
                }
            );
        }
        let mut lines = Vec::new();
        let mut least = Vec::new();
        for (partition, end) in ends {
            let of_partition = self.frames.iter().filter(|f| f.partition == *partition);
            let named = of_partition.map(|frame| frame.sequence).max();
            match (end.acknowledged, named) {
                (Some(acknowledged), _) => lines.push(format!(
                    "partition {partition}: voters were answered up to frame {acknowledged}, which is there"
                )),
                (None, Some(named)) => {
                    lines.push(format!(
                        "partition {partition}: frame {named} is there; whether frames are missing behind frame {} cannot be told",
                        end.last.sequence
                    ));
                    least.push(format!("to frame {named} of partition {partition} at least"));
                }
                (None, None) => bail!(
                    "not verified: whether frames are missing behind frame {} of partition {partition} cannot be told, because there is no sound p{partition:04}/acknowledged beside its segments; copy it from the validator's data directory, or name a frame that you know with --at-least SEQUENCE:HASH",
                    end.last.sequence
                ),
            }
        }
        let verdict = match least.as_slice() {
            [] => "verified".to_owned(),
            least => format!("verified {}", least.join(", ")),
        };
        Ok(Ends {
            lines,
            whole: least.is_empty(),
            verdict,
        })
    }
}

/// What is known of the ends of a ledger.
pub(crate) struct Ends {
    pub(crate) lines: Vec<String>,
    /// Whether every frame is there that voters were answered for.
    pub(crate) whole: bool,
    pub(crate) verdict: String,
}
