//! Entries for fuzzing: the readers of a shard's files behind a sound header.
//!
//! A fuzzer practically never guesses a header's checksum; an attacker computes it. So the header is
//! made here, and the input is spent on what lies behind it.

use crate::blocks::CheckedFile;
use crate::column::{DigestColumn, RegionColumn};
use crate::digest::{DIGEST_BYTES, DigestBytes};
use crate::filter::FuseFilter;
use crate::header::{Header, Kind};
use crate::index::PrefixIndex;

/// Reads bytes as each kind of file and asks about one digest. `input`: element width, number of
/// credentials (four bytes), the digest, the payload. Must not panic, whatever the input.
pub fn shard_files(input: &[u8]) {
    let Some((&[width, a, b, c, d], rest)) = input.split_first_chunk::<5>() else {
        return;
    };
    let Some((digest, payload)) = rest.split_first_chunk::<DIGEST_BYTES>() else {
        return;
    };
    let count = u32::from_le_bytes([a, b, c, d]);
    let file = |kind| {
        let header = Header {
            kind,
            shard: 0,
            width: width.into(),
            count: count.into(),
            payload_len: payload.len() as u64,
            payload_crc: crc32c::crc32c(payload),
        };
        [header.to_bytes().as_slice(), payload].concat()
    };
    index(&file(Kind::Index), digest);
    if let Ok((filter, _)) = FuseFilter::read(file(Kind::Filter)) {
        let _ = filter.may_contain(digest);
    }
    if let Ok((column, _)) = DigestColumn::read(CheckedFile::of(file(Kind::Digests))) {
        let _ = column.check_order(0, width);
        let _ = (column.get(0), column.get(count));
    }
    if let Ok((column, _)) = RegionColumn::read(CheckedFile::of(file(Kind::Regions))) {
        let _ = (column.get(0), column.get(count));
    }
}

fn index(file: &[u8], digest: &DigestBytes) {
    if let Ok((index, _)) = PrefixIndex::read(file) {
        let _ = index.candidate(digest);
        let _ = index.check_against(&[*digest]);
    }
}
