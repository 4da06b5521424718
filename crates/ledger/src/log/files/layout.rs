//! Where the files of a data directory lie.
//!
//! ```text
//! <data>/lock                             flock of the one owner
//! <data>/ledger/p0000/00000001.segment    the truth
//! <data>/ledger/p0000/acknowledged        sidecar: the last acknowledged frame
//! <data>/ledger/p0000/checkpoint          the newest checkpoint of its log that witnesses cosigned
//! <data>/ledger/p0000/00000001.segment.torn-4096   what a start or a repair cut off at that byte
//! <data>/voted/<ballot>/0000.voted        derived: snapshot of a voted bitset
//! <data>/voted/<ballot>/0000.voted.kept-1 a snapshot that a start did not use
//! ```

use std::path::{Path, PathBuf};

/// The directory of all partitions, `<data>/ledger`.
pub fn ledger_dir(data_dir: &Path) -> PathBuf {
    data_dir.join("ledger")
}

/// The directory of one partition, such as `<data>/ledger/p0000`.
pub fn partition_dir(data_dir: &Path, partition: u16) -> PathBuf {
    ledger_dir(data_dir).join(partition_dir_name(partition))
}

/// Name of a partition's directory, such as `p0000`.
pub fn partition_dir_name(partition: u16) -> String {
    format!("p{partition:04}")
}

/// The directory of a ballot's snapshots, `<data>/voted/<ballot>`.
pub(crate) fn voted_dir(data_dir: &Path, ballot_id: &str) -> PathBuf {
    data_dir.join("voted").join(ballot_id)
}

/// Name of a shard's snapshot, such as `0000.voted`.
pub(crate) fn voted_file_name(shard: u32) -> String {
    format!("{shard:04}.voted")
}

pub(crate) fn lock_file(data_dir: &Path) -> PathBuf {
    data_dir.join("lock")
}

/// The sidecar of a partition directory.
pub(crate) fn acknowledged_file(partition_dir: &Path) -> PathBuf {
    partition_dir.join("acknowledged")
}

/// The newest checkpoint of a partition's log that counts, beside its segments. The ledger never reads it.
pub fn checkpoint_file(partition_dir: &Path) -> PathBuf {
    partition_dir.join("checkpoint")
}

/// Name of a segment's file, such as `00000001.segment`.
pub(crate) fn segment_file_name(number: u32) -> String {
    format!("{number:08}.segment")
}

/// The number in a segment's file name; `None` for any other name.
pub(crate) fn parse_segment_file_name(name: &str) -> Option<u32> {
    let number = name.strip_suffix(".segment")?.parse().ok()?;
    (segment_file_name(number) == name).then_some(number)
}

/// Where bytes are kept that were cut from a segment at `offset`.
pub(crate) fn torn_file(segment: &Path, offset: u64) -> PathBuf {
    let mut name = segment.as_os_str().to_owned();
    name.push(format!(".torn-{offset}"));
    PathBuf::from(name)
}

/// The segment that is being prepared; what a crash leaves of it is removed.
pub(crate) fn prepared_file(partition_dir: &Path) -> PathBuf {
    partition_dir.join("next.segment.new")
}
