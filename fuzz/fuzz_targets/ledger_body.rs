//! The body of a ledger's frame, and a receipt as a voter types it in.
#![no_main]

use ledger::{Body, RequestId};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(body) = Body::decode(bytes) {
        assert!(body.encode() == bytes, "a body has one encoding");
    }
    if let Some(receipt) = std::str::from_utf8(bytes)
        .ok()
        .and_then(|text| text.parse::<RequestId>().ok())
    {
        assert!(receipt.to_string().parse() == Ok(receipt));
    }
});
