//! Turnout by hour as officials bring it; what is accepted becomes a file that is read back.
#![no_main]

use std::sync::LazyLock;

use companions::{Baseline, builder};
use election::Event;
use libfuzzer_sys::fuzz_target;

static EVENT: LazyLock<Event> =
    LazyLock::new(|| Event::from_toml(specimen::EXAMPLE).expect("a sound example"));

const RESULTS: &[u8] = include_bytes!("../../fixtures/baseline.csv");

fuzz_target!(|bytes: &[u8]| {
    let date = "2021-10-04".parse().expect("a day");
    let baseline = builder::baseline(RESULTS, &EVENT, EVENT.title.clone(), date);
    let baseline = baseline.expect("the example's earlier results");
    if let Ok(baseline) = builder::with_turnout(bytes, &EVENT, baseline) {
        let json = baseline.to_json();
        let again = Baseline::from_json(&json, &EVENT).expect("what is packed can be opened");
        assert!(again == baseline);
    }
});
