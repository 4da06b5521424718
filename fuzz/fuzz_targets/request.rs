//! Whatever comes by the public port: bytes of HTTP/1 and of HTTP/2, and the bodies of votes and
//! forms in requests that are otherwise sound. Behind it stands the whole validator: hyper, limits,
//! routes, the readers of votes, a package, a ledger. One validator meets all inputs of a run: after a
//! voter's first vote the others are duplicates.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use validator::fuzzing::{Sent, Validator};

#[path = "../../crates/validator/tests/http/fixture.rs"]
#[allow(
    dead_code,
    clippy::unwrap_used,
    reason = "the validator's tests use more of it"
)]
mod fixture;

use fixture::{Fixture, Voter};

static SERVED: LazyLock<(Fixture, Validator)> = LazyLock::new(|| {
    let fixture = Fixture::new();
    let settings = "[http]\nbody_timeout_ms = 1\nheader_timeout_ms = 50\n\
        [clients]\nrequests_per_second = 1000000000\nrequests_burst = 1000000000\n\
        failed_attempts_burst = 1000000000\n";
    std::fs::write(fixture.path("v.toml"), settings).expect("a temporary file");
    let mut arguments = fixture.arguments("data");
    arguments.extend([
        "--config".to_owned(),
        fixture.path("v.toml").display().to_string(),
    ]);
    let validator = Validator::start(&arguments).expect("the fixture is sound");
    (fixture, validator)
});

fuzz_target!(|input: &[u8]| {
    let Some(sent) = Sent::of(input) else {
        return;
    };
    let answer = SERVED.1.answer(&sent);
    if sent.http2 || answer.is_empty() {
        return; // Frames are not taken apart; no answer: too little came to be answered.
    }
    assert!(answer.starts_with(b"HTTP/1."), "an answer is HTTP");
    assert!(
        !answer.starts_with(b"HTTP/1.1 500"),
        "nothing from outside is a fault of ours"
    );
    let code = Voter(0).code();
    let told = answer
        .windows(code.len())
        .any(|found| found == code.as_bytes());
    assert!(!(sent.vote && told), "a code is never told");
});
