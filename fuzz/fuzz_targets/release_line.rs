//! A line of a release file, as the count hand's machine sends it to the mask hand's.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| tally::fuzzing::release_line(text));
