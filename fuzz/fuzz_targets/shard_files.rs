//! The index, filter and columns of a shard, behind a sound header.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| shards::fuzzing::shard_files(bytes));
