//! The canonical event inside a package; what is accepted is written back to a fixed point.
#![no_main]

use election::Event;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(event) = Event::from_json(bytes) {
        let json = event.to_canonical_json();
        let again = Event::from_json(&json).expect("canonical JSON of a valid event is valid");
        assert!(again.to_canonical_json() == json);
    }
});
