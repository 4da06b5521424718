//! The receipts of the last minutes at a start: read again from the frames that hold them.

use crate::decide::recent::{KEPT_MS, RecentReceipts};
use crate::error::LedgerError;
use crate::format::chain::Cursor;
use crate::format::decoder::Item;
use crate::format::defect::Defect;
use crate::format::frame::Frame;
use crate::log::Log;
use crate::replay::follower::Follower;

/// Finds where the last minutes of a chain begin while its frames go by, without a look into them.
#[derive(Debug, Default)]
pub(crate) struct LastMinutes {
    /// The last frame that went by.
    here: Cursor,
    /// The frame before the last minutes; those before `younger` are old enough to be left out as
    /// soon as `younger` is.
    begin: Cursor,
    younger: Cursor,
    younger_since_ms: Option<i64>,
}

impl LastMinutes {
    /// A frame goes by.
    pub(crate) fn note(&mut self, frame: &Frame) {
        let time_ms = frame.header.time_ms;
        let since = *self.younger_since_ms.get_or_insert(time_ms);
        if time_ms.saturating_sub(since) >= KEPT_MS {
            self.begin = self.younger;
            self.younger = self.here;
            self.younger_since_ms = Some(time_ms);
        }
        self.here = Cursor {
            sequence: frame.header.sequence,
            link: frame.link,
        };
    }

    /// Reads the receipts of these minutes from the log whose frames went by, up to the frame `last`.
    ///
    /// # Errors
    /// Damage, or the system's.
    pub(crate) fn receipts(
        &self,
        log: &dyn Log,
        partition: u16,
        last: u64,
    ) -> Result<RecentReceipts, LedgerError> {
        let mut recent = RecentReceipts::new(partition);
        let mut follower = Follower::open(log, partition, self.begin)?;
        while let Some(item) = follower.next_item()? {
            let Item::Frame(frame) = item else { continue };
            let (sequence, time_ms) = (frame.header.sequence, frame.header.time_ms);
            if sequence > last {
                break;
            }
            let body = frame.body().map_err(|error| LedgerError::Followed {
                log: log.name(),
                sequence: sequence - 1,
                defect: error.into(),
            })?;
            recent.add(sequence, time_ms, body.trackers);
        }
        let got = follower.cursor().sequence;
        if got < last {
            let (log, expected) = (log.name(), last);
            return Err(LedgerError::Followed {
                log,
                sequence: got,
                defect: Defect::Sequence { expected, got },
            });
        }
        Ok(recent)
    }
}
