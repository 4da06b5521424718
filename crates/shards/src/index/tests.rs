//! The walk against crate `fst` as an oracle, and against bytes that nobody vouches for.

use proptest::prelude::*;

use super::*;
use crate::digest::DIGEST_BYTES;
use crate::header::HEADER_BYTES;

/// A file around an index of the given keys with their ordinals.
fn file_of(keys: &[Vec<u8>]) -> Vec<u8> {
    let entries = keys
        .iter()
        .enumerate()
        .map(|(ordinal, key)| (key, ordinal as u64));
    let index = fst::Map::from_iter(entries).expect("keys are sorted and distinct");
    wrap(keys.len() as u64, index.as_fst().as_bytes())
}

/// Puts a sound header before any bytes.
fn wrap(count: u64, payload: &[u8]) -> Vec<u8> {
    let header = Header {
        kind: Kind::Index,
        shard: 0,
        width: 0,
        count,
        payload_len: payload.len() as u64,
        payload_crc: crc32c::crc32c(payload),
    };
    [header.to_bytes().as_slice(), payload].concat()
}

fn padded(key: &[u8]) -> DigestBytes {
    let mut digest = [0xEE; DIGEST_BYTES];
    digest[..key.len()].copy_from_slice(key);
    digest
}

/// The table of common inputs is part of the format: each byte as a node's only input.
#[test]
fn single_transitions_of_every_byte() {
    for byte in 0..=255u8 {
        let keys = [
            vec![7, byte, 7, 9],
            vec![8, byte, 7, 9],
            vec![9, 1, byte, 2],
        ];
        let (index, _) = PrefixIndex::read(file_of(&keys)).unwrap();
        for (ordinal, key) in keys.iter().enumerate() {
            assert_eq!(
                index.candidate(&padded(key)),
                Some(ordinal as u64),
                "byte {byte}"
            );
            let mut other = key.clone();
            other[1] ^= 1;
            assert_eq!(index.candidate(&padded(&other)), None, "byte {byte}");
        }
    }
}

/// Nodes on both sides of the table's threshold, and the full node of 256.
#[test]
fn nodes_of_every_width() {
    for transitions in 1..=256u16 {
        let keys: Vec<Vec<u8>> = (0..=255u8)
            .filter(|&n| u16::from(n) < transitions)
            .map(|n| vec![n, 5])
            .collect();
        let (index, _) = PrefixIndex::read(file_of(&keys)).unwrap();
        for n in 0..=255u8 {
            let expected = (u16::from(n) < transitions).then_some(u64::from(n));
            assert_eq!(
                index.candidate(&padded(&[n, 5])),
                expected,
                "{transitions} transitions"
            );
        }
    }
}

#[test]
fn an_index_that_hides_a_digest_disagrees() {
    let digests: Vec<DigestBytes> = (0..200u8).map(|n| padded(&[n / 20, n, n])).collect();
    let keys: Vec<Vec<u8>> = digests.iter().map(|digest| digest[..3].to_vec()).collect();
    let (index, _) = PrefixIndex::read(file_of(&keys)).unwrap();
    index.check_against(&digests).unwrap();
    let disagrees = |ordinal| Err(FormatError::IndexDisagrees { ordinal });
    assert_eq!(index.check_against(&digests[1..]), disagrees(0));
    assert_eq!(index.check_against(&digests[..199]), disagrees(199));
    let mut changed = digests.clone();
    changed[77][2] ^= 1;
    assert_eq!(index.check_against(&changed), disagrees(77));
}

proptest! {
    /// Any bytes under a sound header and frame: an answer or none, never a panic, in bounded time.
    #[test]
    fn any_nodes(
        mut nodes in proptest::collection::vec(any::<u8>(), 0..600),
        digest in any::<DigestBytes>(),
        count in 1u64..4,
    ) {
        let mut payload = FST_VERSION.to_le_bytes().to_vec();
        payload.extend([0; 8]);
        payload.append(&mut nodes);
        let root = payload.len() as u64 - 1;
        payload.extend(count.to_le_bytes());
        payload.extend(root.to_le_bytes());
        payload.extend([0; 4]);
        if let Ok((index, _)) = PrefixIndex::read(wrap(count, &payload)) {
            let _ = index.candidate(&digest);
            let _ = index.check_against(&[digest]);
        }
    }

    /// A sound index with some bytes overwritten and its checksum mended.
    #[test]
    fn altered_nodes(
        keys in proptest::collection::btree_set(proptest::collection::vec(any::<u8>(), 4), 1..80),
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let keys: Vec<Vec<u8>> = keys.into_iter().collect();
        let mut payload = file_of(&keys).split_off(HEADER_BYTES);
        for (at, byte) in edits {
            let at = at.index(payload.len());
            payload[at] = byte;
        }
        let digests: Vec<DigestBytes> = keys.iter().map(|key| padded(key)).collect();
        if let Ok((index, _)) = PrefixIndex::read(wrap(keys.len() as u64, &payload)) {
            for digest in &digests {
                let _ = index.candidate(digest);
            }
            let _ = index.check_against(&digests);
        }
    }

    #[test]
    fn any_file(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(PrefixIndex::read(bytes).is_err(), "no random file has a header's checksum");
    }
}
