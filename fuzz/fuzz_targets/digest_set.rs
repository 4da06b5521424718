//! A digest-set file, as carried from the air-gapped machine: as it comes, and with both checksums
//! made right, as an attacker would.
#![no_main]

use credentials::digestset::{HEADER_LEN, TRAILER_LEN, check_bytes};
use libfuzzer_sys::fuzz_target;
use sha2::{Digest as _, Sha256};

fuzz_target!(|bytes: &[u8]| {
    let _ = check_bytes(bytes);
    let _ = check_bytes(&resealed(bytes));
});

/// The same fields and records behind a sound CRC32C and SHA-256.
fn resealed(bytes: &[u8]) -> Vec<u8> {
    let mut file = bytes.to_vec();
    file.truncate(bytes.len().saturating_sub(TRAILER_LEN));
    if let Some((header, crc)) = file
        .get_mut(..HEADER_LEN)
        .and_then(|header| header.split_last_chunk_mut::<4>())
    {
        *crc = crc32c::crc32c(header).to_le_bytes();
    }
    let sha256 = Sha256::digest(&file);
    file.extend(sha256);
    file
}
