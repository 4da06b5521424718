//! The bytes of a shard's files. Same digests, same bytes, on any machine.

use credentials::digestset::Record;
use sha2::{Digest as _, Sha256};
use xorf::{BinaryFuse8, BinaryFuse16, DmaSerializable};

use super::error::BuildError;
use crate::digest::{DIGEST_BYTES, DigestBytes, filter_key};
use crate::filter::{DESCRIPTOR_BYTES, FINGERPRINTS_AT, FilterKind};
use crate::hash::Sha256Sum;
use crate::header::{HEADER_BYTES, Header, Kind};

/// A file under construction: the payload grows behind a place kept for the header.
struct FileBytes(Vec<u8>);

impl FileBytes {
    fn with_capacity(payload_bytes: usize) -> FileBytes {
        let mut bytes = Vec::with_capacity(HEADER_BYTES + payload_bytes);
        bytes.resize(HEADER_BYTES, 0);
        FileBytes(bytes)
    }

    fn finish(mut self, kind: Kind, shard: u32, width: u32, count: u32) -> Vec<u8> {
        if let Some((header, payload)) = self.0.split_first_chunk_mut::<HEADER_BYTES>() {
            *header = Header {
                kind,
                shard,
                width,
                count: count.into(),
                payload_len: payload.len() as u64,
                payload_crc: crc32c::crc32c(payload),
            }
            .to_bytes();
        }
        self.0
    }
}

/// `.dig`: the digests in order.
pub(super) fn digest_file(shard: u32, count: u32, records: &[Record]) -> Vec<u8> {
    let mut file = FileBytes::with_capacity(records.len() * DIGEST_BYTES);
    for record in records {
        file.0.extend_from_slice(record.digest.as_bytes());
    }
    file.finish(Kind::Digests, shard, 16, count)
}

/// `.reg`: the regions in order of digest, in one byte each where all fit.
pub(super) fn region_file(shard: u32, count: u32, records: &[Record]) -> Vec<u8> {
    let wide = records.iter().any(|record| record.region > u8::MAX.into());
    let mut file = FileBytes::with_capacity(records.len() * 2);
    for record in records {
        let [low, high] = record.region.to_le_bytes();
        file.0.push(low);
        if wide {
            file.0.push(high);
        }
    }
    file.finish(Kind::Regions, shard, if wide { 2 } else { 1 }, count)
}

/// `.fst`: each digest's shortest prefix that no other digest of the shard begins with, at least
/// one byte, to its ordinal.
pub(super) fn index_file(
    shard: u32,
    count: u32,
    digests: &[DigestBytes],
) -> Result<Vec<u8>, fst::Error> {
    let file = FileBytes::with_capacity(digests.len() * 7);
    let mut index = fst::MapBuilder::new(file.0)?;
    let mut shared_before = 0;
    for (ordinal, digest) in digests.iter().enumerate() {
        let next = digests.get(ordinal + 1);
        let shared_after = next.map_or(0, |next| shared_bytes(digest, next));
        let prefix = 1 + shared_before.max(shared_after);
        let prefix = digest.get(..prefix);
        let prefix = prefix.expect("distinct digests differ within their sixteen bytes");
        index.insert(prefix, ordinal as u64)?;
        shared_before = shared_after;
    }
    Ok(FileBytes(index.into_inner()?).finish(Kind::Index, shard, 0, count))
}

/// How many leading bytes two digests share.
fn shared_bytes(one: &DigestBytes, other: &DigestBytes) -> usize {
    let differing = u128::from_be_bytes(*one) ^ u128::from_be_bytes(*other);
    (differing.leading_zeros() / 8) as usize // at most 16
}

/// `.fuse`: the filter's descriptor and fingerprints.
pub(super) fn filter_file(
    shard: u32,
    count: u32,
    digests: &[DigestBytes],
    kind: FilterKind,
) -> Result<Vec<u8>, BuildError> {
    let mut keys: Vec<u64> = digests.iter().map(filter_key).collect();
    // Distinct digests may share their first eight bytes; a filter must not see a key twice.
    keys.dedup();
    let failed = |reason: &str| BuildError::Filter {
        shard,
        reason: reason.to_owned(),
    };
    let file = match kind {
        FilterKind::Fuse8 => filter_bytes(&BinaryFuse8::try_from(&keys).map_err(failed)?),
        FilterKind::Fuse16 => filter_bytes(&BinaryFuse16::try_from(&keys).map_err(failed)?),
    };
    Ok(file.finish(Kind::Filter, shard, kind.width(), count))
}

fn filter_bytes(filter: &impl DmaSerializable) -> FileBytes {
    let fingerprints = filter.dma_fingerprints();
    let mut file = FileBytes::with_capacity(FINGERPRINTS_AT + fingerprints.len());
    let mut descriptor = [0; FINGERPRINTS_AT];
    if let Some(fields) = descriptor.first_chunk_mut::<DESCRIPTOR_BYTES>() {
        filter.dma_copy_descriptor_to(fields);
    }
    file.0.extend_from_slice(&descriptor);
    file.0.extend_from_slice(fingerprints);
    file
}

/// SHA-256 of the shard's records as they stand in its digest set.
pub(super) fn records_sum(records: &[Record]) -> Sha256Sum {
    let mut hash = Sha256::new();
    let mut batch = Vec::new();
    for records in records.chunks(4096) {
        batch.clear();
        for record in records {
            batch.extend_from_slice(record.digest.as_bytes());
            batch.extend_from_slice(&record.region.to_le_bytes());
        }
        hash.update(&batch);
    }
    Sha256Sum(hash.finalize().into())
}

/// The digests of a digest file just made.
pub(super) fn digests_of(file: &[u8]) -> &[DigestBytes] {
    crate::header::payload(file).as_chunks().0
}
