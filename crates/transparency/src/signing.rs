//! Signatures of the two kinds that are known here: a log's over its note, and a witness's over the note
//! and the time (c2sp.org/tlog-cosignature).
//!
//! ```text
//! log      Ed25519(text)                                       64 bytes
//! witness  time u64 ‖ Ed25519("cosignature/v1\ntime T\n" text)  72 bytes; seconds since 1970, big-endian
//! ```

use crate::key::{KeyName, KeyUse, PrivateKey, SIGNATURE_BYTES, VerifierKey};
use crate::note::{Note, NoteSignature};

/// The latest time that a cosignature can have, in seconds since 1970.
pub const TIME_S_MAX: u64 = i64::MAX as u64;

/// A signature that names a known key and is not its own.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the signature of {name} does not fit the note: the note or the signature was altered, and nothing in it is to be believed"
)]
pub struct BadSignature {
    /// Name of the key.
    pub name: KeyName,
}

/// A key is asked for a kind of signature that is not its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CosignError {
    /// Only the key of a witness cosigns.
    #[error("this is the key of a log, and only the key of a witness cosigns: give the other file")]
    Use,
    /// No clock shows such a time.
    #[error(
        "the clock shows {time_s} seconds since 1970, which no cosignature can say: set the clock"
    )]
    Time {
        /// In seconds since 1970.
        time_s: u64,
    },
}

impl PrivateKey {
    /// The log's signature over a text that ends in a newline. None where this is a witness's key.
    #[must_use]
    pub fn sign_text(&self, text: &str) -> Option<NoteSignature> {
        if self.public().key_use() != KeyUse::Log {
            return None;
        }
        Some(self.line(self.sign(text.as_bytes()).to_vec()))
    }

    /// The witness's statement that at this time it had seen nothing of the log beyond this text.
    ///
    /// # Errors
    /// See [`CosignError`].
    pub fn cosign_text(&self, text: &str, time_s: u64) -> Result<NoteSignature, CosignError> {
        if self.public().key_use() != KeyUse::Witness {
            return Err(CosignError::Use);
        }
        if time_s > TIME_S_MAX {
            return Err(CosignError::Time { time_s });
        }
        let signature = self.sign(cosigned_message(text, time_s).as_bytes());
        let bytes = [time_s.to_be_bytes().as_slice(), &signature].concat();
        Ok(self.line(bytes))
    }

    fn line(&self, bytes: Vec<u8>) -> NoteSignature {
        NoteSignature {
            name: self.public().name().clone(),
            id: self.public().id(),
            bytes,
        }
    }
}

/// What a known key says of a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statement {
    /// The log's own signature.
    Signed,
    /// The cosignature of a witness.
    Cosigned {
        /// When, in seconds since 1970.
        time_s: u64,
    },
}

impl Note {
    /// What the key says of this note; none where it says nothing. Of several signatures the first one
    /// counts, and all must fit.
    ///
    /// # Errors
    /// A signature names the key and does not fit.
    pub fn statement_of(&self, key: &VerifierKey) -> Result<Option<Statement>, BadSignature> {
        let mut first = None;
        for signature in self.signatures_of(key.name(), key.id()) {
            let statement = statement(key, self.text(), &signature.bytes);
            let statement = statement.ok_or_else(|| BadSignature {
                name: key.name().clone(),
            })?;
            first.get_or_insert(statement);
        }
        Ok(first)
    }

    /// The text with the first signature of this key alone: what is worth keeping as evidence.
    #[must_use]
    pub fn only(&self, key: &VerifierKey) -> Note {
        let mut note = Note::unsigned(self.text().to_owned());
        let mut signatures = self.signatures_of(key.name(), key.id());
        if let Some(signature) = signatures.next() {
            note.add(signature.clone());
        }
        note
    }
}

fn statement(key: &VerifierKey, text: &str, bytes: &[u8]) -> Option<Statement> {
    match key.key_use() {
        KeyUse::Log => {
            let signature: &[u8; SIGNATURE_BYTES] = bytes.try_into().ok()?;
            let fits = key.verifies(text.as_bytes(), signature);
            fits.then_some(Statement::Signed)
        }
        KeyUse::Witness => {
            let (time, signature) = bytes.split_first_chunk()?;
            let time_s = u64::from_be_bytes(*time);
            let signature: &[u8; SIGNATURE_BYTES] = signature.try_into().ok()?;
            let message = cosigned_message(text, time_s);
            let fits = time_s <= TIME_S_MAX && key.verifies(message.as_bytes(), signature);
            fits.then_some(Statement::Cosigned { time_s })
        }
    }
}

fn cosigned_message(text: &str, time_s: u64) -> String {
    format!("cosignature/v1\ntime {time_s}\n{text}")
}
