//! The bound on memory: how `--memory` is divided, and the least that is enough.

use credentials::Nas;
use credentials::digestset::RECORD_LEN;

use super::voter::HashedChunk;
use crate::byte_size::ByteSize;
use crate::roll::CHUNK_LEN;
use crate::seen::Seen;

/// What a pass over a roll may keep in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Plan {
    /// Chunks in each of the three groups that are read, hashed and taken in at the same time.
    pub(super) chunks_per_group: usize,
    /// Records that each ballot's sorter collects before it spills a sorted run.
    pub(super) records_per_run: usize,
    /// Bytes for loading shards back when the pass is over and its memory is free again.
    pub(super) write_bytes: u64,
}

/// The bound is too low.
#[derive(Debug, thiserror::Error)]
#[error(
    "--memory {given} is too little for {ballots} ballot(s): give at least {least}, most of which is one bit for each of the 10^9 possible NAS"
)]
pub(super) struct TooLittle {
    given: ByteSize,
    least: ByteSize,
    ballots: usize,
}

/// Chunks in a group for each thread: many share the work evenly, few take little memory.
const CHUNKS_PER_THREAD: (usize, usize) = (2, 32);

/// Fewest records in a run: fewer would make too many runs.
const RECORDS_PER_RUN_MIN: u64 = 1 << 16;

/// Part of the bound that is left for the program itself, its stacks and the index of runs.
const RESERVE_DIVISOR: u64 = 32;

impl Plan {
    /// Divides `bound` for `ballots` ballots on `threads` threads; `window_bytes` are taken by the
    /// decompressor.
    pub(super) fn new(
        bound: ByteSize,
        ballots: usize,
        threads: usize,
        window_bytes: u64,
    ) -> Result<Self, TooLittle> {
        let per_record = (ballots * RECORD_LEN) as u64;
        let usable = bound.0 - bound.0 / RESERVE_DIVISOR;
        let fixed = Seen::bytes(Nas::NUMBERS) + window_bytes;
        let (few, many) = CHUNKS_PER_THREAD;
        let least = fixed + group_bytes(few * threads, ballots) + RECORDS_PER_RUN_MIN * per_record;
        if usable < least {
            let least = ByteSize::whole_mib(least * RESERVE_DIVISOR / (RESERVE_DIVISOR - 1));
            return Err(TooLittle {
                given: bound,
                least,
                ballots,
            });
        }
        let generous = usable - fixed >= 16 * group_bytes(many * threads, ballots);
        let chunks_per_group = if generous { many } else { few } * threads;
        let records = (usable - fixed - group_bytes(chunks_per_group, ballots)) / per_record;
        // More than every possible NAS is never collected.
        let records = records.min(Nas::NUMBERS.into());
        let records_per_run = usize::try_from(records).expect("at most 10^9");
        Ok(Self {
            chunks_per_group,
            records_per_run,
            write_bytes: usable,
        })
    }
}

/// Three groups: their text, the parsers' buffers, and the rows hashed.
fn group_bytes(chunks: usize, ballots: usize) -> u64 {
    let hashed = HashedChunk::bytes_max(CHUNK_LEN, ballots);
    (3 * chunks * (2 * CHUNK_LEN + hashed)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_least_is_enough_for_one_ballot() {
        let bound = ByteSize(128 << 20);
        let plan = Plan::new(bound, 1, 2, 0).unwrap();
        assert!(plan.records_per_run >= 1 << 16);
        let error = Plan::new(ByteSize(64 << 20), 1, 2, 0)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("--memory 64MiB") && error.contains("at least 12"),
            "{error}"
        );
    }

    #[test]
    fn the_least_that_is_named_is_accepted() {
        for ballots in [1, 2, 10, 60] {
            let error = Plan::new(ByteSize(1 << 20), ballots, 4, 0).unwrap_err();
            assert!(
                Plan::new(error.least, ballots, 4, 0).is_ok(),
                "{}",
                error.least
            );
        }
    }
}
