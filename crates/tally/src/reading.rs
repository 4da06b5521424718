//! What the fold takes, in order: frames as they stand in the ledger, and the votes that are released.

use std::sync::Arc;

use ledger::Item;

use crate::opened::{FrameReading, OpenedFrame};
use crate::package_roll::PackageRoll;
use crate::release::mask_hand::Unmasking;
use crate::release::{MaskHand, ReleasedVotes};

/// What a ledger tells, one after the other.
#[derive(Clone)]
pub(crate) enum Fact {
    /// The next frame of its partition.
    Frame(OpenedFrame),
    /// Votes of frames before, which may be seen from now on.
    Released(ReleasedVotes),
}

/// Turns the verified items of one partition into facts.
pub(crate) struct Reading {
    frames: FrameReading,
    /// None without the mask key: choices then stay sealed.
    unmasking: Option<Unmasking>,
}

impl Reading {
    /// From the start of a partition.
    pub(crate) fn new(
        package: &Arc<PackageRoll>,
        partition: u16,
        hand: Option<&MaskHand>,
    ) -> Reading {
        Reading {
            frames: FrameReading::new(package),
            unmasking: hand.map(|hand| Unmasking::new(package, partition, hand)),
        }
    }

    /// What `item` tells, and what the count hand has released by now; nothing where it begins a segment.
    ///
    /// # Errors
    /// As [`FrameReading::take`]; a release that does not fit the ledger or the mask key.
    pub(crate) fn take(&mut self, item: &Item) -> anyhow::Result<Vec<Fact>> {
        let Some((header, frame)) = self.frames.take(item)? else {
            return Ok(Vec::new());
        };
        if let Some(unmasking) = &mut self.unmasking {
            unmasking.take(header, &frame)?;
        }
        let mut facts = vec![Fact::Frame(frame)];
        facts.extend(self.released()?);
        Ok(facts)
    }

    /// What the count hand has released since the last call.
    ///
    /// # Errors
    /// A release that does not fit the ledger or the mask key.
    pub(crate) fn released(&mut self) -> anyhow::Result<Vec<Fact>> {
        let mut facts = Vec::new();
        if let Some(unmasking) = &mut self.unmasking {
            while let Some(released) = unmasking.next_release()? {
                facts.push(Fact::Released(released));
            }
        }
        Ok(facts)
    }

    /// Whether everything was released that the frames so far ask for, and nothing else.
    ///
    /// # Errors
    /// Releases are missing, or of frames that the ledger does not have.
    pub(crate) fn check_end(&mut self) -> anyhow::Result<()> {
        match &mut self.unmasking {
            Some(unmasking) => unmasking.check_end(),
            None => Ok(()),
        }
    }

    /// Whether the count hand has begun, where the frames so far ask for a release.
    ///
    /// # Errors
    /// Its file is not there.
    pub(crate) fn check_file(&mut self) -> anyhow::Result<()> {
        match &mut self.unmasking {
            Some(unmasking) => unmasking.check_file(),
            None => Ok(()),
        }
    }
}
