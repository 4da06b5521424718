//! A digest-set file, as carried from the air-gapped machine.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = credentials::digestset::check_bytes(bytes);
});
