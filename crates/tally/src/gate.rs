//! The one place where frames wait for a checkpoint: what is read of a ledger passes here, and nothing behind
//! it knows of logs and witnesses. Where the event names no log, everything passes.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use anyhow::{Context, bail};
use ledger::{Cursor, Item};
use tlog::{Coverage, CoverageError, FrameLog, Told};
use transparency::{Note, NoteError};

use crate::covered::{CheckedBy, Covered};
use crate::package_roll::PackageRoll;

/// The gates of all partitions, shared with whoever serves the log.
#[derive(Clone)]
pub(crate) struct Gates {
    package: Arc<PackageRoll>,
    /// Empty where the event names no log.
    partitions: BTreeMap<u16, Arc<RwLock<Coverage>>>,
}

/// Lets the items of one partition pass. It is read from the start by one reader.
pub(crate) struct Gate {
    coverage: Option<Arc<RwLock<Coverage>>>,
    /// Of an event without a log.
    passing: VecDeque<Item>,
    /// Sequence of the last frame that was taken.
    read: u64,
    /// The checkpoint that was offered last, where it need not be looked at again.
    offered: Vec<u8>,
}

/// Why a checkpoint is not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CheckpointRefused {
    /// It is no signed note.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// It covers nothing of this ledger.
    #[error(transparent)]
    Coverage(#[from] CoverageError),
}

impl Gates {
    /// Nothing has passed yet.
    ///
    /// # Errors
    /// The system's directory for temporary files cannot be written: what is derived of a log is there.
    pub(crate) fn open(package: &Arc<PackageRoll>) -> anyhow::Result<Gates> {
        let mut partitions = BTreeMap::new();
        if let (Some(log), Some(policy)) = (&package.event().log, package.log_policy()) {
            let dir = std::env::temp_dir();
            for partition in package.partitions() {
                let frames = FrameLog::new(partition, &dir);
                let named = || format!("{}: set TMPDIR to a directory with room", dir.display());
                let frames = frames.with_context(named)?;
                let origin = log.origin_of(partition).parse()?;
                let coverage = Coverage::new(frames, origin, policy.clone());
                partitions.insert(partition, Arc::new(RwLock::new(coverage)));
            }
        }
        Ok(Gates {
            package: Arc::clone(package),
            partitions,
        })
    }

    /// The gate of one partition; for one reader at a time.
    pub(crate) fn gate(&self, partition: u16) -> Gate {
        Gate {
            coverage: self.partitions.get(&partition).cloned(),
            passing: VecDeque::new(),
            read: 0,
            offered: Vec::new(),
        }
    }

    /// The log of a partition as far as it was read; none where the event names no log, or no such partition.
    pub(crate) fn coverage(&self, partition: u16) -> Option<RwLockReadGuard<'_, Coverage>> {
        self.partitions.get(&partition).map(read)
    }

    /// The newest checkpoint of each partition that has one.
    pub(crate) fn covered(&self) -> Vec<Covered> {
        let each = self.partitions.values();
        each.filter_map(|coverage| covered(&read(coverage)))
            .collect()
    }

    /// Changes at most once a minute for each partition, as witnesses cosign further checkpoints.
    pub(crate) fn checked_stamp(&self) -> u64 {
        let minutes = self.partitions.values().filter_map(|coverage| {
            let coverage = read(coverage);
            let cosigned = &coverage.accepted()?.attested.cosigned;
            cosigned.iter().map(|by| by.time_s / 60).max()
        });
        minutes.fold(0, u64::wrapping_add)
    }

    /// Who has checked what passed; none where the event names no log.
    pub(crate) fn checked_by(&self) -> Option<CheckedBy> {
        let log = self.package.event().log.as_ref()?;
        Some(CheckedBy::of(log, &self.covered(), self.partitions.len()))
    }
}

impl Gate {
    /// Whether frames wait for checkpoints here.
    pub(crate) fn is_shut(&self) -> bool {
        self.coverage.is_some()
    }

    /// Takes what the reader found next, or read again.
    ///
    /// # Errors
    /// Another frame than was read before, or than log and witnesses signed.
    pub(crate) fn take(&mut self, item: Item) -> anyhow::Result<()> {
        let sequence = match &item {
            Item::Frame(frame) => frame.header.sequence,
            Item::Segment(_) => self.read,
        };
        match &self.coverage {
            None => self.passing.push_back(item),
            Some(coverage) => write(coverage).take(item)?,
        }
        self.read = self.read.max(sequence);
        Ok(())
    }

