//! The sidecar: which frame was acknowledged last. Rewritten in place after each commit and never
//! synced on its own, so it may be stale after a crash, but never ahead of the ledger. It tells a
//! torn write, which nobody was told of, from damage to a frame that voters hold receipts for.
//!
//! ```text
//!      0    8  magic "SCRACKD1"
//!      8    2  partition
//!     10    6  zero
//!     16    8  sequence of the last acknowledged frame
//!     24   32  its hash
//!     56    4  zero
//!     60    4  CRC32C of bytes 0..60
//! ```
//! 64 bytes at the start of the file: within one sector, so a crash leaves the old or the new.

use std::io;
use std::path::{Path, PathBuf};

use durable::{Storage, StorageFile, replace_file};

use crate::error::LedgerError;
use crate::format::chain::{Cursor, LinkHash};
use crate::format::fields::Fields;
use crate::log::files::layout::acknowledged_file;

const MAGIC: [u8; 8] = *b"SCRACKD1";
const BYTES: usize = 64;

/// What the sidecar says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Acknowledged {
    /// No file, or one whose bytes a crash lost: nothing is known.
    Unknown,
    /// Up to this frame.
    UpTo(Cursor),
    /// Bytes that were never written.
    Damaged,
}

fn encode(partition: u16, cursor: Cursor) -> [u8; BYTES] {
    let mut out = [0; BYTES];
    out[..8].copy_from_slice(&MAGIC);
    out[8..10].copy_from_slice(&partition.to_le_bytes());
    out[16..24].copy_from_slice(&cursor.sequence.to_le_bytes());
    out[24..56].copy_from_slice(&cursor.link.0);
    let sum = crc32c::crc32c(&out[..60]);
    out[60..].copy_from_slice(&sum.to_le_bytes());
    out
}

fn decode(bytes: &[u8]) -> Acknowledged {
    // A crash may leave the file's length without its bytes.
    if bytes.iter().all(|byte| *byte == 0) {
        return Acknowledged::Unknown;
    }
    let (Some(content), true) = (bytes.first_chunk::<60>(), bytes.len() == BYTES) else {
        return Acknowledged::Damaged;
    };
    let mut fields = Fields(bytes);
    let parsed = (|| {
        let (magic, _, sequence) = (fields.array()?, fields.array::<8>()?, fields.u64()?);
        let link = LinkHash(fields.array()?);
        let (_, sum) = (fields.u32()?, fields.u32()?);
        Ok::<_, crate::format::defect::Defect>((magic, Cursor { sequence, link }, sum))
    })();
    match parsed {
        Ok((MAGIC, cursor, sum)) if sum == crc32c::crc32c(content) => Acknowledged::UpTo(cursor),
        _ => Acknowledged::Damaged,
    }
}

/// Reads the sidecar of a partition's directory.
pub(crate) fn read(storage: &dyn Storage, dir: &Path) -> Result<Acknowledged, LedgerError> {
    let path = acknowledged_file(dir);
    let file = match storage.open_read(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Acknowledged::Unknown),
        Err(error) => return Err(LedgerError::io("open", &path)(error)),
    };
    let mut bytes = [0; BYTES + 1];
    let len = file
        .read_at(0, &mut bytes)
        .map_err(LedgerError::io("read", &path))?;
    let read = bytes.get(..len);
    Ok(decode(read.expect("a read fills no more than its buffer")))
}

/// Reads the sidecar beside a running writer, whose write may be seen half-done.
pub(crate) fn read_beside_writer(
    storage: &dyn Storage,
    dir: &Path,
) -> Result<Acknowledged, LedgerError> {
    for _ in 0..3 {
        match read(storage, dir)? {
            Acknowledged::Damaged => {}
            known => return Ok(known),
        }
    }
    Ok(Acknowledged::Damaged)
}

/// The sidecar of a partition, kept open by the owner who writes it.
pub(crate) struct Sidecar {
    file: Box<dyn StorageFile>,
    path: PathBuf,
    partition: u16,
}

impl Sidecar {
    /// Replaces the sidecar, stably, and keeps it open.
    pub(crate) fn create(
        storage: &dyn Storage,
        dir: &Path,
        partition: u16,
        cursor: Cursor,
    ) -> Result<Sidecar, LedgerError> {
        let path = acknowledged_file(dir);
        replace_file(storage, &path, &encode(partition, cursor))
            .map_err(LedgerError::io("replace", &path))?;
        let file = storage
            .open(&path)
            .map_err(LedgerError::io("open", &path))?;
        Ok(Sidecar {
            file,
            path,
            partition,
        })
    }

    /// Whether the sidecar is still where a later start will look for it.
    ///
    /// # Errors
    /// It was removed or replaced: fatal.
    pub(crate) fn watch(&self) -> Result<(), LedgerError> {
        #[cfg(test)]
        if crate::sabotage::is(crate::sabotage::Sabotage::WatchNothing) {
            return Ok(());
        }
        match self.file.is_named(&self.path) {
            Ok(true) => Ok(()),
            Ok(false) => Err(LedgerError::Gone {
                path: self.path.clone(),
            }),
            Err(source) => Err(LedgerError::io("look at", &self.path)(source)),
        }
    }

    /// Notes the frame that was just synced.
    pub(crate) fn note(&mut self, cursor: Cursor) -> Result<(), LedgerError> {
        self.file
            .write_at(0, &encode(self.partition, cursor))
            .map_err(LedgerError::io("write", &self.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sidecar_reads_back_and_any_flipped_bit_is_damage() {
        let cursor = Cursor {
            sequence: 7,
            link: LinkHash([9; 32]),
        };
        let bytes = encode(3, cursor);
        assert_eq!(decode(&bytes), Acknowledged::UpTo(cursor));
        for bit in 0..BYTES * 8 {
            let mut changed = bytes;
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decode(&changed), Acknowledged::Damaged, "bit {bit}");
        }
        assert_eq!(decode(&[0; BYTES]), Acknowledged::Unknown);
        assert_eq!(decode(&[]), Acknowledged::Unknown);
        assert_eq!(decode(&bytes[..63]), Acknowledged::Damaged);
    }
}
