//! Segments and frames of a ledger: as they come, and with every checksum and link of the chain
//! made right, so that the fields and bodies behind them are reached.
#![no_main]

use ledger::{Decoder, Item};
use libfuzzer_sys::fuzz_target;
use sha2::{Digest as _, Sha256};

/// Where things stand in a segment header and in a frame (`docs/ledger.md`).
const MAGIC: &[u8] = b"SCRLEDG2";
const HEADER_LENGTH_AT: usize = 12;
const HEADER_PREVIOUS_AT: usize = 168;
const FRAME_PREVIOUS_AT: usize = 24;
const FRAME_CRC_AT: usize = 56;
const FRAME_BYTES_MIN: usize = 92;
const HASH_BYTES: usize = 32;

fuzz_target!(|bytes: &[u8]| {
    decode(bytes);
    decode(&resealed(bytes));
});

fn decode(bytes: &[u8]) {
    let mut decoder = Decoder::new();
    decoder.push(bytes);
    while let Ok(Some(item)) = decoder.next_item() {
        if let Item::Frame(frame) = item
            && let Ok(body) = frame.body()
        {
            assert!(
                body.encode() == frame.body_bytes(),
                "a body has one encoding"
            );
        }
    }
    assert!(decoder.pending() <= bytes.len());
}

/// The same stream with each item's checksums and link to the item before computed anew.
fn resealed(bytes: &[u8]) -> Vec<u8> {
    let mut stream = bytes.to_vec();
    let mut previous = [0; HASH_BYTES];
    let mut rest = stream.as_mut_slice();
    while let Some(length) = item_length(rest) {
        let (item, after) = rest.split_at_mut(length);
        let is_frame = !item.starts_with(MAGIC);
        let at = if is_frame {
            FRAME_PREVIOUS_AT
        } else {
            HEADER_PREVIOUS_AT
        };
        item[at..at + HASH_BYTES].copy_from_slice(&previous);
        if is_frame {
            let crc = crc32c::crc32c(&item[..FRAME_CRC_AT]).to_le_bytes();
            item[FRAME_CRC_AT..FRAME_CRC_AT + 4].copy_from_slice(&crc);
        }
        let (content, hash) = item.split_at_mut(length - HASH_BYTES);
        previous = Sha256::digest(content).into();
        hash.copy_from_slice(&previous);
        rest = after;
    }
    stream
}

/// The length that the item at the start of `bytes` claims, where it is all there.
fn item_length(bytes: &[u8]) -> Option<usize> {
    let (at, min) = if bytes.starts_with(MAGIC) {
        (HEADER_LENGTH_AT, HEADER_PREVIOUS_AT + 2 * HASH_BYTES)
    } else {
        (0, FRAME_BYTES_MIN)
    };
    let length = u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?) as usize;
    (min..=bytes.len()).contains(&length).then_some(length)
}
