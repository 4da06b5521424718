//! A package's manifest, as carried on a stick.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = shards::Manifest::from_json(bytes);
});
