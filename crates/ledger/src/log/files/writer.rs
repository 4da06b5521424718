//! Writes frames and segments: one write and one fdatasync a frame, segments prepared ahead.
//!
//! A segment gets its place ahead of need (`next.segment.new`: preallocated and synced). When it is
//! needed, its header is written and synced, then the file gets its name, then the directory is
//! synced; only then may a frame go in. So a segment under its name always has a whole header.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use durable::{Storage, StorageFile};
use hpke::Kem;
use hpke::kem::X25519HkdfSha256;

use crate::error::LedgerError;
use crate::format::body::SealedChoices;
use crate::format::chain::{Cursor, LinkHash};
use crate::format::choice_code::Counts;
use crate::format::entropy::Entropy;
use crate::format::frame::EncodedFrame;
use crate::format::header::{SealedKey, SegmentBallot, SegmentHeader, header_length};
use crate::format::limits::FRAME_BYTES_MAX;
use crate::format::seal::{ChoicesContext, ContentKey, SegmentContext};
use crate::format::shape::Shape;
use crate::log::files::layout::{prepared_file, segment_file_name};
use crate::log::files::recovery::Recovered;

/// Where the writer stands when a ledger has been recovered.
pub(crate) struct Start {
    pub(crate) partition: u16,
    pub(crate) epoch: u32,
    pub(crate) next_segment: u32,
    pub(crate) cursor: Cursor,
    pub(crate) link: LinkHash,
    pub(crate) segment_bytes: u64,
}

impl Start {
    pub(crate) fn after(recovered: &Recovered, partition: u16, segment_bytes: u64) -> Start {
        Start {
            partition,
            epoch: recovered.epoch,
            next_segment: recovered.next_segment,
            cursor: recovered.cursor,
            link: recovered.link,
            segment_bytes,
        }
    }
}

/// The writing end of a partition.
pub(crate) struct Writer {
    storage: Arc<dyn Storage>,
    dir: PathBuf,
    shape: Arc<Shape>,
    box_key: <X25519HkdfSha256 as Kem>::PublicKey,
    start: Start,
    prepared: Option<Box<dyn StorageFile>>,
    segment: Option<OpenSegment>,
}

/// The segment being written. Its content keys are wiped when it is dropped.
struct OpenSegment {
    file: Box<dyn StorageFile>,
    path: PathBuf,
    number: u32,
    offset: u64,
    keys: Vec<ContentKey>,
}

impl Writer {
    pub(crate) fn new(
        storage: Arc<dyn Storage>,
        dir: &Path,
        shape: Arc<Shape>,
        mut start: Start,
    ) -> Result<Writer, LedgerError> {
        let box_key = shape
            .box_public_key
            .to_hpke()
            .map_err(|error| LedgerError::Keys {
                source: std::io::Error::other(format!("box key: {error}")),
            })?;
        // Room for a header and something behind it, whatever was asked for.
        let least = header_length(shape.ballots.len()) as u64 + 4096;
        start.segment_bytes = start.segment_bytes.max(least);
        let dir = dir.to_path_buf();
        Ok(Writer {
            storage,
            dir,
            shape,
            box_key,
            start,
            prepared: None,
            segment: None,
        })
    }

    /// The last frame written.
    pub(crate) fn cursor(&self) -> Cursor {
        self.start.cursor
    }

    pub(crate) fn epoch(&self) -> u32 {
        self.start.epoch
    }

    /// The link that the next frame must name, once [`Writer::make_room`] has returned.
    pub(crate) fn link(&self) -> LinkHash {
        self.start.link
    }

    /// Segment and offset at which the next frame will start, once there is room.
    pub(crate) fn position(&self) -> Option<(u32, u64)> {
        self.segment
            .as_ref()
            .map(|segment| (segment.number, segment.offset))
    }

    /// Whether the open segment is half full and none is prepared to follow it.
    pub(crate) fn wants_preparing(&self) -> bool {
        let half_full = self
            .segment
            .as_ref()
            .is_none_or(|open| open.offset > self.start.segment_bytes / 2);
        half_full && self.prepared.is_none()
    }

