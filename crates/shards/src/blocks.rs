//! Checksums of a file's blocks: whoever reads an element sees whether its block is still the one
//! that was verified.
//!
//! A mapped page that was dropped is read from the disk again, and a disk may give back something
//! else. The sums are taken from the very bytes whose SHA-256 was verified and stay in memory.
//! CRC32C finds what goes wrong by accident; `docs/package.md` says why that is what it is for.

use std::hint::black_box;

/// Bytes of a block: a few cache lines for a look-up, a sixty-fourth of the file for the sums. Elements
/// of 16, 2 or 1 bytes behind a header of 64 never stand in two blocks.
pub(crate) const BLOCK_BYTES: usize = 256;

/// The CRC32C of each block of a file.
#[derive(Debug, Default, Clone)]
pub(crate) struct BlockSums(Vec<u32>);

impl BlockSums {
    /// The sums of a whole file.
    #[cfg(any(test, feature = "builder"))]
    pub(crate) fn of(file: &[u8]) -> BlockSums {
        let mut sums = BlockSums::default();
        sums.append(file);
        sums
    }

    /// The sums of a file's next bytes: whole blocks, but at its end.
    pub(crate) fn append(&mut self, bytes: &[u8]) {
        self.0.extend(bytes.chunks(BLOCK_BYTES).map(crc32c::crc32c));
    }
}

/// A block that holds something else than what was verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ChangedBlock {
    /// The byte of the file at which it begins.
    pub(crate) offset: u64,
}

/// A file whose elements are checked as they are read.
#[derive(Debug)]
pub(crate) struct CheckedFile<B> {
    file: B,
    sums: BlockSums,
}

impl<B: AsRef<[u8]>> CheckedFile<B> {
    pub(crate) fn new(file: B, sums: BlockSums) -> CheckedFile<B> {
        CheckedFile { file, sums }
    }

    /// A file as it stands now.
    #[cfg(feature = "builder")]
    pub(crate) fn of(file: B) -> CheckedFile<B> {
        let sums = BlockSums::of(file.as_ref());
        CheckedFile::new(file, sums)
    }

    /// All bytes, which nobody checks.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.file.as_ref()
    }

    /// The element at a byte of the file; none behind its end.
    ///
    /// # Errors
    /// Its block is not any more what was verified.
    #[inline]
    pub(crate) fn element<const N: usize>(
        &self,
        at: usize,
    ) -> Result<Option<[u8; N]>, ChangedBlock> {
        let (number, inside) = (at / BLOCK_BYTES, at % BLOCK_BYTES);
        let offset = number * BLOCK_BYTES;
        let rest = self.file.as_ref().get(offset..);
        let Some(rest) = rest.filter(|rest| !rest.is_empty()) else {
            return Ok(None);
        };
        let mut block = [0; BLOCK_BYTES];
        let length = rest.len().min(BLOCK_BYTES);
        if let (Some(to), Some(from)) = (block.get_mut(..length), rest.get(..length)) {
            to.copy_from_slice(from);
        }
        // The page may be read again at any moment: what is checked and what is used is one copy, and
        // the compiler must not go back to the file for either.
        let block = black_box(block);
        let block = block.get(..length).unwrap_or_default();
        if self.sums.0.get(number) != Some(&crc32c::crc32c(block)) {
            return Err(ChangedBlock {
                offset: offset as u64,
            });
        }
        Ok(block.get(inside..).and_then(<[u8]>::first_chunk).copied())
    }
}

#[cfg(test)]
mod tests {
    use super::{BLOCK_BYTES, BlockSums, ChangedBlock, CheckedFile};

    #[test]
    fn every_element_of_a_changed_block_is_refused_and_no_other() {
        for length in [1, 2, 255, 256, 257, 600] {
            let sound: Vec<u8> = (0..=u8::MAX).cycle().take(length).collect();
            let sums = BlockSums::of(&sound);
            for changed in 0..length {
                let mut bytes = sound.clone();
                bytes[changed] ^= 1 << (changed % 8);
                let file = CheckedFile::new(bytes, sums.clone());
                for at in 0..length + 2 * BLOCK_BYTES {
                    let offset = changed / BLOCK_BYTES * BLOCK_BYTES;
                    let expected = if (offset..offset + BLOCK_BYTES).contains(&at) {
                        let offset = offset as u64;
                        Err(ChangedBlock { offset })
                    } else {
                        Ok(sound.get(at).map(|byte| [*byte]))
                    };
                    assert_eq!(file.element(at), expected, "{at} of {length}");
                }
            }
        }
    }

    #[test]
    fn sums_taken_piece_by_piece_are_those_of_the_whole() {
        let bytes = [7; 1_000];
        let mut sums = BlockSums::default();
        for piece in bytes.chunks(2 * BLOCK_BYTES) {
            sums.append(piece);
        }
        assert_eq!(sums.0, BlockSums::of(&bytes).0);
    }
}
