//! Why a package could not be made.

use std::io;
use std::path::PathBuf;

use credentials::MAX_SHARD_BITS;

/// Why a package could not be made.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant names its fields")]
pub enum BuildError {
    /// The operating system refused.
    #[error("cannot write {}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        source: io::Error,
    },
    /// Records that are not in strictly ascending order of digest.
    #[error(
        "shard {shard}: record {index} does not follow the one before in order, sort the records and drop repeated digests"
    )]
    Unsorted {
        shard: u32,
        /// The later record, from 0.
        index: usize,
    },
    /// A record of another shard.
    #[error("record {index} belongs into shard {got}, expected {expected}")]
    WrongShard {
        /// The record, from 0.
        index: usize,
        /// The shard being built.
        expected: u32,
        /// The shard that the digest names.
        got: u32,
    },
    /// A record with a region where the ballot has none, or without where it has.
    #[error(
        "shard {shard}: record {index} has region {got}, but either all credentials of a ballot have a region or none"
    )]
    Region {
        shard: u32,
        /// The record, from 0.
        index: usize,
        /// Its region, 0 for none.
        got: u16,
    },
    /// A shard number or size out of range.
    #[error(
        "shard {shard} of 2^{bits} with {records} records is out of range (at most 2^{MAX_SHARD_BITS} shards of 2^31 records)"
    )]
    Range {
        shard: u32,
        bits: u8,
        records: usize,
    },
    /// The filter could not be built: practically impossible with distinct keys.
    #[error("shard {shard}: cannot build the filter: {reason}")]
    Filter {
        shard: u32,
        /// What the filter says.
        reason: String,
    },
    /// The index could not be built.
    #[error("shard {shard}: cannot build the index: {source}")]
    Index {
        shard: u32,
        /// What the index says.
        source: fst::Error,
    },
    /// The ballots built are not those of the event.
    #[error("manifest: {reason}")]
    Manifest {
        /// What does not fit.
        reason: String,
    },
}
