//! Reading a ledger's directory: following a validator that runs, or all of it offline.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use durable::Storage;

use crate::error::LedgerError;
use crate::format::chain::Cursor;
use crate::format::decoder::{Decoder, Item};
use crate::log::files::recovery::TornTail;
use crate::log::files::scan::scan;
use crate::log::files::stream::SegmentStream;
use crate::log::files::witness::Witness;

/// Bytes read at a time.
const CHUNK_BYTES: usize = 1 << 20;

/// Follows a partition's directory, up to the last acknowledged frame.
pub struct Follower {
    stream: SegmentStream,
    decoder: Decoder,
    dir: PathBuf,
}

impl Follower {
    /// Behind a frame that was read before ([`Cursor::default`] = from the start).
    ///
    /// # Errors
    /// See [`SegmentStream::open`].
    pub fn open(
        storage: Arc<dyn Storage>,
        partition_dir: &Path,
        after: Cursor,
    ) -> Result<Follower, LedgerError> {
        let stream = SegmentStream::open(storage, partition_dir, after.sequence)?;
        let dir = partition_dir.to_path_buf();
        Ok(Follower {
            stream,
            decoder: Decoder::resume(after),
            dir,
        })
    }

    /// The next item; `None` where there is nothing new yet. The first is always the header of a
    /// segment.
    ///
    /// # Errors
    /// Damage, another history than that of the cursor, or the system's.
    pub fn next_item(&mut self) -> Result<Option<Item>, LedgerError> {
        loop {
            let decoded = self
                .decoder
                .next_item()
                .map_err(|error| LedgerError::Followed {
                    path: self.dir.clone(),
                    sequence: self.decoder.cursor().sequence,
                    defect: error.defect,
                })?;
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

    /// The last frame read.
    pub fn cursor(&self) -> Cursor {
        self.decoder.cursor()
    }
}

/// Where reading a ledger offline ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReadEnd {
    /// The last frame.
    pub last: Cursor,
    /// Segments read.
    pub segments: u64,
    /// A torn write behind the last frame, which the next start of the validator will cut.
    pub torn_tail: Option<TornTail>,
}

/// Reads all of a partition's directory and hands every item to `visit`, in order; changes nothing.
/// For a ledger whose validator has stopped; beside a running one, use [`Follower`].
///
/// # Errors
/// Damage named by file and byte, a frame missing at the end that the sidecar beside the segments
/// knows voters were answered for, or whatever `visit` returns.
pub fn read_all<E: From<LedgerError>>(
    storage: &dyn Storage,
    partition_dir: &Path,
    mut visit: impl FnMut(&Item) -> Result<(), E>,
) -> Result<ReadEnd, E> {
    let mut witness = Witness::read(storage, partition_dir)?;
    let scanned = scan(storage, partition_dir, |item, _| {
        if let Item::Frame(frame) = item {
            witness.see(frame);
        }
        visit(item)
    })?;
    witness.judge(partition_dir, &scanned)?;
    Ok(ReadEnd {
        last: scanned.cursor,
        segments: scanned.segments,
        torn_tail: scanned.torn,
    })
}
