//! The owner of a partition's files: appends links behind what recovery found.
//!
//! Each frame is one write and one fdatasync, then the sidecar is rewritten, and only then the
//! frame counts as appended.

use std::path::PathBuf;
use std::sync::Arc;

use durable::Storage;

use crate::error::LedgerError;
use crate::format::chain::Cursor;
use crate::format::link::{EncodedLink, LinkKind};
use crate::log::files::hold::Hold;
use crate::log::files::index::{FrameIndex, FrameStart};
use crate::log::files::recovery::recover;
use crate::log::files::segments::Segments;
use crate::log::files::sidecar::Sidecar;
use crate::log::{Append, Barrier, Claim, Followed, Lease, Position, Recovery, Room, Visit};

/// The lease of a partition in files: as long as it lives, no other process may lock the data directory.
pub(crate) struct FilesLease {
    storage: Arc<dyn Storage>,
    dir: PathBuf,
    claim: Claim,
    index: Arc<FrameIndex>,
    /// None before [`Lease::recover`] found it.
    end: Option<End>,
    /// Dropped last: until then nobody else may open the directory.
    _hold: Hold,
}

/// The end of the chain, where links are appended.
struct End {
    position: Position,
    epoch: u32,
    segments: Segments,
    sidecar: Sidecar,
    /// The disk was too full to note the last frame.
    sidecar_lags: bool,
}

impl FilesLease {
    /// The partition of `claim` in `dir`, which `hold` keeps from everybody else.
    pub(crate) fn new(
        storage: Arc<dyn Storage>,
        dir: PathBuf,
        claim: Claim,
        index: Arc<FrameIndex>,
        hold: Hold,
    ) -> FilesLease {
        FilesLease {
            storage,
            dir,
            claim,
            index,
            end: None,
            _hold: hold,
        }
    }

    fn end(&mut self) -> &mut End {
        self.end
            .as_mut()
            .expect("an owner recovers the chain before it uses its lease")
    }
}

impl Lease for FilesLease {
    fn recover(
        &mut self,
        followed: Followed,
        visit: &mut Visit<'_>,
    ) -> Result<Recovery, LedgerError> {
        assert!(self.end.is_none(), "a lease recovers its chain once");
        let (storage, dir, partition) = (&*self.storage, &*self.dir, self.claim.partition);
        let mut visit = followed.skip(visit);
        let recovered = recover(storage, dir, partition, &self.index, &mut visit)?;
        let scanned = recovered.scanned;
        let (segment, epoch) = scanned
            .last
            .as_ref()
            .map_or((0, 0), |last| (last.number, last.epoch));
        let last = scanned.last.map(|last| last.path);
        let position = Position {
            segment,
            cursor: scanned.cursor,
            link: scanned.link,
        };
        followed.check_within(position).map_err(|defect| {
            let (log, sequence) = (self.dir.display().to_string(), position.cursor.sequence);
            LedgerError::Followed {
                log,
                sequence,
                defect,
            }
        })?;
        let epoch = epoch.checked_add(1).ok_or(LedgerError::EpochsUsedUp)?;
        let storage = Arc::clone(&self.storage);
        self.end = Some(End {
            position,
            epoch,
            segments: Segments::new(storage, &self.dir, self.claim.segment_bytes, last)?,
            sidecar: recovered.sidecar,
            sidecar_lags: false,
        });
        Ok(Recovery {
            position,
            epoch,
            time_ms: scanned.time_ms,
            torn_tail: scanned.torn,
            kept: recovered.kept,
            sidecar_damaged: recovered.sidecar_damaged,
        })
    }

    fn append(&mut self, link: &EncodedLink) -> Result<Append, LedgerError> {
        let (index, partition) = (Arc::clone(&self.index), self.claim.partition);
        let end = self.end();
        if link.epoch != end.epoch {
            return Ok(Append::Fenced);
        }
        let follows = link.number == end.position.links() + 1
            && link.previous == end.position.link
            && link.partition == partition;
        if !follows {
            return Ok(Append::Conflict);
        }
        match end.append(link, &index) {
            Ok(()) => Ok(Append::Appended),
            Err(error) if error.is_full() => Ok(Append::Full(error)),
            Err(error) => Err(error),
        }
    }

    fn barrier(&mut self) -> Result<Barrier, LedgerError> {
        // Every append was synced, or ended the process.
        Ok(Barrier::Reached(self.end().position.link))
    }

    fn prepare(&mut self) -> Result<Room, LedgerError> {
        let end = self.end();
        end.watch()?;
        let segments = &mut end.segments;
        if !segments.wants_preparing() {
            return Ok(Room::Ready);
        }
        match segments.prepare() {
            Ok(()) => Ok(Room::Ready),
            Err(error) if error.is_full() => Ok(Room::Full(error)),
            Err(error) => Err(error),
        }
    }

    fn release(&mut self) -> Result<(), LedgerError> {
        unless_full(self.end().segments.close())
    }
}

impl End {
    fn append(&mut self, link: &EncodedLink, index: &FrameIndex) -> Result<(), LedgerError> {
        self.catch_up_sidecar()?;
        match link.kind {
            LinkKind::Header { segment } => {
                self.segments.begin(segment, &link.bytes)?;
                self.position.segment = segment;
                self.position.link = link.hash;
                Ok(())
            }
            LinkKind::Frame { sequence } => {
                let (segment, offset) = self.segments.append(&link.bytes)?;
                self.position.cursor = Cursor {
                    sequence,
                    link: link.hash,
                };
                self.position.link = link.hash;
                index.add(FrameStart {
                    sequence,
                    segment,
                    offset,
                });
                self.watch()?;
                self.note_acknowledged()
            }
        }
    }

    /// Whether segments and sidecar are still where a later start will look for them. Asked before
    /// voters are answered, and once a second at least.
    fn watch(&self) -> Result<(), LedgerError> {
        self.segments.watch()?;
        self.sidecar.watch()
    }

    /// The frame is stable; the sidecar says so before anybody is answered.
    fn note_acknowledged(&mut self) -> Result<(), LedgerError> {
        let noted = self.sidecar.note(self.position.cursor);
        self.sidecar_lags = matches!(&noted, Err(error) if error.is_full());
        // A copy-on-write disk may be full even for this. The frame itself is safe and is answered;
        // the next one waits until the sidecar has caught up.
        unless_full(noted)
    }

    /// The sidecar may lag by one frame, never by two.
    fn catch_up_sidecar(&mut self) -> Result<(), LedgerError> {
        #[cfg(test)]
        if crate::sabotage::is(crate::sabotage::Sabotage::LetSidecarLag) {
            return Ok(());
        }
        if self.sidecar_lags {
            self.sidecar.note(self.position.cursor)?;
            self.sidecar_lags = false;
        }
        Ok(())
    }
}

fn unless_full(done: Result<(), LedgerError>) -> Result<(), LedgerError> {
    match done {
        Err(error) if error.is_full() => Ok(()),
        other => other,
    }
}
