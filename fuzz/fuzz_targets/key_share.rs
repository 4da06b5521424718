//! Shares of a key, one a line, as trustees bring them together.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| tally::fuzzing::shares(text));
