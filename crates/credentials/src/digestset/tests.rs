//! Round trips, golden bytes, and every way a hostile digest set can lie.

use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use crate::{KeyId, Scheme};

fn golden(name: &str) -> Vec<u8> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/golden/credentials");
    fs::read(root.join(name)).unwrap()
}

fn header(count: u64) -> Header {
    Header {
        ballot: BallotId::parse("L2025-001").unwrap(),
        scheme: Scheme::HmacSha256,
        key_id: Some(KeyId([1, 2, 3, 4, 5, 6, 7, 8])),
        has_region: true,
        shard_bits: 1,
        shard: 1,
        count,
    }
}

/// `count` records of shard 1 of 2, in order.
fn records(count: u8) -> Vec<Record> {
    let digest = |i| Digest([0x80 | i, i, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
    (0..count)
        .map(|i| Record {
            digest: digest(i),
            region: 1 + u16::from(i) * 257,
        })
        .collect()
}

fn write(header: Header, records: &[Record]) -> Result<Vec<u8>, WriteError> {
    let mut writer = DigestSetWriter::create(Vec::new(), header)?;
    records.iter().try_for_each(|record| writer.push(*record))?;
    let (bytes, summary) = writer.finish()?;
    assert_eq!(summary.bytes, bytes.len() as u64);
    assert!(bytes.ends_with(&summary.sha256));
    Ok(bytes)
}

/// Recomputes both checksums, as an attacker would.
fn reseal(bytes: &mut Vec<u8>) {
    use sha2::Digest as _;
    let crc = crc32c::crc32c(&bytes[..92]).to_le_bytes();
    bytes[92..96].copy_from_slice(&crc);
    bytes.truncate(bytes.len() - TRAILER_LEN);
    let sha256 = sha2::Sha256::digest(&bytes);
    bytes.extend(sha256);
}

#[test]
fn version_1_is_these_bytes() {
    let bytes = write(header(3), &records(3)).unwrap();
    assert_eq!(bytes, golden("version-1.digests"));
    let read: Vec<_> = DigestSetReader::new(&bytes[..])
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(read, records(3));
}

#[test]
fn an_empty_set_is_a_set() {
    let bytes = write(header(0), &[]).unwrap();
    assert_eq!(check_bytes(&bytes).unwrap(), 0);
}

#[test]
fn more_records_than_a_buffer_holds() {
    let digest = |i: u32| {
        let mut bytes = [0x80; Digest::LEN];
        bytes[4..8].copy_from_slice(&i.to_be_bytes());
        Digest(bytes)
    };
    let records: Vec<_> = (0..10_000)
        .map(|i| Record {
            digest: digest(i),
            region: 7,
        })
        .collect();
    let bytes = write(header(10_000), &records).unwrap();
    assert_eq!(check_bytes(&bytes).unwrap(), 10_000);
}

#[test]
fn every_flipped_bit_is_found() {
    let bytes = golden("version-1.digests");
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(
            check_bytes(&flipped).is_err(),
            "bit {bit} flipped and not noticed"
        );
    }
}

#[test]
fn every_cut_and_every_addition_is_found() {
    let mut bytes = golden("version-1.digests");
    for len in 0..bytes.len() {
        assert!(
            check_bytes(&bytes[..len]).is_err(),
            "cut at {len} and not noticed"
        );
    }
    bytes.push(0);
    assert!(matches!(check_bytes(&bytes), Err(ReadError::TrailingBytes)));
}

#[test]
fn lies_under_good_checksums_are_found() {
    let check = |at: usize, value: u8, expected: &str| {
        let mut bytes = golden("version-1.digests");
        bytes[at] = value;
        reseal(&mut bytes);
        let error = check_bytes(&bytes).unwrap_err().to_string();
        assert!(error.contains(expected), "byte {at} = {value}: {error}");
    };
    check(8, 2, "version");
    check(16, 9, "scheme");
    check(16, 1, "key_id");
    check(17, 2, "has_region");
    check(17, 0, "region");
    check(18, 11, "shard_bits");
    check(18, 0, "shard");
    check(19, 33, "ballot_len");
    check(19, 0, "ballot");
    check(20, 0, "belongs to shard 1, expected 0");
    check(24, 4, "ends after");
    check(31, 255, "count");
    check(40, b'/', "ballot id");
    check(80, 1, "padding");
    check(HEADER_LEN, 0xff, "ascending");
    check(HEADER_LEN, 0x00, "belongs to shard 0, expected 1");
}

#[test]
fn an_open_file_must_have_the_length_of_its_header() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("0001.digests");
    let mut bytes = golden("version-1.digests");
    fs::write(&path, &bytes[..bytes.len() - RECORD_LEN]).unwrap();
    let error = DigestSetReader::open(&path).unwrap_err();
    assert!(
        matches!(
            error,
            ReadError::Truncated {
                expected: 3,
                got: 2
            }
        ),
        "{error}"
    );
    bytes.push(0);
    fs::write(&path, &bytes).unwrap();
    assert!(matches!(
        DigestSetReader::open(&path),
        Err(ReadError::TrailingBytes)
    ));
}

