//! Builds the links of a partition's chain: segment headers with fresh content keys, and frames
//! sealed under them. It knows where the chain stands and does no input or output.

use std::sync::Arc;

use crate::decide::draft::Draft;
use crate::error::LedgerError;
use crate::format::body::Tracker;
use crate::format::chain::{Cursor, LinkHash};
use crate::format::entropy::Entropy;
use crate::format::frame;
use crate::format::header::{SegmentBallot, SegmentHeader, header_length};
use crate::format::limits::FRAME_BYTES_MAX;
use crate::format::link::{EncodedLink, LinkKind};
use crate::format::seal::{ChoicesContext, ContentKeys, Recipients, SegmentContext};
use crate::format::shape::Shape;
use crate::log::{Position, Recovery};

/// What a segment takes beside its header, whatever size was asked for.
const FRAMES_BYTES_MIN: u64 = 4096;

/// Writes the chain of one partition, link by link.
pub(crate) struct ChainWriter {
    shape: Arc<Shape>,
    recipients: Recipients,
    partition: u16,
    epoch: u32,
    /// Size at which a segment is closed.
    segment_bytes: u64,
    /// Where the chain stands: behind the last link that was appended.
    position: Position,
    /// The segment under whose keys frames are sealed; none before the first header, and none after
    /// a frame that was sealed and not appended.
    segment: Option<Segment>,
}

/// A segment and its content keys, which are wiped when it is dropped.
pub(crate) struct Segment {
    number: u32,
    /// Bytes of its links so far.
    bytes: u64,
    keys: Vec<ContentKeys>,
}

/// The size at which segments of this shape are closed: as asked for, with room for the header and
/// something behind it.
pub(crate) fn segment_bytes(shape: &Shape, asked: u64) -> u64 {
    asked.max(header_length(shape.ballots.len()) as u64 + FRAMES_BYTES_MIN)
}

impl ChainWriter {
    /// Continues the chain that `recovery` found.
    pub(crate) fn new(
        shape: Arc<Shape>,
        partition: u16,
        segment_bytes: u64,
        recovery: &Recovery,
    ) -> Result<ChainWriter, LedgerError> {
        let recipients =
            Recipients::new(&shape.keys).map_err(|source| LedgerError::Keys { source })?;
        Ok(ChainWriter {
            shape,
            recipients,
            partition,
            epoch: recovery.epoch,
            segment_bytes,
            position: recovery.position,
            segment: None,
        })
    }

    /// Behind the last link that was appended.
    pub(crate) fn position(&self) -> Position {
        self.position
    }

    pub(crate) fn epoch(&self) -> u32 {
        self.epoch
    }

    /// The header of a new segment, with its keys, where the open one has no room for a frame of
    /// `frame_bytes`. A frame longer than a segment gets a segment of its own.
    pub(crate) fn next_header(
        &self,
        frame_bytes: u64,
        entropy: &mut dyn Entropy,
    ) -> Result<Option<(EncodedLink, Segment)>, LedgerError> {
        let header = header_length(self.shape.ballots.len()) as u64;
        let fits =
            |open: &Segment| open.bytes == header || open.bytes + frame_bytes <= self.segment_bytes;
        if self.segment.as_ref().is_some_and(fits) {
            return Ok(None);
        }
        let number = self.position.segment.checked_add(1);
        let number = number.ok_or(LedgerError::EpochsUsedUp)?;
        let (mut header, keys) = self.header(number, entropy)?;
        let bytes = header.seal_bytes();
        let segment = Segment {
            number,
            bytes: bytes.len() as u64,
            keys,
        };
        let link = self.link(LinkKind::Header { segment: number }, header.link, bytes);
        Ok(Some((link, segment)))
    }

