//! A log's promise, as voters bring it. What is read is written back as it was, and is no checkpoint.
#![no_main]

use libfuzzer_sys::fuzz_target;
use transparency::{Note, Policy, Promise};

const POLICY: &str = "log example.com/scrutin/0+cea050fa+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4\n\
    quorum none\n";

fuzz_target!(|bytes: &[u8]| {
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    if let Ok(promise) = Promise::parse(text) {
        assert_eq!(promise.to_string(), text);
    }
    let Ok(note) = Note::parse(bytes) else {
        return;
    };
    let policy = Policy::parse(POLICY.as_bytes()).expect("a policy");
    if Promise::verify(&note, &policy).is_ok() {
        assert!(policy.check(&note).is_err());
    }
});
