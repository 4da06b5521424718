//! Signed notes (c2sp.org/signed-note): a text, a blank line, and one line for each signature.
//!
//! ```text
//! example.com/log
//! 3
//! rrbP4nSntwr...=
//!
//! — example.com/log base64(id ‖ signature)
//! — witness.example base64(id ‖ time ‖ signature)
//! ```
//! The reader keeps signatures of keys that it does not know, as they stand. It is stricter than the text
//! asks for in one thing: base 64 must be the one that its bytes have, so that a note has one spelling.

use std::fmt;

use data_encoding::BASE64;

use crate::key::{KeyId, KeyName};
use crate::text;

/// Longest note that is read, in bytes: room for sixteen signatures of the longest kind in use.
pub const NOTE_BYTES_MAX: usize = 128 << 10;
/// Most signatures of a note.
pub const SIGNATURES_MAX: usize = 100;

/// How a signature line begins: an em dash and a space.
const MARK: &str = "\u{2014} ";

/// A text with signatures, which nobody has checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

/// One signature line, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    /// Name of the key.
    pub name: KeyName,
    /// Id of the key.
    pub id: KeyId,
    /// What the key made; its form depends on the key's type.
    pub bytes: Vec<u8>,
}

/// Why bytes are not a signed note.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Nothing sensible is that long.
    #[error(
        "the note has more than {NOTE_BYTES_MAX} bytes: it is something else, or somebody filled it with signatures"
    )]
    TooLong,
    /// A note is text, and its lines end in newlines alone.
    #[error(
        "the note has bytes that are no text (not UTF-8, or a control character): fetch it again, unconverted"
    )]
    NoText,
    /// The blank line between text and signatures, or the text, is missing.
    #[error(
        "the note has no text, no blank line behind it, or no signatures: it was cut short, fetch it again"
    )]
    NoSignatures,
    /// A line below the blank line is no signature.
    #[error("the note's signature line {line} is none: {quoted}")]
    Signature {
        /// Number of the line below the blank line, from 1.
        line: usize,
        /// The beginning of the line.
        quoted: String,
    },
    /// More lines than anybody needs.
    #[error(
        "the note has more than {SIGNATURES_MAX} signatures: somebody filled it up, fetch it from elsewhere"
    )]
    TooManySignatures,
}

impl Note {
    /// A note without signatures; add them with [`Note::add`].
    pub(crate) fn unsigned(text: String) -> Note {
        Note {
            text,
            signatures: Vec::new(),
        }
    }

    /// Reads a note. Nothing is known of its signatures yet.
    ///
    /// # Errors
    /// See [`NoteError`].
    pub fn parse(bytes: &[u8]) -> Result<Note, NoteError> {
        if bytes.len() > NOTE_BYTES_MAX {
            return Err(NoteError::TooLong);
        }
        let note = std::str::from_utf8(bytes).map_err(|_| NoteError::NoText)?;
        if note.bytes().any(|byte| byte < b' ' && byte != b'\n') {
            return Err(NoteError::NoText);
        }
        let (text, lines) = note.rsplit_once("\n\n").ok_or(NoteError::NoSignatures)?;
        Ok(Note {
            text: format!("{text}\n"),
            signatures: parse_signatures(lines)?,
        })
    }

    /// The text that is signed, with its last newline.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// All signatures, in the order of their lines.
    #[must_use]
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// The signatures whose lines name this key: the same name and the same id. Either alone may be
    /// another key's.
    pub(crate) fn signatures_of<'n>(
        &'n self,
        name: &'n KeyName,
        id: KeyId,
    ) -> impl Iterator<Item = &'n NoteSignature> {
        let signatures = self.signatures.iter();
        signatures.filter(move |signature| signature.id == id && signature.name == *name)
    }

    /// Adds a signature in the last line; one of the same key makes room for it.
    pub fn add(&mut self, signature: NoteSignature) {
        self.signatures
            .retain(|other| other.id != signature.id || other.name != signature.name);
        self.signatures.push(signature);
    }
}

/// Reads signature lines alone, such as a witness answers with. Each ends in a newline.
///
/// # Errors
/// See [`NoteError`].
pub fn parse_signatures(lines: &str) -> Result<Vec<NoteSignature>, NoteError> {
    if lines.len() > NOTE_BYTES_MAX {
        return Err(NoteError::TooLong);
    }
    let lines = lines.strip_suffix('\n').ok_or(NoteError::NoSignatures)?;
    let mut signatures = Vec::new();
    for (line, number) in lines.split('\n').zip(1..) {
        if number > SIGNATURES_MAX {
            return Err(NoteError::TooManySignatures);
        }
        let signature = parse_signature(line).ok_or_else(|| NoteError::Signature {
            line: number,
            quoted: text::quoted(line),
        })?;
        signatures.push(signature);
    }
    Ok(signatures)
}

fn parse_signature(line: &str) -> Option<NoteSignature> {
    let (name, signature) = line.strip_prefix(MARK)?.split_once(' ')?;
    let name = KeyName::new(name).ok()?;
    let signature = text::base64(signature)?;
    let (id, bytes) = signature.split_first_chunk()?;
    if bytes.is_empty() {
        return None;
    }
    Some(NoteSignature {
        name,
        id: KeyId(*id),
        bytes: bytes.to_vec(),
    })
}

impl fmt::Display for NoteSignature {
    /// The line without its newline.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&self.id.0, self.bytes.as_slice()].concat();
        write!(f, "{MARK}{} {}", self.name, BASE64.encode(&bytes))
    }
}

impl fmt::Display for Note {
    /// The note's bytes, as they are served and kept.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        for signature in &self.signatures {
            writeln!(f, "{signature}")?;
        }
        Ok(())
    }
}
