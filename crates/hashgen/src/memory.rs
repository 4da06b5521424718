//! The bound on memory: how `--memory` is divided, and the least that is enough.

use std::fmt;
use std::str::FromStr;

use credentials::Nas;
use credentials::digestset::RECORD_LEN;

use crate::hash::{HashedChunk, Seen};
use crate::roll::CHUNK_LEN;

/// A number of bytes, written like `1GiB`, `128MiB`, `4096`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(pub u64);

/// What a pass over a roll may keep in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Chunks in each of the three groups that are read, hashed and taken in at the same time.
    pub chunks_per_group: usize,
    /// Records that each ballot's sorter collects before it spills a sorted run.
    pub records_per_run: usize,
    /// Bytes for loading shards back when the pass is over and its memory is free again.
    pub write_bytes: u64,
}

/// The bound is too low.
#[derive(Debug, thiserror::Error)]
#[error(
    "--memory {given} is too little for {ballots} ballot(s): give at least {least}, most of which is one bit for each of the 10^9 possible NAS"
)]
pub struct TooLittle {
    given: ByteSize,
    least: ByteSize,
    ballots: usize,
}

const MIB: u64 = 1 << 20;

/// Chunks in a group for each thread: many share the work evenly, few take little memory.
const CHUNKS_PER_THREAD: (usize, usize) = (2, 32);

/// Fewest records in a run: fewer would make too many runs.
const RECORDS_PER_RUN_MIN: u64 = 1 << 16;

/// Part of the bound that is left for the program itself, its stacks and the index of runs.
const RESERVE_DIVISOR: u64 = 32;

impl Plan {
    /// Divides `bound` for `ballots` ballots on `threads` threads; `window_bytes` are taken by the
    /// decompressor.
    pub fn new(
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
        let records_per_run = usize::try_from(records).unwrap_or(usize::MAX / RECORD_LEN);
        // More than every possible NAS is never collected.
        let records_per_run = records_per_run.min(Nas::NUMBERS as usize);
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

impl ByteSize {
    fn whole_mib(bytes: u64) -> Self {
        Self(bytes.div_ceil(MIB) * MIB)
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            bytes if bytes % MIB == 0 => write!(f, "{}MiB", bytes / MIB),
            bytes => write!(f, "{bytes}"),
        }
    }
}

impl FromStr for ByteSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let factor = match text.get(digits.len()..) {
            Some("" | "B") => 1,
            Some("KiB" | "K") => 1 << 10,
            Some("MiB" | "M") => MIB,
            Some("GiB" | "G") => MIB << 10,
            _ => return Err("write a size like 512MiB or 2GiB".to_owned()),
        };
        let number: u64 = digits
            .parse()
            .map_err(|_| "write a size like 512MiB or 2GiB")?;
        number
            .checked_mul(factor)
            .map(Self)
            .ok_or_else(|| "the size is too large".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_written_with_binary_units() {
        let check = |text: &str, bytes: Option<u64>| {
            assert_eq!(
                text.parse::<ByteSize>().ok().map(|size| size.0),
                bytes,
                "{text}"
            );
        };
        check("1GiB", Some(1 << 30));
        check("128MiB", Some(128 << 20));
        check("4096", Some(4096));
        check("1.5GiB", None);
        check("GiB", None);
        check("-1", None);
        check("99999999999GiB", None);
        assert_eq!(ByteSize(128 << 20).to_string(), "128MiB");
    }

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
            let error = Plan::new(ByteSize(MIB), ballots, 4, 0).unwrap_err();
            assert!(
                Plan::new(error.least, ballots, 4, 0).is_ok(),
                "{}",
                error.least
            );
        }
    }
}
