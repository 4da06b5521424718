//! Columns and filters over bytes that nobody vouches for, and the header's own fields.

use proptest::prelude::*;

use crate::blocks::CheckedFile;
use crate::column::{DigestColumn, RegionColumn};
use crate::error::FormatError;
use crate::filter::{FINGERPRINTS_AT, FuseFilter};
use crate::header::{HEADER_BYTES, Header, Kind};

fn file(kind: Kind, width: u32, count: u64, payload: &[u8]) -> Vec<u8> {
    let payload_len = payload.len() as u64;
    let payload_crc = crc32c::crc32c(payload);
    let header = Header {
        kind,
        shard: 3,
        width,
        count,
        payload_len,
        payload_crc,
    };
    [header.to_bytes().as_slice(), payload].concat()
}

fn descriptor(segment: u32, mask: u32, count_length: u32) -> Vec<u8> {
    let mut fields = 99u64.to_le_bytes().to_vec();
    for field in [segment, mask, count_length] {
        fields.extend(field.to_le_bytes());
    }
    fields.resize(FINGERPRINTS_AT, 0);
    fields
}

#[test]
fn every_flipped_header_bit_is_refused() {
    let sound = file(Kind::Digests, 16, 2, &[7; 32]);
    DigestColumn::read(CheckedFile::of(sound.as_slice())).unwrap();
    for bit in 0..HEADER_BYTES * 8 {
        let mut altered = sound.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        assert!(
            DigestColumn::read(CheckedFile::of(altered)).is_err(),
            "bit {bit}"
        );
    }
}

#[test]
fn a_payload_is_held_against_its_checksum() {
    let mut altered = file(Kind::Digests, 16, 2, &[7; 32]);
    altered[HEADER_BYTES + 9] ^= 1;
    let (_, header) = DigestColumn::read(CheckedFile::of(altered.as_slice())).unwrap();
    let outcome = header.check_payload(&altered);
    assert!(matches!(
        outcome,
        Err(FormatError::Field {
            field: "payload checksum",
            ..
        })
    ));
}

#[test]
fn columns_of_wrong_order_or_shard_are_refused() {
    let check = |digests: &[[u8; 16]], shard| {
        let bytes = file(
            Kind::Digests,
            16,
            digests.len() as u64,
            digests.as_flattened(),
        );
        DigestColumn::read(CheckedFile::of(bytes))
            .unwrap()
            .0
            .check_order(shard, 1)
    };
    assert_eq!(check(&[[1; 16], [2; 16]], 0), Ok(()));
    assert_eq!(check(&[], 0), Ok(()));
    assert_eq!(
        check(&[[2; 16], [1; 16]], 0),
        Err(FormatError::Unsorted { ordinal: 1 })
    );
    assert_eq!(
        check(&[[1; 16], [1; 16]], 0),
        Err(FormatError::Unsorted { ordinal: 1 })
    );
    assert!(
        check(&[[1; 16], [0x80; 16]], 0).is_err(),
        "last digest of another shard"
    );
    assert!(
        check(&[[1; 16], [0x80; 16]], 1).is_err(),
        "first digest of another shard"
    );
}

#[test]
fn columns_whose_counts_lie_are_refused() {
    for count in [0, 1, 3, u64::from(u32::MAX), u64::MAX, 1 << 60] {
        assert!(
            DigestColumn::read(CheckedFile::of(file(Kind::Digests, 16, count, &[7; 32]))).is_err()
        );
        assert!(
            RegionColumn::read(CheckedFile::of(file(Kind::Regions, 1, count, &[7; 2]))).is_err()
                || count == 2
        );
    }
    assert!(RegionColumn::read(CheckedFile::of(file(Kind::Regions, 3, 2, &[7; 6]))).is_err());
}

#[test]
fn filters_that_would_reach_outside_are_refused() {
    let check = |segment, mask, count_length, fingerprints: usize| {
        let mut payload = descriptor(segment, mask, count_length);
        payload.resize(FINGERPRINTS_AT + fingerprints, 0);
        FuseFilter::read(file(Kind::Filter, 1, 1, &payload)).map(|_| ())
    };
    check(4, 3, 8, 16).unwrap();
    let hostile = [
        (4, 3, 8, 15),
        (4, 3, 8, 17),
        (4, 3, 8, 0),
        (4, 7, 8, 16),
        (3, 2, 9, 15),
        (4, 3, 6, 14),
        (4, 3, 0, 8),
        (0, u32::MAX, 0, 0),
        (1 << 31, (1 << 31) - 1, 1 << 31, 16),
    ];
    for (segment, mask, count_length, fingerprints) in hostile {
        assert!(
            check(segment, mask, count_length, fingerprints).is_err(),
            "segment {segment}"
        );
    }
}

proptest! {
    /// Whatever descriptor is accepted, no digest makes the probe leave the fingerprints.
    #[test]
    fn accepted_filters_stay_inside(
        bits in 0u32..6, segments in 1u32..6, wide: bool, seed: u64,
        digests in proptest::collection::vec(any::<[u8; 16]>(), 50),
    ) {
        let segment = 1 << bits;
        let mut payload = descriptor(segment, segment - 1, segments * segment);
        payload.splice(..8, seed.to_le_bytes());
        let width = if wide { 2 } else { 1 };
        payload.resize(FINGERPRINTS_AT + ((segments + 2) * segment * width) as usize, 0xA5);
        let bytes = file(Kind::Filter, width, 1, &payload);
        // A filter of two-byte fingerprints needs an even address: where the test's allocation has
        // none, it is refused, which is an answer too.
        if let Ok((filter, _)) = FuseFilter::read(bytes) {
            for digest in &digests {
                let _ = filter.may_contain(digest);
            }
        }
    }

    #[test]
    fn any_descriptor(fields in proptest::collection::vec(any::<u8>(), 20), extra in 0usize..64, digest: [u8; 16]) {
        let mut payload = fields;
        payload.resize(FINGERPRINTS_AT + extra, 0);
        if let Ok((filter, _)) = FuseFilter::read(file(Kind::Filter, 1, 1, &payload)) {
            let _ = filter.may_contain(&digest);
        }
    }
}
