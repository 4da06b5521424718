//! Reads one digest set as a stream and believes nothing: header, order, shard, regions, checksum.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::{HEADER_LEN, Header, HeaderFault, RECORD_LEN, ReadError, Record, TRAILER_LEN};
use crate::Digest;

/// Records read and hashed together: 64 KiB or less.
const BATCH: usize = 64 * 1024 / RECORD_LEN;

/// An iterator over the records of a digest set, in ascending order of digest.
///
/// The last record is given only after the checksum has been verified and the end of the file
/// seen; but whoever uses records as they come must undo that on a later error. After an error
/// the iterator ends.
#[derive(Debug)]
pub struct DigestSetReader<R> {
    inner: R,
    header: Header,
    hash: Sha256,
    batch: Vec<u8>,
    /// Bytes of the batch already given.
    given: usize,
    /// Records not yet in a batch.
    unread: u64,
    index: u64,
    last: Option<Digest>,
    failed: bool,
}

impl DigestSetReader<File> {
    /// Opens a file; its length must be the one that its header implies.
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        let file = File::open(path)?;
        let len = file.metadata()?.len();
        let mut reader = Self::start(file)?;
        let expected = reader.header.count;
        let found = len.saturating_sub((HEADER_LEN + TRAILER_LEN) as u64) / RECORD_LEN as u64;
        if len < reader.header.file_len() {
            return Err(ReadError::Truncated {
                expected,
                got: found.min(expected),
            });
        }
        if len > reader.header.file_len() {
            return Err(ReadError::TrailingBytes);
        }
        reader.fill()?;
        Ok(reader)
    }
}

impl<R: Read> DigestSetReader<R> {
    /// Reads and checks the header. The reader buffers by itself; a `BufReader` adds nothing.
    pub fn new(inner: R) -> Result<Self, ReadError> {
        let mut reader = Self::start(inner)?;
        reader.fill()?; // an empty set, too, must have a good trailer
        Ok(reader)
    }

    fn start(mut inner: R) -> Result<Self, ReadError> {
        let mut bytes = [0; HEADER_LEN];
        inner
            .read_exact(&mut bytes)
            .map_err(|error| match error.kind() {
                ErrorKind::UnexpectedEof => HeaderFault::Magic.into(),
                _ => ReadError::Io(error),
            })?;
        let header = Header::decode(&bytes)?;
        let unread = header.count;
        let hash = Sha256::new().chain_update(bytes);
        Ok(Self {
            inner,
            header,
            hash,
            batch: Vec::new(),
            given: 0,
            unread,
            index: 0,
            last: None,
            failed: false,
        })
    }

    /// What the set says it holds.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Reads the next batch, and the trailer behind the last one.
    fn fill(&mut self) -> Result<(), ReadError> {
        let records = usize::try_from(self.unread).map_or(BATCH, |unread| unread.min(BATCH));
        self.given = 0;
        self.batch.resize(records * RECORD_LEN, 0);
        let (expected, got) = (self.header.count, self.header.count - self.unread);
        read_or_truncated(&mut self.inner, &mut self.batch, expected, got)?;
        self.hash.update(&self.batch);
        self.unread -= records as u64;
        if self.unread == 0 {
            self.check_trailer()?;
        }
        Ok(())
    }

    fn check_trailer(&mut self) -> Result<(), ReadError> {
        let count = self.header.count;
        let mut trailer = [0; TRAILER_LEN];
        read_or_truncated(&mut self.inner, &mut trailer, count, count)?;
        if self.hash.clone().finalize()[..] != trailer {
            return Err(ReadError::Checksum);
        }
        match self.inner.by_ref().take(1).read_to_end(&mut Vec::new())? {
            0 => Ok(()),
            _ => Err(ReadError::TrailingBytes),
        }
    }

    fn next_record(&mut self) -> Result<Option<Record>, ReadError> {
        if self.given == self.batch.len() {
            if self.unread == 0 {
                return Ok(None);
            }
            self.fill()?;
        }
        let record = self.batch.get(self.given..).and_then(<[u8]>::first_chunk);
        let record = Record::from_bytes(record.expect("a batch is a number of whole records"));
        self.check(&record)?;
        self.given += RECORD_LEN;
        self.index += 1;
        self.last = Some(record.digest);
        Ok(Some(record))
    }

    fn check(&self, record: &Record) -> Result<(), ReadError> {
        let index = self.index;
        if self.last.is_some_and(|last| last >= record.digest) {
            return Err(ReadError::Order { index });
        }
        let (expected, got) = (
            self.header.shard,
            record.digest.shard(self.header.shard_bits),
        );
        if got != expected {
            return Err(ReadError::Shard {
                index,
                expected,
                got,
            });
        }
        if (record.region != 0) != self.header.has_region {
            return Err(ReadError::Region {
                index,
                got: record.region,
            });
        }
        Ok(())
    }
}

impl<R: Read> Iterator for DigestSetReader<R> {
    type Item = Result<Record, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let next = self.next_record().transpose();
        self.failed = matches!(next, Some(Err(_)));
        next
    }
}

fn read_or_truncated(
    inner: &mut impl Read,
    bytes: &mut [u8],
    expected: u64,
    got: u64,
) -> Result<(), ReadError> {
    inner.read_exact(bytes).map_err(|error| match error.kind() {
        ErrorKind::UnexpectedEof => ReadError::Truncated { expected, got },
        _ => ReadError::Io(error),
    })
}

/// Reads a whole digest set from memory and gives its number of records: the entry for fuzzing.
pub fn check_bytes(bytes: &[u8]) -> Result<u64, ReadError> {
    DigestSetReader::new(bytes)?.try_fold(0, |count, record| record.map(|_| count + 1))
}
