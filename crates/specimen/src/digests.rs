//! Digest sets, as hashgen leaves them for shardpack.

use std::fs::{self, File};
use std::path::Path;

use credentials::BallotId;
use credentials::digestset::{self, DigestSetWriter, Header};

use crate::roll::{Roll, sharded};

/// Writes the digest sets of a ballot below `dir`, in place of those that are there.
pub fn write_digests(dir: &Path, ballot: &str, roll: &Roll, shard_bits: u8) {
    let ballot = BallotId::parse(ballot).expect("the id of a ballot");
    let hasher = roll.hasher();
    let records = roll.records(&ballot);
    for (shard, inside) in sharded(&records, shard_bits) {
        let header = Header {
            ballot: ballot.clone(),
            scheme: hasher.scheme(),
            key_id: hasher.key_id(),
            has_region: !roll.regions.is_empty(),
            shard_bits,
            shard,
            count: inside.len() as u64,
        };
        let path = dir.join(digestset::file_path(&ballot, shard));
        let parent = path.parent().expect("a digest set lies in a directory");
        fs::create_dir_all(parent).expect("a writable directory");
        let file = File::create(path).expect("a writable directory");
        let mut writer = DigestSetWriter::create(file, header).expect("a sound header");
        for record in inside {
            writer.push(*record).expect("records in order");
        }
        writer.finish().expect("as many records as the header says");
    }
}
