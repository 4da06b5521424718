//! A signed note, a checkpoint in it, a key: as they come from a log or a witness. What is read is written back
//! as it was.
#![no_main]

use libfuzzer_sys::fuzz_target;
use transparency::{Checkpoint, KeyUse, Note, VerifierKey};

const KEY: &str = "example.com/scrutin/0+cea050fa+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";

fuzz_target!(|bytes: &[u8]| {
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    for used in [KeyUse::Log, KeyUse::Witness] {
        if let Ok(key) = VerifierKey::parse(text, used) {
            assert_eq!(key.to_string(), text);
        }
    }
    if let Ok(checkpoint) = Checkpoint::parse(text) {
        assert_eq!(checkpoint.to_string(), text);
    }
    let Ok(note) = Note::parse(bytes) else {
        return;
    };
    assert_eq!(note.to_string().as_bytes(), bytes);
    let key = VerifierKey::parse(KEY, KeyUse::Log).expect("a key");
    let _ = note.statement_of(&key);
    let _ = Checkpoint::parse(note.text());
});
