//! A policy, as people write and publish it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use transparency::Policy;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(policy) = Policy::parse(bytes) {
        assert!(!policy.logs().is_empty() && !policy.quorum_text().is_empty());
    }
});
