//! The fold of a ledger: everything that is derived from its frames, computed from nothing else.

use std::collections::BTreeMap;

use crate::decide::voted::Voted;
use crate::format::body::InvalidReason;
use crate::format::chain::Cursor;
use crate::format::defect::Defect;
use crate::format::frame::Frame;
use crate::format::shape::Shape;

/// Voted bitsets and totals of the frames applied so far, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fold {
    /// The credentials that voted.
    pub voted: Voted,
    /// Refused attempts by reason and ballot.
    pub invalid: BTreeMap<(InvalidReason, Option<u16>), u64>,
    /// Further submissions of credentials that had voted.
    pub duplicates: u64,
    /// Votes of all ballots.
    pub votes: u64,
    /// The last frame applied.
    pub cursor: Cursor,
}

impl Fold {
    /// The totals of a partition before the first frame.
    pub fn new(shape: &Shape, partition: u16) -> Fold {
        Fold {
            voted: Voted::new(shape, partition),
            invalid: BTreeMap::new(),
            duplicates: 0,
            votes: 0,
            cursor: Cursor::default(),
        }
    }

    /// Adds the next frame.
    ///
    /// # Errors
    /// Not the next sequence, a malformed body, or marks that cannot be. A fold that returned an
    /// error is half-applied: drop it.
    pub fn apply(&mut self, frame: &Frame) -> Result<(), Defect> {
        let (expected, got) = (self.cursor.sequence + 1, frame.header.sequence);
        if expected != got {
            return Err(Defect::Sequence { expected, got });
        }
        let body = frame.body()?;
        self.voted.apply(got, &body)?;
        self.votes += body.votes();
        for attempt in &body.attempts.duplicates {
            self.duplicates += u64::from(attempt.count);
        }
        for attempt in &body.attempts.invalid {
            let total = self
                .invalid
                .entry((attempt.reason, attempt.ballot))
                .or_default();
            // A count for review: a ledger's bytes may say any number.
            *total = total.saturating_add(attempt.count);
        }
        self.cursor = frame.cursor();
        Ok(())
    }
}
