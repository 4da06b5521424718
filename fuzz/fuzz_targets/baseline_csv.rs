//! Earlier results as officials bring them; what is accepted becomes a file that is read back.
#![no_main]

use std::sync::LazyLock;

use companions::{Baseline, builder};
use election::Event;
use libfuzzer_sys::fuzz_target;

static EVENT: LazyLock<Event> =
    LazyLock::new(|| Event::from_toml(specimen::EXAMPLE).expect("a sound example"));

fuzz_target!(|bytes: &[u8]| {
    let date = "2021-10-04".parse().expect("a day");
    if let Ok(baseline) = builder::baseline(bytes, &EVENT, EVENT.title.clone(), date) {
        let json = baseline.to_json();
        let again = Baseline::from_json(&json, &EVENT).expect("what is packed can be opened");
        assert!(again == baseline);
    }
});
