//! A frame as the tally folds it: verified, decoded, and opened where the box key is at hand.

use election::Choice;
use ledger::{BallotChoices, Body, BoxSecretKey, Cursor, Frame, OpenError, Opener, SegmentHeader};

use crate::fold_error::FramePosition;

/// One frame with everything that the fold and the database need.
#[derive(Clone)]
pub(crate) struct OpenedFrame {
    pub(crate) partition: u16,
    /// Sequence of the frame and its link hash.
    pub(crate) at: Cursor,
    /// Commit time, ms UTC.
    pub(crate) time_ms: i64,
    pub(crate) body: Body,
    /// Ascending by ballot; none where the box key is not at hand.
    choices: Option<Vec<BallotChoices>>,
}

impl OpenedFrame {
    /// (region, choice, votes) of a ballot in this frame; none without the box key.
    pub(crate) fn choices_of(&self, ballot: u16) -> Option<&[(u16, Choice, u64)]> {
        let choices = self.choices.as_ref()?;
        let found = choices.iter().find(|choices| choices.ballot == ballot);
        Some(found.map_or(&[], |choices| choices.counts.as_slice()))
    }

    /// Where this frame stands, for errors.
    pub(crate) fn position(&self) -> FramePosition {
        FramePosition {
            partition: self.partition,
            sequence: self.at.sequence,
        }
    }

    /// Votes of all ballots.
    pub(crate) fn votes(&self) -> u64 {
        self.body.votes()
    }
}

/// Turns verified frames into [`OpenedFrame`]s.
pub(crate) struct FrameOpener {
    opener: Option<Opener>,
}

impl FrameOpener {
    /// With the box key, or without: choices then stay sealed.
    pub(crate) fn new(key: Option<&BoxSecretKey>) -> FrameOpener {
        FrameOpener {
            opener: key.map(Opener::new),
        }
    }

    /// Decodes and opens `frame`, which stands in the segment of `header`.
    ///
    /// # Errors
    /// A body that does not decode, choices that do not open or do not match their marks.
    pub(crate) fn open(
        &mut self,
        header: &SegmentHeader,
        frame: &Frame,
    ) -> Result<OpenedFrame, OpenError> {
        let choices = match &mut self.opener {
            Some(opener) => Some(opener.choices(header, frame)?),
            None => None,
        };
        Ok(OpenedFrame {
            partition: header.partition,
            at: Cursor {
                sequence: frame.header.sequence,
                link: frame.link,
            },
            time_ms: frame.header.time_ms,
            body: frame.body()?,
            choices,
        })
    }
}

#[cfg(test)]
impl OpenedFrame {
    /// A frame as a test writes it down.
    pub(crate) fn for_test(
        sequence: u64,
        time_ms: i64,
        body: Body,
        choices: Option<Vec<BallotChoices>>,
    ) -> OpenedFrame {
        let mut link = ledger::LinkHash::default();
        link.0[..8].copy_from_slice(&sequence.to_le_bytes());
        OpenedFrame {
            partition: 0,
            at: Cursor { sequence, link },
            time_ms,
            body,
            choices,
        }
    }
}
