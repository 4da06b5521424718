//! Segment files: one write and one fdatasync a frame, the next file prepared ahead.
//!
//! A segment gets its place ahead of need (`next.segment.new`: preallocated and synced). When it is
//! needed, its header is written and synced, then the file gets its name, then the directory is
//! synced; only then may a frame go in. So a segment under its name always has a whole header.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use durable::{Storage, StorageFile};

use crate::error::LedgerError;
use crate::log::files::layout::{prepared_file, segment_file_name};

/// The writing end of a partition's segment files.
pub(crate) struct Segments {
    storage: Arc<dyn Storage>,
    dir: PathBuf,
    /// Room to reserve for each segment.
    segment_bytes: u64,
    prepared: Option<Box<dyn StorageFile>>,
    /// The last segment, as long as none is open.
    found: Option<Named>,
    open: Option<OpenSegment>,
}

/// A file under its name.
struct Named {
    file: Box<dyn StorageFile>,
    path: PathBuf,
}

/// The segment being written.
struct OpenSegment {
    file: Box<dyn StorageFile>,
    path: PathBuf,
    number: u32,
    /// Where its frames end.
    offset: u64,
}

impl Segments {
    /// Segments to follow the one at `last`, where there is one.
    pub(crate) fn new(
        storage: Arc<dyn Storage>,
        dir: &Path,
        segment_bytes: u64,
        last: Option<PathBuf>,
    ) -> Result<Segments, LedgerError> {
        let found = match last {
            Some(path) => {
                let file = storage.open_read(&path);
                let file = file.map_err(LedgerError::io("open", &path))?;
                Some(Named { file, path })
            }
            None => None,
        };
        Ok(Segments {
            storage,
            dir: dir.to_path_buf(),
            segment_bytes,
            prepared: None,
            found,
            open: None,
        })
    }

    /// Opens a segment again, whose frames end at `offset`, to write more of them.
    pub(crate) fn reopen(&mut self, number: u32, offset: u64) -> Result<(), LedgerError> {
        let path = self.dir.join(segment_file_name(number));
        let file = self.storage.open(&path);
        let file = file.map_err(LedgerError::io("open", &path))?;
        self.open = Some(OpenSegment {
            file,
            path,
            number,
            offset,
        });
        Ok(())
    }

    /// Whether the ledger is still where a later start will look for it.
    ///
    /// # Errors
    /// The last segment was removed or replaced: fatal, because what is written reaches no reader.
    pub(crate) fn watch(&self) -> Result<(), LedgerError> {
        let (file, path) = match (&self.open, &self.found) {
            (Some(open), _) => (&open.file, &open.path),
            (None, Some(found)) => (&found.file, &found.path),
            (None, None) => return Ok(()),
        };
        #[cfg(test)]
        if crate::sabotage::is(crate::sabotage::Sabotage::WatchNothing) {
            return Ok(());
        }
        match file.is_named(path) {
            Ok(true) => Ok(()),
            Ok(false) => Err(LedgerError::Gone { path: path.clone() }),
            Err(source) => Err(LedgerError::io("look at", path)(source)),
        }
    }

    /// Whether the open segment is half full and none is prepared to follow it.
    pub(crate) fn wants_preparing(&self) -> bool {
        let half_full = self
            .open
            .as_ref()
            .is_none_or(|open| open.offset > self.segment_bytes / 2);
        half_full && self.prepared.is_none()
    }

    /// Reserves the place of the next segment, where none is reserved.
    ///
    /// A full disk leaves no file behind and may be tried again.
    pub(crate) fn prepare(&mut self) -> Result<(), LedgerError> {
        if self.prepared.is_some() {
            return Ok(());
        }
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
            .preallocate(self.segment_bytes)
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

    /// Closes the open segment and begins the next one with `header`.
    ///
    /// A full disk leaves no segment open and may be tried again. Every other error is fatal.
    pub(crate) fn begin(&mut self, number: u32, header: &[u8]) -> Result<(), LedgerError> {
        self.close_open()?;
        self.prepare()?;
        let mut file = self
            .prepared
            .take()
            .expect("prepare leaves a prepared file or an error");
        let from = prepared_file(&self.dir);
        let path = self.dir.join(segment_file_name(number));
        let written = file.write_at(0, header);
        if let Err(error) = written.map_err(LedgerError::io("write", &from)) {
            return Err(self.discard_prepared(error));
        }
        file.fdatasync().map_err(LedgerError::sync(&from))?;
        let renamed = self.storage.rename(&from, &path);
        if let Err(error) = renamed.map_err(LedgerError::io("rename", &from)) {
            return Err(self.discard_prepared(error));
        }
        self.sync_dir()?;
        self.found = None;
        self.open = Some(OpenSegment {
            file,
            path,
            number,
            offset: header.len() as u64,
        });
        Ok(())
    }

    /// Closes the open segment: its reserved space is given back. That is not synced: space that
    /// comes back after a crash reads as zeros, which readers accept.
    fn close_open(&mut self) -> Result<(), LedgerError> {
        let Some(OpenSegment {
            mut file,
            path,
            offset,
            ..
        }) = self.open.take()
        else {
            return Ok(());
        };
        file.truncate(offset)
            .map_err(LedgerError::io("cut", &path))?;
        self.found = Some(Named { file, path });
        Ok(())
    }

    /// Closes the open segment for good and drops the one prepared to follow it.
    pub(crate) fn close(&mut self) -> Result<(), LedgerError> {
        self.close_open()?;
        if self.prepared.take().is_none() {
            return Ok(());
        }
        let path = prepared_file(&self.dir);
        self.storage
            .remove(&path)
            .map_err(LedgerError::io("remove", &path))
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

    /// Writes a frame behind the last one and syncs it. Returns where it starts: number of the
    /// segment and offset.
    ///
    /// A full disk leaves the ledger as it was and the segment closed, because its content keys
    /// must not encrypt a second frame of the same sequence. Every other error is fatal.
    pub(crate) fn append(&mut self, frame: &[u8]) -> Result<(u32, u64), LedgerError> {
        let segment = self
            .open
            .as_mut()
            .expect("the owner appends a segment header before the first frame behind it");
        let written = segment
            .file
            .write_at(segment.offset, frame)
            .map_err(LedgerError::io("write", &segment.path));
        match written {
            Ok(()) => {}
            Err(error) if error.is_full() => return Err(self.cut_off(error)),
            Err(error) => return Err(error),
        }
        segment.sync()?;
        let place = (segment.number, segment.offset);
        segment.offset += frame.len() as u64;
        Ok(place)
    }

    /// Cuts a half-written frame off again, before anything can follow it. A cut that fails is
    /// fatal and outranks the full disk.
    fn cut_off(&mut self, full: LedgerError) -> LedgerError {
        let mut segment = self
            .open
            .take()
            .expect("the frame was written to the open segment");
        let cut = segment
            .file
            .truncate(segment.offset)
            .and_then(|()| segment.file.fdatasync());
        match cut {
            Ok(()) => {
                let OpenSegment { file, path, .. } = segment;
                self.found = Some(Named { file, path });
                full
            }
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
