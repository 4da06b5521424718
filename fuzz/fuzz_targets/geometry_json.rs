//! The map of the regions inside a package; what is accepted has one byte form.
#![no_main]

use std::sync::LazyLock;

use companions::Geometry;
use election::Event;
use libfuzzer_sys::fuzz_target;

static EVENT: LazyLock<Event> =
    LazyLock::new(|| Event::from_toml(specimen::EXAMPLE).expect("a sound example"));

fuzz_target!(|bytes: &[u8]| {
    if let Ok(geometry) = Geometry::from_json(bytes, &EVENT) {
        assert!(geometry.to_json() == bytes);
        let _ = (geometry.cartogram_size(), geometry.corners());
    }
});
