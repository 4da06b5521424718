//! Earlier results inside a package; what is accepted has one byte form.
#![no_main]

use std::sync::LazyLock;

use companions::Baseline;
use election::Event;
use libfuzzer_sys::fuzz_target;

static EVENT: LazyLock<Event> =
    LazyLock::new(|| Event::from_toml(specimen::EXAMPLE).expect("a sound example"));

fuzz_target!(|bytes: &[u8]| {
    if let Ok(baseline) = Baseline::from_json(bytes, &EVENT) {
        assert!(baseline.to_json() == bytes);
        for ballot in baseline.ballots() {
            let _ = ballot.total(None);
        }
    }
});
