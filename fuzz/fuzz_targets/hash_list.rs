//! A list of ready digests, as hashgen import reads it: lines of hexadecimal, or JSON.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = hashgen::import::check_bytes(bytes);
});
