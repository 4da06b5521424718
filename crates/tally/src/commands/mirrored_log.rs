//! The log of a copied ledger: each partition's newest checkpoint, once the copy has the frames that it covers.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context;
use durable::{OsStorage, replace_file};
use ledger::layout::{checkpoint_file, partition_dir};
use ledger::{Defect, Item, Shape};

use crate::gate::Gate;

/// Holds the copy of one partition against the checkpoints of its log. The copy itself never waits for them:
/// it is there for the day when the validator's machine is lost.
pub(super) struct MirroredLog {
    partition: u16,
    path: PathBuf,
    gate: Gate,
    /// What is in the file.
    written: String,
    /// Why the frames are not those that were signed.
    fault: Option<anyhow::Error>,
}

impl MirroredLog {
    /// Nothing was copied yet.
    pub(super) fn new(data_dir: &Path, partition: u16, gate: Gate) -> MirroredLog {
        MirroredLog {
            partition,
            path: checkpoint_file(&partition_dir(data_dir, partition)),
            gate,
            written: String::new(),
            fault: None,
        }
    }

    /// Whether the event names a log.
    pub(super) fn is_kept(&self) -> bool {
        self.gate.is_shut()
    }

    /// Looks at each link before it is copied. Refuses those of another event or partition, or of a ledger sealed
    /// to other keys.
    pub(super) fn checker<'a>(
        &'a mut self,
        shape: &'a Shape,
    ) -> impl FnMut(&Item) -> Result<(), Defect> + 'a {
        move |item| {
            if let Item::Segment(header) = item {
                header.check(shape, self.partition)?;
            }
            if self.fault.is_none() {
                self.fault = self.gate.take(item.clone()).err();
                // Nothing is counted here.
                while self.gate.next().is_some() {}
            }
            Ok(())
        }
    }

    /// Holds the copy against the checkpoint that an earlier run left beside it.
    ///
    /// # Errors
    /// It cannot be read, or the copy is not what was signed.
    pub(super) fn resume(&mut self) -> anyhow::Result<()> {
        match fs::read(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => self.settle(),
            read => {
                let bytes = read.with_context(|| format!("cannot read {}", self.path.display()))?;
                self.offer(&bytes)
            }
        }
    }

    /// Takes a checkpoint that the validator served.
    ///
    /// # Errors
    /// The copy is not what log and witnesses signed, or the file cannot be written.
    pub(super) fn offer(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        self.gate.offer(bytes)?;
        self.settle()
    }

    /// Writes the newest checkpoint of which all frames are on this disk. Call it when they are.
    ///
    /// # Errors
    /// As [`MirroredLog::offer`].
    pub(super) fn settle(&mut self) -> anyhow::Result<()> {
        if let Some(fault) = self.fault.take() {
            return Err(fault);
        }
        let Some(note) = self.gate.note() else {
            return Ok(());
        };
        let note = note.to_string();
        if note != self.written {
            replace_file(&OsStorage, &self.path, note.as_bytes())
                .with_context(|| format!("cannot write {}", self.path.display()))?;
            self.written = note;
        }
        Ok(())
    }
}
