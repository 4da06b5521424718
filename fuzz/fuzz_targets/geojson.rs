//! A map of the regions as officials bring it; what is accepted becomes a file that is read back.
#![no_main]

use std::sync::LazyLock;

use companions::{Geometry, builder};
use election::Event;
use libfuzzer_sys::fuzz_target;

static EVENT: LazyLock<Event> =
    LazyLock::new(|| Event::from_toml(specimen::EXAMPLE).expect("a sound example"));

fuzz_target!(|bytes: &[u8]| {
    if let Ok(drawing) = builder::geometry(bytes, &EVENT) {
        let json = drawing.geometry.to_json();
        let again = Geometry::from_json(&json, &EVENT).expect("what is packed can be opened");
        assert!(again == drawing.geometry);
    }
});
