//! Bytes from enemies: decoders answer with an item or an error, never a panic, and buffer no more
//! than they were given.

mod small;

use election::Choice;
use ledger::{Body, Cursor, Decoder, Item};
use proptest::prelude::*;
use simulation::{Rng, SimDisk};

/// The three segments as one stream.
fn stream() -> Vec<u8> {
    let files = small::files();
    let is_segment = |path: &std::path::Path| path.extension().is_some_and(|k| k == "segment");
    files
        .iter()
        .filter(|(path, _)| is_segment(path))
        .flat_map(|(_, bytes)| bytes.clone())
        .collect()
}

fn items(decoder: &mut Decoder) -> Vec<Item> {
    std::iter::from_fn(|| decoder.next_item().ok().flatten()).collect()
}

#[test]
fn a_stream_decodes_the_same_in_pieces_of_any_size() {
    let stream = stream();
    let mut whole = Decoder::new();
    whole.push(&stream);
    let expected = items(&mut whole);
    assert_eq!((expected.len(), whole.pending()), (9, 0));
    for size in [1, 7, 64, 1000] {
        let mut decoder = Decoder::new();
        let mut got = Vec::new();
        for piece in stream.chunks(size) {
            decoder.push(piece);
            got.extend(items(&mut decoder));
        }
        assert!(got == expected, "pieces of {size}");
    }
}

#[test]
fn invariant_8_a_decoder_accepts_no_other_history() {
    let stream = stream();
    for at in 0..stream.len() {
        let mut changed = stream.clone();
        changed[at] ^= 0x10;
        let mut decoder = Decoder::new();
        decoder.push(&changed);
        let error = loop {
            match decoder.next_item() {
                Ok(Some(_)) => {}
                Ok(None) => break None,
                Err(error) => break Some(error),
            }
        };
        let error = error.unwrap_or_else(|| panic!("byte {at} changed, unnoticed"));
        assert!(error.offset <= at as u64, "byte {at}: {error}");
        assert_eq!(decoder.next_item(), Err(error), "it stays at the damage");
    }
}

/// Two voters of one frame who exchange their choices, and arrive in the other order, leave the
/// same bytes: who voted what is not in the ledger, not even for the holders of both keys.
#[test]
fn invariant_5_exchanged_choices_leave_the_same_bytes() {
    let written = |votes: &[(u32, Choice)]| {
        let disk = SimDisk::new(Rng::new(2));
        small::begin(&disk);
        let mut committer = small::open(&disk, 0).expect("a healthy disk");
        let vote = |(ordinal, choice): &(u32, Choice)| small::vote(0, 0, *ordinal, choice.clone());
        committer
            .step(&mut votes.iter().map(vote).collect())
            .expect("a healthy disk");
        committer.close().expect("a healthy disk");
        disk.files()
    };
    let one = written(&[(3, Choice::Oui), (8, Choice::Non), (9, Choice::Oui)]);
    let other = written(&[(9, Choice::Non), (3, Choice::Oui), (8, Choice::Oui)]);
    assert!(one == other);
    let third = written(&[(9, Choice::Non), (3, Choice::Oui), (7, Choice::Oui)]);
    assert!(one != third, "another voter does show");
}

/// The sealed part has one length whatever the choice on a law, and a ranking whatever it ranks.
#[test]
fn invariant_5_the_sealed_length_tells_nothing() {
    let mut decoder = Decoder::new();
    decoder.push(&stream());
    for item in items(&mut decoder) {
        let Item::Frame(frame) = item else { continue };
        for sealed in frame.body().expect("own frame").choices {
            // Three counts of 4 bytes; or for each vote a key of 32, four ranks of 2 and a tag of 16, and the
            // witnesses of one region.
            let bytes = match sealed.ballot {
                0 => 3 * 4,
                _ => (32 + 4 * 2 + 16) * usize::try_from(sealed.count).expect("few") + 16,
            };
            assert_eq!(sealed.sealed.len(), bytes + 16);
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_decode_to_an_error_or_wait(bytes in prop::collection::vec(any::<u8>(), 0..4096)) {
        let mut decoder = Decoder::new();
        decoder.push(&bytes);
        while let Ok(Some(_)) = decoder.next_item() {}
        prop_assert!(decoder.pending() <= bytes.len());
        let _ = Body::decode(&bytes);
    }

    #[test]
    fn a_changed_stream_never_panics(at in 0usize..3000, with in prop::collection::vec(any::<u8>(), 1..40), sequence: u64) {
        let mut bytes = stream();
        for (to, from) in bytes.iter_mut().skip(at).zip(&with) {
            *to = *from;
        }
        for mut decoder in [Decoder::new(), Decoder::resume(Cursor { sequence: sequence >> 1, ..Cursor::default() })] {
            decoder.push(&bytes);
            while let Ok(Some(item)) = decoder.next_item() {
                if let Item::Frame(frame) = item {
                    let _ = frame.body();
                }
            }
        }
    }

    #[test]
    fn a_changed_body_is_refused_or_encodes_to_itself(at in 0usize..400, with in any::<u8>()) {
        let mut decoder = Decoder::new();
        decoder.push(&stream());
        for item in items(&mut decoder) {
            let Item::Frame(frame) = item else { continue };
            let mut bytes = frame.body_bytes().to_vec();
            let len = bytes.len();
            bytes[at % len] = with;
            if let Ok(body) = Body::decode(&bytes) {
                prop_assert_eq!(body.encode(), bytes, "one body has one encoding");
            }
        }
    }
}

/// A length that promises gigabytes is refused before anything is waited for.
#[test]
fn a_hostile_length_is_not_believed() {
    let stream = stream();
    let mut decoder = Decoder::new();
    decoder.push(&stream[..1_000]);
    let Ok(Some(Item::Segment(header))) = decoder.next_item() else {
        panic!("a header")
    };
    assert_eq!(header.ballots.len(), 2);
    let offset = decoder.offset();
    let mut frame = vec![0xff; 60];
    frame[3] = 0x7f;
    let mut decoder = Decoder::new();
    decoder.push(&stream[..usize::try_from(offset).expect("small")]);
    decoder.push(&frame);
    assert!(matches!(decoder.next_item(), Ok(Some(Item::Segment(_)))));
    assert!(decoder.next_item().is_err());
}
