//! Opening the choices of frames with the box key: the tally's side of sealing.

use election::Choice;

use crate::format::body::{BodyError, SealedChoices};
use crate::format::cbor::CborError;
use crate::format::chain::LinkHash;
use crate::format::choice_code::decode_counts;
use crate::format::frame::Frame;
use crate::format::header::SegmentHeader;
use crate::format::keys::BoxSecretKey;
use crate::format::seal::{ChoicesContext, ContentKey};

/// The opened choices of one ballot in one frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BallotChoices {
    /// Index of the ballot.
    pub ballot: u16,
    /// (region, choice, votes), ascending by region; region 0 = none. Votes are above 0.
    pub counts: Vec<(u16, Choice, u64)>,
}

/// Opens sealed choices with the box key. Content keys of the last segment are kept, so that the
/// key agreement happens once a segment and ballot.
pub struct Opener {
    secret: BoxSecretKey,
    segment: Option<LinkHash>,
    keys: Vec<Option<ContentKey>>,
}

impl Opener {
    /// With the box key of the event.
    pub fn new(secret: &BoxSecretKey) -> Opener {
        Opener {
            secret: secret.duplicate(),
            segment: None,
            keys: Vec::new(),
        }
    }

    /// The choices of `frame`, which stands in the segment of `header`; ascending by ballot.
    ///
    /// # Errors
    /// The body is malformed, a box does not open (another key, or the frame of another segment),
    /// or a ballot holds another number of choices than of marks.
    pub fn choices(
        &mut self,
        header: &SegmentHeader,
        frame: &Frame,
    ) -> Result<Vec<BallotChoices>, OpenError> {
        let body = frame.body()?;
        body.choices
            .iter()
            .map(|sealed| self.open(header, frame, sealed))
            .collect()
    }

    fn open(
        &mut self,
        header: &SegmentHeader,
        frame: &Frame,
        sealed: &SealedChoices,
    ) -> Result<BallotChoices, OpenError> {
        let (sequence, ballot) = (frame.header.sequence, sealed.ballot);
        let closed = || OpenError::Sealed { sequence, ballot };
        let at = ChoicesContext {
            partition: header.partition,
            segment: header.number,
            sequence,
            ballot,
        };
        let key = self.key(header, ballot).ok_or_else(closed)?;
        let plain = key.unseal(&sealed.sealed, &at).ok_or_else(closed)?;
        let counts = decode_counts(&plain).map_err(|source| OpenError::Plaintext {
            sequence,
            ballot,
            source,
        })?;
        let got: u128 = counts.iter().map(|(_, _, count)| u128::from(*count)).sum();
        if got != u128::from(sealed.count) {
            return Err(OpenError::Count {
                sequence,
                ballot,
                expected: sealed.count,
                got,
            });
        }
        Ok(BallotChoices { ballot, counts })
    }

    fn key(&mut self, header: &SegmentHeader, ballot: u16) -> Option<&ContentKey> {
        if self.segment != Some(header.link) {
            self.segment = Some(header.link);
            self.keys.clear();
            self.keys.resize_with(header.ballots.len(), || None);
        }
        let slot = self.keys.get_mut(usize::from(ballot))?;
        if slot.is_none() {
            *slot = ContentKey::open(&self.secret, header, ballot);
        }
        slot.as_ref()
    }
}

/// Why sealed choices could not be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant names its fields")]
#[non_exhaustive]
pub enum OpenError {
    /// The body is malformed.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The box stays closed.
    #[error(
        "frame {sequence}, ballot {ballot}: the choices do not open: this is not the box key of this event, or they were moved here from another frame"
    )]
    Sealed {
        sequence: u64,
        /// Index of the ballot.
        ballot: u16,
    },
    /// The box opened, on something else than counts.
    #[error("frame {sequence}, ballot {ballot}: opened choices, {source}")]
    Plaintext {
        sequence: u64,
        /// Index of the ballot.
        ballot: u16,
        source: CborError,
    },
    /// As many choices as marks.
    #[error(
        "frame {sequence}, ballot {ballot}: {got} choices inside, expected {expected} as there are marks"
    )]
    Count {
        sequence: u64,
        /// Index of the ballot.
        ballot: u16,
        /// Number of marks of the ballot in the frame.
        expected: u64,
        got: u128,
    },
}
