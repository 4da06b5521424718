//! Memory maps: the only unsafe code of the workspace.
//!
//! **Why mapping is sound here.** A mapped file can change under the program. Rust calls that
//! undefined behaviour for a `&[u8]`, and a file cut short raises SIGBUS. It is addressed by
//! ownership, not by code: a package is published by renaming a finished directory
//! (`durable::output`), it is never edited in place, and the operator's guide has it owned by
//! another user than the one the validator runs as, without write permission for that user. Two
//! things limit the damage where the rule is broken all the same: every read of mapped bytes is
//! bounds-checked against the length mapped at the start and no value read is trusted (a changed
//! byte can give a wrong answer, never an access out of range), and SIGBUS ends the process, which
//! is a refusal to answer.

use std::fs::File;
use std::io;
use std::path::Path;

use memmap2::{Advice, Mmap};

/// A whole file, readable as bytes, paged in on use.
#[derive(Debug)]
pub(crate) struct Mapping(Mmap);

impl Mapping {
    /// Maps a regular file read-only. An empty file is an error: no file of ours is empty.
    #[allow(unsafe_code)]
    pub(crate) fn open(path: &Path) -> io::Result<Mapping> {
        let file = File::open(path)?;
        // SAFETY: the map is read-only and lives as long as `Mmap`, which does not need the
        // descriptor kept open. That nobody writes to the file meanwhile is the module's rule above.
        let map = unsafe { Mmap::map(&file)? };
        Ok(Mapping(map))
    }

    /// Announces one pass from front to back (verification). Advice may be ignored.
    pub(crate) fn expect_sequential(&self) {
        let _ = self.0.advise(Advice::Sequential);
    }

    /// Announces lookups all over the file (service). Advice may be ignored.
    pub(crate) fn expect_random(&self) {
        let _ = self.0.advise(Advice::Random);
    }
}

impl AsRef<[u8]> for Mapping {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}
