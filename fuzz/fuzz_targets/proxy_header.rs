//! Whatever a proxy sends first: a header is taken for what stands in it alone, however much follows.
#![no_main]

use libfuzzer_sys::fuzz_target;
use listener::proxy_protocol::{HEADER_BYTES_MAX, HeaderError, parse};

fuzz_target!(|bytes: &[u8]| {
    match parse(bytes) {
        Ok((origin, length)) => {
            assert!(length <= bytes.len() && length <= HEADER_BYTES_MAX);
            assert_eq!(parse(&bytes[..length]), Ok((origin, length)));
            assert_eq!(parse(&bytes[..length - 1]), Err(HeaderError::Short));
        }
        // What is refused as it stands is refused whatever comes.
        Err(HeaderError::Short) => {}
        Err(error) => assert_eq!(parse(&[bytes, b"more"].concat()), Err(error)),
    }
});
