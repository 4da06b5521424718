//! Rows of bytes, all of one length, that are only ever appended: the last tile in memory, the others in a
//! file without a name. The file is derived from the ledger, so it is never synced and goes with the process.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use transparency::TILE_WIDTH;

const TILE: usize = TILE_WIDTH as usize;

/// Records of `N` bytes each.
pub(crate) struct Records<const N: usize> {
    file: File,
    /// How many records are in the file: whole tiles.
    written: u64,
    /// Those behind them, at most a tile of them.
    last: Vec<[u8; N]>,
}

impl<const N: usize> Records<N> {
    /// No records yet; the file is made in `dir`.
    pub(crate) fn new(dir: &Path) -> io::Result<Records<N>> {
        Ok(Records {
            file: tempfile::tempfile_in(dir)?,
            written: 0,
            last: Vec::with_capacity(TILE),
        })
    }

    pub(crate) fn len(&self) -> u64 {
        self.written + self.last.len() as u64
    }

    /// Makes room for one more record in memory. Where it fails, nothing has changed, and it may be tried again.
    pub(crate) fn make_room(&mut self) -> io::Result<()> {
        if self.last.len() < TILE {
            return Ok(());
        }
        let bytes = self.last.as_flattened();
        self.file.write_all_at(bytes, self.written * N as u64)?;
        self.written += TILE as u64;
        self.last.clear();
        Ok(())
    }

    /// Appends a record, for which there is room.
    pub(crate) fn push(&mut self, record: [u8; N]) {
        assert!(self.last.len() < TILE, "room is made before");
        self.last.push(record);
    }

    /// The records from `first` on, which all lie in the tile of 256 that has `first`; none where they do not, or
    /// where there are not as many.
    pub(crate) fn in_tile(&self, first: u64, count: u16) -> io::Result<Option<Vec<[u8; N]>>> {
        let end = first.saturating_add(count.into());
        let tile_end = (first / TILE as u64 + 1).saturating_mul(TILE as u64);
        if end > self.len() || end > tile_end {
            return Ok(None);
        }
        let count = usize::from(count);
        if let Some(at) = first.checked_sub(self.written) {
            let at = usize::try_from(at).expect("less than a tile");
            return Ok(Some(self.last[at..at + count].to_vec()));
        }
        let mut records = vec![[0; N]; count];
        let bytes = records.as_flattened_mut();
        self.file.read_exact_at(bytes, first * N as u64)?;
        Ok(Some(records))
    }
}