#[test]
fn the_writer_refuses_what_the_reader_would() {
    let check = |header: Header, records: &[Record], expected: &str| {
        let error = write(header, records).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    let [a, b, c] = records(3)[..] else {
        unreachable!()
    };
    check(header(2), &[b, a], "ascending");
    check(header(2), &[a, a], "ascending");
    check(
        header(2),
        &[a],
        "received 1 records, its header announces 2",
    );
    check(header(2), &[a, b, c], "received 3 records");
    check(header(1), &[Record { region: 0, ..a }], "region 0");
    check(
        Header {
            has_region: false,
            ..header(1)
        },
        &[a],
        "region 1",
    );
    check(
        Header {
            shard: 0,
            ..header(1)
        },
        &[a],
        "belongs to shard 1",
    );
    check(
        Header {
            shard: 2,
            ..header(1)
        },
        &[a],
        "shard",
    );
    check(
        Header {
            key_id: None,
            ..header(1)
        },
        &[a],
        "key_id",
    );
    check(
        Header {
            scheme: Scheme::Sha256,
            ..header(1)
        },
        &[a],
        "key_id",
    );
}

#[test]
fn paths_sort_by_shard() {
    let ballot = BallotId::parse("E.1").unwrap();
    assert_eq!(file_path(&ballot, 3), PathBuf::from("E.1/0003.digests"));
    assert_eq!(file_path(&ballot, 1023), PathBuf::from("E.1/1023.digests"));
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        digests in proptest::collection::btree_set(any::<[u8; 16]>(), 0..200),
        with_region in any::<bool>(),
        ballot in "[A-Za-z0-9_-][A-Za-z0-9._-]{0,31}",
    ) {
        let region = |digest: &[u8; 16]| if with_region { u16::from(digest[3]) + 1 } else { 0 };
        let records: Vec<_> =
            digests.iter().map(|d| Record { digest: Digest(*d), region: region(d) }).collect();
        let header = Header {
            ballot: BallotId::parse(&ballot).unwrap(),
            scheme: Scheme::Sha256,
            key_id: None,
            has_region: with_region,
            shard_bits: 0,
            shard: 0,
            count: records.len() as u64,
        };
        let bytes = write(header.clone(), &records).unwrap();
        prop_assert_eq!(bytes.len() as u64, header.file_len());
        let reader = DigestSetReader::new(&bytes[..]).unwrap();
        prop_assert_eq!(reader.header(), &header);
        prop_assert_eq!(reader.collect::<Result<Vec<_>, _>>().unwrap(), records);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = check_bytes(&bytes);
    }

    #[test]
    fn no_resealed_header_makes_the_reader_panic(
        head in proptest::collection::vec(any::<u8>(), 76),
        body in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut bytes = golden("version-1.digests")[..16].to_vec();
        bytes.extend(head);
        bytes.extend([0; 4]);
        bytes.extend(body);
        bytes.extend([0; TRAILER_LEN]);
        reseal(&mut bytes);
        let _ = check_bytes(&bytes);
    }
}
