//! The readers of what comes from other hands, as the fuzzer calls them: shares of keys, and lines of release
//! files. In builds of the fuzzer and of tests only, which replay the fuzzer's corpus.

use crate::key_share::{self, KeyShare};
use crate::release::read_line;

/// Reads shares, one a line, and joins those that are read.
///
/// # Panics
/// A share that was read is written in another way.
pub fn shares(text: &[u8]) {
    let lines = text.split(|byte| *byte == b'\n');
    let shares: Vec<KeyShare> = lines
        .filter_map(|line| KeyShare::parse(line).ok())
        .collect();
    for share in &shares {
        let again = KeyShare::parse(share.to_file_text().as_bytes());
        assert!(again.is_ok(), "a share that was written is read");
    }
    drop(key_share::join(&shares));
}

/// Reads a line of a release file.
///
/// # Panics
/// A release that was read is written in another way.
pub fn release_line(text: &str) {
    if let Ok((line, sum)) = read_line(text) {
        let again = serde_json::to_string(&line.with(&sum)).expect("strings and numbers are JSON");
        let (_, same) = read_line(&again).expect("a line that was written is read");
        assert!(same == sum, "a release has one meaning");
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;

    /// Calls a reader with each file of a corpus; there are some.
    fn replay(target: &str, read: impl Fn(&[u8])) {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
        let files = fs::read_dir(corpus.join(target)).expect("the corpus");
        let read_all =
            files.map(|file| read(&fs::read(file.expect("a file").path()).expect("a file")));
        assert!(read_all.count() > 0, "{target}");
    }

    #[test]
    fn the_fuzzers_corpus_is_read() {
        replay("key_share", shares);
        replay("release_line", |bytes| {
            let text = std::str::from_utf8(bytes).expect("a corpus of text");
            assert!(read_line(text).is_ok(), "{text}");
            release_line(text);
        });
    }

    proptest! {
        #[test]
        fn hostile_text_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            shares(&bytes);
            release_line(&String::from_utf8_lossy(&bytes));
        }
    }
}
