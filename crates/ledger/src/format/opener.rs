//! Reading what a frame seals: each hand its half. Sums come of both, and no program holds both.

use election::Choice;

use crate::format::ballot_paper::{Paper, Papers};
use crate::format::body::SealedChoices;
use crate::format::chain::LinkHash;
use crate::format::contents::{self, RegionChoices};
use crate::format::hand::{Hand, HandSecretKey};
use crate::format::header::SegmentHeader;
use crate::format::mask::MaskKey;
use crate::format::ranking::{self, RankingContext};
use crate::format::seal::{ChoicesContext, CountKey};

/// Content keys of the last segment, so that the key agreement happens once a segment and ballot.
struct OpenedKeys<K> {
    secret: HandSecretKey,
    segment: Option<LinkHash>,
    keys: Vec<Option<K>>,
}

impl<K> OpenedKeys<K> {
    fn new(secret: &HandSecretKey) -> OpenedKeys<K> {
        OpenedKeys {
            secret: secret.duplicate(),
            segment: None,
            keys: Vec::new(),
        }
    }

    fn of(
        &mut self,
        header: &SegmentHeader,
        ballot: u16,
        open: fn(&HandSecretKey, &SegmentHeader, u16) -> Option<K>,
    ) -> Option<&K> {
        if self.segment != Some(header.link) {
            self.segment = Some(header.link);
            self.keys.clear();
            self.keys.resize_with(header.ballots.len(), || None);
        }
        let slot = self.keys.get_mut(usize::from(ballot))?;
        if slot.is_none() {
            *slot = open(&self.secret, header, ballot);
        }
        slot.as_ref()
    }
}

/// What the holder of the count key reads: masked counts, and rankings that stay closed.
pub struct CountOpener(OpenedKeys<CountKey>);

impl CountOpener {
    /// With the secret half of the count key.
    pub fn new(secret: &HandSecretKey) -> CountOpener {
        CountOpener(OpenedKeys::new(secret))
    }

    /// The choices of one ballot in the frame of that sequence, by region. `voters`: the regions of the
    /// frame's marks on this ballot, ascending, and how many voted there.
    ///
    /// # Errors
    /// The choices do not open, or are not what the papers of these voters ask for.
    pub fn choices(
        &mut self,
        header: &SegmentHeader,
        sequence: u64,
        sealed: &SealedChoices,
        (papers, voters): (&Papers, impl Iterator<Item = (u16, u64)>),
    ) -> Result<Vec<(u16, RegionChoices)>, OpenError> {
        let ballot = sealed.ballot;
        let at = ChoicesContext {
            partition: header.partition,
            segment: header.number,
            sequence,
            ballot,
        };
        let key = self.0.of(header, ballot, CountKey::open);
        let plain = key.and_then(|key| key.unseal(&sealed.sealed, &at));
        let plain = plain.ok_or(OpenError::Sealed {
            hand: Hand::Count,
            sequence,
            ballot,
        })?;
        let read = contents::read(papers, voters, &plain);
        read.ok_or(OpenError::Layout { sequence, ballot })
    }
}

/// What the holder of the mask key knows: the masks of counts, and rankings without their voters.
pub struct MaskOpener(OpenedKeys<MaskKey>);

impl MaskOpener {
    /// With the secret half of the mask key.
    pub fn new(secret: &HandSecretKey) -> MaskOpener {
        MaskOpener(OpenedKeys::new(secret))
    }

    /// The masks of the `cells` counts of one region on a ballot, in the frame of that sequence.
    ///
    /// # Errors
    /// The ballot's content key does not open.
    pub fn masks(
        &mut self,
        header: &SegmentHeader,
        sequence: u64,
        (ballot, region): (u16, u16),
        cells: usize,
    ) -> Result<zeroize::Zeroizing<Vec<u32>>, OpenError> {
        let key = self.content_key(header, sequence, ballot)?;
        Ok(key.masks(region, sequence, cells))
    }

    /// The mask of the witnesses of one region on a ranked ballot, in the frame of that sequence.
    ///
    /// # Errors
    /// The ballot's content key does not open.
    pub fn witness_mask(
        &mut self,
        header: &SegmentHeader,
        sequence: u64,
        (ballot, region): (u16, u16),
    ) -> Result<u128, OpenError> {
        let key = self.content_key(header, sequence, ballot)?;
        Ok(key.witness_mask(region, sequence))
    }

    fn content_key(
        &mut self,
        header: &SegmentHeader,
        sequence: u64,
        ballot: u16,
    ) -> Result<&MaskKey, OpenError> {
        let key = self.0.of(header, ballot, MaskKey::open);
        key.ok_or(OpenError::Sealed {
            hand: Hand::Mask,
            sequence,
            ballot,
        })
    }

    /// The ranking in a record of a voter of this ballot and region, and its witness; none where it was
    /// sealed to another key, comes from elsewhere, or ranks nobody on the paper.
    pub fn ranking(
        &self,
        manifest_sha256: &[u8; 32],
        (ballot, region): (u16, u16),
        paper: &Paper,
        record: &[u8],
    ) -> Option<(Choice, u128)> {
        let Paper::Ranked { candidates, .. } = paper else {
            return None;
        };
        let context = RankingContext {
            manifest_sha256,
            ballot,
            region,
        };
        let (places, witness) = ranking::open(&self.0.secret, context, record)?;
        let ranking = places.iter().map(|place| {
            let at = usize::from(*place).checked_sub(1)?;
            candidates.get(at).copied()
        });
        let ranking = ranking.collect::<Option<Vec<u32>>>()?;
        Some((Choice::Ranking(ranking), witness))
    }
}

/// Why one hand cannot read a frame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant names its fields")]
#[non_exhaustive]
pub enum OpenError {
    /// A content key or the choices stay closed.
    #[error(
        "frame {sequence}, ballot {ballot}: what is sealed to the {hand} key does not open: this is not the {hand} key of this event, or it was moved here from another frame"
    )]
    Sealed {
        hand: Hand,
        sequence: u64,
        /// Index of the ballot.
        ballot: u16,
    },
    /// Another length than the marks ask for.
    #[error(
        "frame {sequence}, ballot {ballot}: the opened choices are not what the ballot papers of its voters ask for: check that ledger and package belong together"
    )]
    Layout {
        sequence: u64,
        /// Index of the ballot.
        ballot: u16,
    },
}
