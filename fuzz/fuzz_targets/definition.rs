//! An event definition as written by people; one that is accepted survives its canonical form.
#![no_main]

use election::Event;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(event) = Event::from_toml(text) {
        let json = event.to_canonical_json();
        let again = Event::from_json(&json).expect("canonical JSON of a valid event is valid");
        assert!(again == event);
    }
});
