//! Writes one digest set as a stream, refusing records out of order, shard or number.

use std::io::Write;

use sha2::{Digest as _, Sha256};

use super::{Header, Record, WriteError};
use crate::Digest;

/// Bytes collected before they are hashed and written together.
const BUFFER_LEN: usize = 64 * 1024;

/// Writes a digest set to `W`. Nothing is a digest set before [`DigestSetWriter::finish`].
#[derive(Debug)]
pub struct DigestSetWriter<W> {
    inner: W,
    header: Header,
    hash: Sha256,
    buffer: Vec<u8>,
    last: Option<Digest>,
    pushed: u64,
}

/// Totals of a set that was written to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// Records, as the header announced them.
    pub count: u64,
    /// Bytes of the file.
    pub bytes: u64,
    /// The trailer: SHA-256 of the file's bytes before it.
    pub sha256: [u8; 32],
}

impl<W: Write> DigestSetWriter<W> {
    /// Begins a digest set; `header.count` announces how many records will follow.
    pub fn create(inner: W, header: Header) -> Result<Self, WriteError> {
        let mut buffer = Vec::with_capacity(BUFFER_LEN);
        buffer.extend(header.encode()?);
        Ok(Self {
            inner,
            header,
            hash: Sha256::new(),
            buffer,
            last: None,
            pushed: 0,
        })
    }

    /// Appends a record: of this shard, greater than the last, with a region where the header says.
    pub fn push(&mut self, record: Record) -> Result<(), WriteError> {
        let index = self.pushed;
        if self.last.is_some_and(|last| last >= record.digest) {
            return Err(WriteError::Order { index });
        }
        let (expected, got) = (
            self.header.shard,
            record.digest.shard(self.header.shard_bits),
        );
        if got != expected {
            return Err(WriteError::Shard {
                index,
                expected,
                got,
            });
        }
        if (record.region != 0) != self.header.has_region {
            return Err(WriteError::Region {
                index,
                got: record.region,
            });
        }
        self.buffer.extend(record.to_bytes());
        if self.buffer.len() > BUFFER_LEN - super::RECORD_LEN {
            self.flush_buffer()?;
        }
        self.last = Some(record.digest);
        self.pushed += 1;
        Ok(())
    }

    /// Writes the trailer and gives the target back, for the caller to make it durable.
    pub fn finish(mut self) -> Result<(W, Summary), WriteError> {
        let (expected, got) = (self.header.count, self.pushed);
        if got != expected {
            return Err(WriteError::Count { expected, got });
        }
        self.flush_buffer()?;
        let sha256: [u8; 32] = self.hash.finalize().into();
        self.inner.write_all(&sha256)?;
        self.inner.flush()?;
        Ok((
            self.inner,
            Summary {
                count: got,
                bytes: self.header.file_len(),
                sha256,
            },
        ))
    }

    fn flush_buffer(&mut self) -> Result<(), WriteError> {
        self.hash.update(&self.buffer);
        self.inner.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }
}
