//! Following a log: its links decoded and verified, up to the last one appended.

use crate::error::LedgerError;
use crate::format::chain::Cursor;
use crate::format::decoder::{Decoder, Item};
use crate::format::defect::Defect;
use crate::log::{LinkStream, Log};

/// Bytes read at a time.
const CHUNK_BYTES: usize = 1 << 20;

/// Follows one partition of a log.
pub struct Follower {
    stream: Box<dyn LinkStream>,
    decoder: Decoder,
    partition: u16,
    /// Names the log in messages.
    log: String,
}

impl Follower {
    /// Behind a frame that was read before ([`Cursor::default`] = from the start).
    ///
    /// # Errors
    /// See [`Log::read_from`].
    pub fn open(log: &dyn Log, partition: u16, after: Cursor) -> Result<Follower, LedgerError> {
        Ok(Follower {
            stream: log.read_from(partition, after.sequence)?,
            decoder: Decoder::resume(after),
            partition,
            log: log.name(),
        })
    }

    /// The next item; `None` where there is nothing new yet. The first is always the header of a
    /// segment.
    ///
    /// # Errors
    /// Damage, another history than that of the cursor, or the system's.
    pub fn next_item(&mut self) -> Result<Option<Item>, LedgerError> {
        loop {
            let decoded = self.decoder.next_item();
            let decoded = decoded.map_err(|error| self.failed(error.defect))?;
            if let Some(Item::Segment(header)) = &decoded {
                let checked = header.check_partition(self.partition);
                checked.map_err(|defect| self.failed(defect))?;
            }
            if decoded.is_some() {
                return Ok(decoded);
            }
            let bytes = self.stream.next_bytes(CHUNK_BYTES)?;
            if bytes.is_empty() {
                return Ok(None);
            }
            self.decoder.push(&bytes);
        }
    }

    fn failed(&self, defect: Defect) -> LedgerError {
        LedgerError::Followed {
            log: self.log.clone(),
            sequence: self.decoder.cursor().sequence,
            defect,
        }
    }

    /// The last frame read.
    pub fn cursor(&self) -> Cursor {
        self.decoder.cursor()
    }
}
