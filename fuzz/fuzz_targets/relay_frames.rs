//! Whatever another node sends: frames are found alike however the bytes are cut, and give the same bytes again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use relay::frame::{Decoder, Frame, TooLong, encode};

fuzz_target!(|input: (u8, &[u8])| {
    let (cut, bytes) = input;
    let whole = decode(std::iter::once(bytes));
    assert_eq!(whole, decode(bytes.chunks(usize::from(cut) + 1)));
    let (frames, pending) = whole;
    let mut again = Vec::new();
    for frame in frames {
        encode(frame.id, &frame.content, &mut again).expect("it was short enough");
    }
    assert!(bytes.starts_with(&again));
    if let Ok(pending) = pending {
        assert_eq!(again.len() + pending, bytes.len());
    }
});

/// The frames in `pieces`, and how many bytes are left over.
fn decode<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<Frame>, Result<usize, TooLong>) {
    let mut decoder = Decoder::default();
    let mut frames = Vec::new();
    for piece in pieces {
        decoder.push(piece);
        loop {
            match decoder.next_frame() {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(error) => return (frames, Err(error)),
            }
        }
    }
    (frames, Ok(decoder.pending()))
}
