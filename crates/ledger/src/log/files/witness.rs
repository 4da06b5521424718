//! The sidecar held against what a scan found: tells a torn write, which nobody was told of, from the
//! loss of a frame that voters were answered for.

use std::path::Path;

use durable::Storage;

use crate::error::LedgerError;
use crate::format::chain::LinkHash;
use crate::format::frame::Frame;
use crate::log::files::layout::acknowledged_file;
use crate::log::files::scan::Scanned;
use crate::log::files::sidecar::{self, Acknowledged};

/// What the sidecar says, and the frame that it names, once a scan has met it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Witness {
    acknowledged: Acknowledged,
    met: Option<LinkHash>,
}

impl Witness {
    /// Reads the sidecar. The frames are read afterwards: the sidecar is never ahead of them.
    pub(crate) fn read(storage: &dyn Storage, dir: &Path) -> Result<Witness, LedgerError> {
        Ok(Witness {
            acknowledged: sidecar::read_beside_writer(storage, dir)?,
            met: None,
        })
    }

    /// The last frame that voters were answered for; none where no sound sidecar says so.
    pub(crate) fn acknowledged(&self) -> Option<u64> {
        match self.acknowledged {
            Acknowledged::UpTo(cursor) => Some(cursor.sequence),
            Acknowledged::Unknown | Acknowledged::Damaged => None,
        }
    }

    /// Whether there is a sidecar whose bytes were never written.
    pub(crate) fn is_damaged(&self) -> bool {
        self.acknowledged == Acknowledged::Damaged
    }

    /// Looks at every frame that a scan meets.
    pub(crate) fn see(&mut self, frame: &Frame) {
        let sequence = frame.header.sequence;
        if matches!(self.acknowledged, Acknowledged::UpTo(cursor) if cursor.sequence == sequence) {
            self.met = Some(frame.link);
        }
    }

    /// Whether the scan has met every frame that voters were answered for.
    pub(crate) fn judge(&self, dir: &Path, scanned: &Scanned) -> Result<(), LedgerError> {
        let path = acknowledged_file(dir);
        match self.acknowledged {
            Acknowledged::Unknown => Ok(()),
            Acknowledged::Damaged => match &scanned.torn {
                None => Ok(()),
                Some(torn) => Err(LedgerError::Unclear {
                    path,
                    segment: torn.path.clone(),
                    offset: torn.offset,
                }),
            },
            Acknowledged::UpTo(cursor) if cursor.sequence > scanned.cursor.sequence => {
                let last = scanned.last.as_ref();
                Err(LedgerError::AcknowledgedLost {
                    path: last.map_or_else(|| dir.to_path_buf(), |last| last.path.clone()),
                    offset: last.map_or(0, |last| last.valid_bytes),
                    acknowledged: cursor.sequence,
                    last: scanned.cursor.sequence,
                })
            }
            Acknowledged::UpTo(cursor) if cursor.sequence == 0 => Ok(()),
            Acknowledged::UpTo(cursor) if self.met == Some(cursor.link) => Ok(()),
            Acknowledged::UpTo(cursor) => Err(LedgerError::AnotherHistory {
                path,
                sequence: cursor.sequence,
            }),
        }
    }
}