    /// Sequence of the last frame that was read, whether it has passed or not.
    pub(crate) fn read(&self) -> u64 {
        self.read
    }

    /// What may be counted next; none where the next frame is not covered, or not read.
    pub(crate) fn next(&mut self) -> Option<Item> {
        match &self.coverage {
            None => self.passing.pop_front(),
            Some(coverage) => write(coverage).next_covered(),
        }
    }

    /// Behind which frame the reader must read again, when nothing more passes; none where it need not.
    pub(crate) fn rewind(&mut self) -> Option<Cursor> {
        let coverage = self.coverage.as_ref()?;
        write(coverage).rewind()
    }

    /// Takes a checkpoint that must be sound.
    ///
    /// # Errors
    /// See [`CheckpointRefused`].
    pub(crate) fn checkpoint(&mut self, bytes: &[u8]) -> Result<(), CheckpointRefused> {
        if let Some(coverage) = &self.coverage {
            write(coverage).checkpoint(Note::parse(bytes)?)?;
        }
        Ok(())
    }

    /// Takes a checkpoint of a ledger that is followed: the next one may be better than one that is no use.
    ///
    /// # Errors
    /// It shows that there are two histories. Nothing more may be counted.
    pub(crate) fn offer(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        if bytes == self.offered {
            return Ok(());
        }
        let taken = match &self.coverage {
            None => return Ok(()),
            Some(coverage) => {
                let note = Note::parse(bytes).map_err(CheckpointRefused::from);
                note.and_then(|note| Ok(write(coverage).checkpoint(note)?))
            }
        };
        // One that waits may not have been kept, behind another one.
        let is_done = !matches!(taken, Ok(Told::Waits));
        self.offered = if is_done { bytes.to_vec() } else { Vec::new() };
        match taken {
            Ok(_) => {}
            Err(CheckpointRefused::Coverage(
                error @ (CoverageError::TwoHistories { .. } | CoverageError::Log(_)),
            )) => return Err(error.into()),
            Err(error) => tracing::error!(%error, "a checkpoint is not taken, waiting for another"),
        }
        Ok(())
    }

    /// Whether nothing is known to be covered beyond what was read.
    pub(crate) fn is_current(&self) -> bool {
        self.coverage.as_ref().is_none_or(|coverage| {
            let coverage = read(coverage);
            coverage.accepted().is_some() && coverage.waiting().is_none()
        })
    }

    /// What was covered of a ledger that was read to its end; none where the event names no log.
    ///
    /// # Errors
    /// The checkpoint covers more frames than there are.
    pub(crate) fn end(&self) -> anyhow::Result<Option<Covered>> {
        let Some(coverage) = &self.coverage else {
            return Ok(None);
        };
        let coverage = read(coverage);
        if let Some(waiting) = coverage.waiting() {
            bail!(
                "the checkpoint of {} covers {}, and this ledger has {}: frames are missing at its end; copy it again, first the checkpoints and then the segments",
                waiting.attested.checkpoint.origin,
                commandline::count(waiting.size(), "frame"),
                commandline::count(coverage.log().size(), "frame")
            );
        }
        Ok(covered(&coverage))
    }

    /// The newest checkpoint that holds, as it came; none where there is none yet.
    pub(crate) fn note(&self) -> Option<Note> {
        let coverage = read(self.coverage.as_ref()?);
        coverage.accepted().map(|accepted| accepted.note.clone())
    }
}

fn covered(coverage: &Coverage) -> Option<Covered> {
    let accepted = coverage.accepted()?;
    Some(Covered {
        partition: coverage.log().partition(),
        checkpoint: accepted.attested.checkpoint.clone(),
        cosigned: accepted.attested.cosigned.clone(),
        uncovered: coverage.log().size() - accepted.size(),
    })
}

// A panic while reading ends the process; whoever serves the log may still finish.
fn read(coverage: &Arc<RwLock<Coverage>>) -> RwLockReadGuard<'_, Coverage> {
    coverage.read().unwrap_or_else(PoisonError::into_inner)
}

fn write(coverage: &Arc<RwLock<Coverage>>) -> RwLockWriteGuard<'_, Coverage> {
    coverage.write().unwrap_or_else(PoisonError::into_inner)
}
