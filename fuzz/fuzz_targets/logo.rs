//! A logo as officials bring it and as a package carries it; what is accepted is shapes alone, and is read back.
#![no_main]

use companions::{Logo, builder};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(logo) = Logo::from_svg(bytes) {
        assert!(logo.to_svg() == bytes);
    }
    if let Ok(logo) = builder::logo(bytes) {
        let svg = logo.to_svg();
        assert!(Logo::from_svg(svg).expect("what is packed can be opened") == logo);
        let is_known = |byte: &u8| byte.is_ascii_alphanumeric() || b"<>/=\"#.:-() \n".contains(byte);
        assert!(svg.iter().all(is_known));
    }
});
