//! Standing by: what an owner must know of a partition, kept up to date by somebody who does not own it, so that
//! a takeover reads the last frames only.

use std::sync::Arc;

use crate::error::LedgerError;
use crate::format::shape::Shape;
use crate::log::{Followed, LinkStream, Log};
use crate::replay::restore::Rebuild;
use crate::replay::snapshot::Snapshots;

/// Bytes read at a time.
const CHUNK_BYTES: usize = 1 << 20;

/// The bitsets of a partition that another owner writes.
pub struct StandBy {
    pub(crate) log: Arc<dyn Log>,
    pub(crate) partition: u16,
    /// None before the first question.
    stream: Option<Box<dyn LinkStream>>,
    pub(crate) followed: Followed,
    pub(crate) rebuild: Rebuild,
}

impl StandBy {
    /// From the snapshots, where there are any. Nothing of the log is read yet.
    ///
    /// # Errors
    /// A shape that no ledger has, a snapshot that the disk does not give.
    pub fn begin(
        log: Arc<dyn Log>,
        snapshots: Option<&Snapshots>,
        shape: Arc<Shape>,
        partition: u16,
    ) -> Result<StandBy, LedgerError> {
        shape.check()?;
        shape.check_partition(partition)?;
        Ok(StandBy {
            log,
            partition,
            stream: None,
            followed: Followed::default(),
            rebuild: Rebuild::begin(snapshots, shape, partition)?,
        })
    }

    /// Reads some of what was appended meanwhile; `false` where nothing was.
    ///
    /// # Errors
    /// Damage, which is final; or the system's, after which it can be asked again.
    pub fn read_some(&mut self) -> Result<bool, LedgerError> {
        let bytes = self.next_bytes()?;
        let rebuild = &mut self.rebuild;
        let taken = self.followed.take(&bytes, &mut |item| rebuild.visit(item));
        taken.map_err(|defect| LedgerError::Followed {
            log: self.log.name(),
            sequence: self.last_sequence(),
            defect,
        })?;
        Ok(!bytes.is_empty())
    }

    /// All there is was read: from now on a takeover is possible at any moment.
    ///
    /// # Errors
    /// See [`StandBy::read_some`].
    pub fn note_level(&mut self) -> Result<(), LedgerError> {
        self.rebuild.keep_receipts(&*self.log)
    }

    /// Sequence of the last frame that was read.
    pub fn last_sequence(&self) -> u64 {
        self.followed.position().cursor.sequence
    }

    fn next_bytes(&mut self) -> Result<Vec<u8>, LedgerError> {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            None => {
                // A stream begins with a header that was read before, wherever it goes on: so this one is kept.
                assert!(self.last_sequence() == 0, "one stream is read to its end");
                self.stream.insert(self.log.read_from(self.partition, 0)?)
            }
        };
        stream.next_bytes(CHUNK_BYTES)
    }
}
