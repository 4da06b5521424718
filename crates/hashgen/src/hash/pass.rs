//! One pass over a roll: read, hash and take in, all at the same time on different groups.

use std::io::Read;

use anyhow::Result;
use rayon::prelude::*;

use super::intake::Intake;
use super::voter::{HashedChunk, RowHasher};
use crate::roll::{Chunk, ChunkReader, Rows};

/// Some chunks that are read, then hashed, then taken in together.
struct Group {
    slots: Vec<Slot>,
    /// Slots that hold a chunk.
    filled: usize,
}

/// A chunk with the parser's buffers and what its rows became.
struct Slot {
    chunk: Chunk,
    parser: Rows,
    hashed: HashedChunk,
}

/// Reads the whole roll. `after_group` is told how many rows have been taken in since the last
/// call.
pub(super) fn run(
    reader: &mut ChunkReader<impl Read + Send>,
    hasher: &RowHasher,
    intake: &mut Intake,
    chunks_per_group: usize,
    mut after_group: impl FnMut(u64),
) -> Result<()> {
    let group = || Group::new(chunks_per_group, hasher.delimiter);
    let (mut reading, mut hashing, mut taking) = (group(), group(), group());
    loop {
        let (read, ((), taken)) = rayon::join(
            || reading.read(reader),
            || rayon::join(|| hashing.hash(hasher), || taking.take(intake)),
        );
        read?;
        after_group(taken?);
        // What was read is hashed next, what was hashed is taken in next.
        std::mem::swap(&mut taking, &mut hashing);
        std::mem::swap(&mut hashing, &mut reading);
        if hashing.filled == 0 && taking.filled == 0 {
            return Ok(());
        }
    }
}

impl Group {
    fn new(chunks: usize, delimiter: u8) -> Self {
        let slot = || Slot {
            chunk: Chunk::empty(),
            parser: Rows::new(delimiter),
            hashed: HashedChunk::default(),
        };
        Self {
            slots: std::iter::repeat_with(slot).take(chunks).collect(),
            filled: 0,
        }
    }

    fn read(&mut self, reader: &mut ChunkReader<impl Read>) -> Result<()> {
        self.filled = 0;
        for slot in &mut self.slots {
            reader.fill(&mut slot.chunk)?;
            if slot.chunk.bytes().is_empty() {
                break;
            }
            self.filled += 1;
        }
        Ok(())
    }

    fn hash(&mut self, hasher: &RowHasher) {
        let filled = self.slots.iter_mut().take(self.filled);
        filled
            .collect::<Vec<_>>()
            .into_par_iter()
            .with_max_len(1)
            .for_each(|slot| {
                hasher.hash(&slot.chunk, &mut slot.parser, &mut slot.hashed);
            });
    }

    /// Takes the rows in, in order; how many there were.
    fn take(&mut self, intake: &mut Intake) -> Result<u64> {
        let mut rows = 0;
        for slot in self.slots.iter().take(self.filled) {
            intake.take(&slot.hashed)?;
            rows += slot.hashed.rows.len() as u64;
        }
        Ok(rows)
    }
}
