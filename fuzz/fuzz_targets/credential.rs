//! NAS, code, ballot id and roll key as people and files give them.
#![no_main]

use credentials::{BallotId, Code, Nas, RollKey};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(nas) = Nas::parse(bytes) {
        assert!(nas.number() < Nas::NUMBERS);
        let _ = nas.luhn_valid();
    }
    if let Ok(code) = Code::parse(bytes) {
        // Normal form is a fixed point: hashing and voting must agree on it.
        let again = Code::parse(code.as_bytes()).expect("a normalised code is a code");
        assert!(again == code);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = BallotId::parse(text);
    }
    let _ = RollKey::parse(bytes);
});
