//! Names of tiles, and the bytes of bundles and tiles, as a server or a stick has them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use transparency::{Leaf, Tile, TilePath, bundle_bytes, read_bundle};

fuzz_target!(|bytes: &[u8]| {
    // The name in the first line, the file behind it.
    let end = bytes.iter().position(|byte| *byte == b'\n');
    let (name, file) = bytes.split_at(end.unwrap_or(bytes.len()));
    let file = file.get(1..).unwrap_or_default();
    let Some(path) = std::str::from_utf8(name).ok().and_then(|name| name.parse::<TilePath>().ok()) else {
        return;
    };
    assert_eq!(path.to_string().as_bytes(), name);
    if let Ok(tile) = Tile::from_bytes(path, file) {
        assert_eq!(tile.to_bytes(), file);
    }
    if let Ok(entries) = read_bundle(path, file) {
        for entry in &entries {
            if let Ok(leaf) = Leaf::decode(entry) {
                assert_eq!(leaf.encode(), *entry);
            }
        }
        assert_eq!(bundle_bytes(entries).expect("they were read"), file);
    }
});