    /// Reserves the place of the next segment.
    ///
    /// A full disk leaves no file behind and may be tried again.
    pub(crate) fn prepare(&mut self) -> Result<(), LedgerError> {
        let path = prepared_file(&self.dir);
        // One that a full disk kept from being completed, and perhaps even from being removed.
        match self.storage.remove(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(LedgerError::io("remove", &path)(error));
            }
            _ => {}
        }
        let mut file = self
            .storage
            .create_new(&path)
            .map_err(LedgerError::io("create", &path))?;
        let reserved = file
            .preallocate(self.start.segment_bytes)
            .map_err(LedgerError::io("reserve space for", &path));
        if let Err(error) = reserved {
            drop(file);
            return Err(self.discard_prepared(error));
        }
        file.fdatasync().map_err(LedgerError::sync(&path))?;
        self.prepared = Some(file);
        Ok(())
    }

    /// Removes what could not be completed; a failing removal outranks the first error.
    fn discard_prepared(&mut self, error: LedgerError) -> LedgerError {
        self.prepared = None;
        let path = prepared_file(&self.dir);
        match self.storage.remove(&path) {
            Ok(()) => error,
            Err(source) => LedgerError::io("remove", &path)(source),
        }
    }

    /// Makes sure that a segment is open which takes `bytes` more.
    pub(crate) fn make_room(
        &mut self,
        bytes: u64,
        entropy: &mut dyn Entropy,
    ) -> Result<(), LedgerError> {
        let header = header_length(self.shape.ballots.len()) as u64;
        let fits = self.segment.as_ref().is_some_and(|open| {
            // A frame longer than a segment gets a segment of its own.
            open.offset == header || open.offset + bytes <= self.start.segment_bytes
        });
        if fits {
            return Ok(());
        }
        self.close_segment()?;
        if self.prepared.is_none() {
            self.prepare()?;
        }
        self.open_segment(entropy)
    }

    /// Closes the segment: its content keys are wiped, its reserved space is given back. That is
    /// not synced: space that comes back after a crash reads as zeros, which readers accept.
    fn close_segment(&mut self) -> Result<(), LedgerError> {
        match self.segment.take() {
            Some(mut segment) => segment
                .file
                .truncate(segment.offset)
                .map_err(LedgerError::io("cut", &segment.path)),
            None => Ok(()),
        }
    }

    /// Closes the segment for good and drops the one prepared to follow it.
    pub(crate) fn close(&mut self) -> Result<(), LedgerError> {
        self.close_segment()?;
        if self.prepared.take().is_none() {
            return Ok(());
        }
        let path = prepared_file(&self.dir);
        self.storage
            .remove(&path)
            .map_err(LedgerError::io("remove", &path))
    }

    fn open_segment(&mut self, entropy: &mut dyn Entropy) -> Result<(), LedgerError> {
        let Some(mut file) = self.prepared.take() else {
            return Ok(());
        };
        let number = self.start.next_segment;
        let (mut header, keys) = self.make_header(number, entropy)?;
        let bytes = header.seal_bytes();
        let from = prepared_file(&self.dir);
        let path = self.dir.join(segment_file_name(number));
        if let Err(error) = file
            .write_at(0, &bytes)
            .map_err(LedgerError::io("write", &from))
        {
            return Err(self.discard_prepared(error));
        }
        file.fdatasync().map_err(LedgerError::sync(&from))?;
        if let Err(error) = self
            .storage
            .rename(&from, &path)
            .map_err(LedgerError::io("rename", &from))
        {
            return Err(self.discard_prepared(error));
        }
        self.sync_dir()?;
        self.start.next_segment = number + 1;
        self.start.link = header.link;
        let offset = bytes.len() as u64;
        self.segment = Some(OpenSegment {
            file,
            path,
            number,
            offset,
            keys,
        });
        Ok(())
    }

    fn sync_dir(&self) -> Result<(), LedgerError> {
        #[cfg(test)]
        if crate::sabotage::is(crate::sabotage::Sabotage::SkipDirectorySync) {
            return Ok(());
        }
        self.storage
            .fsync_dir(&self.dir)
            .map_err(LedgerError::sync(&self.dir))
    }

    fn make_header(
        &self,
        number: u32,
        entropy: &mut dyn Entropy,
    ) -> Result<(SegmentHeader, Vec<ContentKey>), LedgerError> {
        let shape = &self.shape;
        let place = SegmentContext {
            event_id: &shape.event_id,
            manifest_sha256: &shape.manifest_sha256,
            partition: self.start.partition,
            segment: number,
            epoch: self.start.epoch,
        };
        let mut keys = Vec::with_capacity(shape.ballots.len());
        let mut ballots = Vec::with_capacity(shape.ballots.len());
        for (index, ballot) in (0u16..).zip(&shape.ballots) {
            let (key, content_key): (ContentKey, SealedKey) =
                ContentKey::generate(entropy, &self.box_key, &place, index)
                    .map_err(|source| LedgerError::Keys { source })?;
            keys.push(key);
            ballots.push(SegmentBallot {
                id: ballot.id.clone(),
                content_key,
            });
        }
        let header = SegmentHeader {
            partition: self.start.partition,
            number,
            first_sequence: self.start.cursor.sequence + 1,
            epoch: self.start.epoch,
            event_id: shape.event_id.clone(),
            manifest_sha256: shape.manifest_sha256,
            box_public_key: shape.box_public_key,
            previous: self.start.link,
            ballots,
            link: LinkHash::default(),
        };
        Ok((header, keys))
    }

    /// Encrypts the counts of one ballot for the next frame. `None` where no segment is open or it
    /// has no such ballot: the caller made room and decided by the same shape.
    pub(crate) fn seal(&self, ballot: u16, counts: &Counts) -> Option<SealedChoices> {
        let segment = self.segment.as_ref()?;
        let place = ChoicesContext {
            partition: self.start.partition,
            segment: segment.number,
            sequence: self.start.cursor.sequence + 1,
            ballot,
        };
        segment.keys.get(usize::from(ballot))?.seal(counts, &place)
    }

    /// Writes a frame behind the last one and syncs it.
    ///
    /// A full disk leaves the ledger as it was and closes the segment, so that its content keys
    /// never encrypt a second frame of the same sequence. Every other error is fatal.
    pub(crate) fn append(&mut self, frame: &EncodedFrame) -> Result<(), LedgerError> {
        let Some(segment) = self.segment.as_mut() else {
            // make_room comes first; without it there is nothing to write to.
            return Err(LedgerError::FrameTooLong {
                sequence: frame.cursor.sequence,
                max: FRAME_BYTES_MAX,
                got: frame.bytes.len(),
            });
        };
        let written = segment
            .file
            .write_at(segment.offset, &frame.bytes)
            .map_err(LedgerError::io("write", &segment.path));
        match written {
            Ok(()) => {}
            Err(error) if error.is_full() => return Err(self.take_back(error)),
            Err(error) => return Err(error),
        }
        segment.sync()?;
        segment.offset += frame.bytes.len() as u64;
        self.start.cursor = frame.cursor;
        self.start.link = frame.cursor.link;
        #[cfg(test)]
        if crate::sabotage::is(crate::sabotage::Sabotage::ForgetChain) {
            self.start.link = LinkHash::default();
        }
        Ok(())
    }

    /// Cuts a half-written frame off again, before anything can follow it.
    fn take_back(&mut self, error: LedgerError) -> LedgerError {
        let Some(mut segment) = self.segment.take() else {
            return error;
        };
        if let Err(source) = segment.file.truncate(segment.offset) {
            return LedgerError::Sync {
                path: segment.path,
                source,
            };
        }
        match segment.file.fdatasync() {
            Ok(()) => error,
            Err(source) => LedgerError::Sync {
                path: segment.path,
                source,
            },
        }
    }
}

impl OpenSegment {
    fn sync(&mut self) -> Result<(), LedgerError> {
        #[cfg(test)]
        if crate::sabotage::is(crate::sabotage::Sabotage::AcknowledgeBeforeSync) {
            return Ok(());
        }
        self.file.fdatasync().map_err(LedgerError::sync(&self.path))
    }
}