    fn header(
        &self,
        number: u32,
        entropy: &mut dyn Entropy,
    ) -> Result<(SegmentHeader, Vec<ContentKeys>), LedgerError> {
        let shape = &self.shape;
        let context = SegmentContext {
            event_id: &shape.event_id,
            manifest_sha256: &shape.manifest_sha256,
            partition: self.partition,
            segment: number,
            epoch: self.epoch,
        };
        let mut keys = Vec::with_capacity(shape.ballots.len());
        let mut ballots = Vec::with_capacity(shape.ballots.len());
        for (index, ballot) in (0u16..).zip(&shape.ballots) {
            let drawn = ContentKeys::generate(entropy, &self.recipients, &context, index);
            let (of_ballot, [count_key, mask_key]) =
                drawn.map_err(|source| LedgerError::Keys { source })?;
            keys.push(of_ballot);
            ballots.push(SegmentBallot {
                id: ballot.id.clone(),
                count_key,
                mask_key,
            });
        }
        let header = SegmentHeader {
            partition: self.partition,
            number,
            first_sequence: self.position.cursor.sequence + 1,
            epoch: self.epoch,
            event_id: shape.event_id.clone(),
            manifest_sha256: shape.manifest_sha256,
            keys: shape.keys,
            previous: self.position.link,
            ballots,
            link: LinkHash::default(),
        };
        Ok((header, keys))
    }

    /// The frame of a draft, sealed under the open segment's keys.
    ///
    /// # Errors
    /// The body outgrew a frame, which the bound of a batch rules out.
    pub(crate) fn frame<R>(
        &self,
        draft: &mut Draft<R>,
        trackers: &[Tracker],
        time_ms: i64,
    ) -> Result<EncodedLink, LedgerError> {
        let segment = self
            .segment
            .as_ref()
            .expect("a segment header is appended before a frame is sealed");
        let sequence = self.position.cursor.sequence + 1;
        let sealed = draft.contents.iter().map(|(ballot, contents)| {
            let key = segment.keys.get(usize::from(*ballot));
            let context = ChoicesContext {
                partition: self.partition,
                segment: segment.number,
                sequence,
                ballot: *ballot,
            };
            key.expect("the arbiter decides by the same shape")
                .seal(contents, &context)
        });
        let sealed = sealed.collect();
        let body = draft.body(sealed, trackers.to_vec());
        if let Err(error) = body.check_counts() {
            panic!("a frame without as many marks as choices and trackers: {error}");
        }
        let body = body.encode();
        let (previous, epoch) = (self.position.link, self.epoch);
        let encoded = frame::encode(sequence, previous, epoch, time_ms, &body);
        let (bytes, hash) = encoded.ok_or(LedgerError::FrameTooLong {
            sequence,
            max: FRAME_BYTES_MAX,
            got: body.len(),
        })?;
        Ok(self.link(LinkKind::Frame { sequence }, hash, bytes))
    }

    /// A link behind the last one.
    fn link(&self, kind: LinkKind, hash: LinkHash, bytes: Vec<u8>) -> EncodedLink {
        EncodedLink {
            partition: self.partition,
            number: self.position.links() + 1,
            epoch: self.epoch,
            previous: self.position.link,
            hash,
            kind,
            bytes,
        }
    }

    /// The header of `segment` was appended: the next frame is sealed under its keys.
    pub(crate) fn header_appended(&mut self, link: &EncodedLink, segment: Segment) {
        self.assert_follows(link);
        assert!(
            segment.number == self.position.segment + 1,
            "segments are numbered without gaps"
        );
        self.position.segment = segment.number;
        self.position.link = link.hash;
        self.segment = Some(segment);
    }

    /// The frame of that sequence was appended.
    pub(crate) fn frame_appended(&mut self, link: &EncodedLink, sequence: u64) {
        self.assert_follows(link);
        assert!(
            sequence == self.position.cursor.sequence + 1,
            "frames are numbered without gaps"
        );
        let segment = self.segment.as_mut();
        let segment = segment.expect("the frame was sealed under the open segment's keys");
        segment.bytes += link.bytes.len() as u64;
        self.position.cursor = Cursor {
            sequence,
            link: link.hash,
        };
        self.position.link = link.hash;
        #[cfg(test)]
        if crate::sabotage::is(crate::sabotage::Sabotage::ForgetChain) {
            self.position.link = LinkHash::default();
        }
    }

    fn assert_follows(&self, link: &EncodedLink) {
        assert!(
            link.number == self.position.links() + 1 && link.previous == self.position.link,
            "a link was appended that does not follow the last one"
        );
    }

    /// Wipes the keys of the open segment: the next frame needs a new one. So after a frame that was
    /// sealed and not appended, because its nonce must not be used again, and at the end.
    pub(crate) fn close_segment(&mut self) {
        self.segment = None;
    }
}
