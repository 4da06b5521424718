//! What a witness remembers of one log, as a file.
//!
//! ```text
//! scrutin-witness-log 1 <SHA-256 of all that follows, hexadecimal>
//! origin example.com/log
//! time 1763800000
//!
//! <the checkpoint, with the log's signature>
//! ```
//! Of a log that it never cosigned it remembers that: `never` stands in the place of the last three parts.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use transparency::{Checkpoint, Hash, KeyName, Note, Statement, VerifierKey};

const MAGIC: &str = "scrutin-witness-log 1 ";

/// The last checkpoint of a log that was cosigned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cosigned {
    pub(crate) checkpoint: Checkpoint,
    /// When, in seconds since 1970, by this machine's clock.
    pub(crate) time_s: u64,
    /// The checkpoint with the log's own signature: evidence, should the log ever say something else.
    pub(crate) note: Note,
}

/// The state of one log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Remembered {
    pub(crate) origin: KeyName,
    /// None where nothing was cosigned yet.
    pub(crate) last: Option<Cosigned>,
}

/// Why a file is no state of this log.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StateError {
    #[error("it is damaged or of another kind")]
    Damaged,
    #[error(
        "it has format version {got}, this program reads version 1: use the release that wrote it; do not remove it, or the witness forgets what it cosigned"
    )]
    Version { got: String },
    #[error("it is of another log")]
    OtherLog,
    #[error(
        "its checkpoint is not signed by the key that the configuration names: the log's key was changed there"
    )]
    OtherKey,
}

impl Remembered {
    pub(crate) fn nothing(origin: KeyName) -> Remembered {
        Remembered { origin, last: None }
    }

    /// Size and root of the tree that was cosigned last; the empty tree where none was.
    pub(crate) fn tree(&self) -> (u64, Hash) {
        match &self.last {
            None => (0, Hash::of_empty_tree()),
            Some(last) => (last.checkpoint.size, last.checkpoint.root),
        }
    }

    pub(crate) fn to_text(&self) -> String {
        let rest = match &self.last {
            None => format!("origin {}\nnever\n", self.origin),
            Some(Cosigned { time_s, note, .. }) => {
                format!("origin {}\ntime {time_s}\n\n{note}", self.origin)
            }
        };
        format!("{MAGIC}{}\n{rest}", sum(&rest))
    }

    /// Reads the state of the log that has this key.
    pub(crate) fn parse(bytes: &[u8], key: &VerifierKey) -> Result<Remembered, StateError> {
        check_version(bytes)?;
        let rest = checked(bytes).ok_or(StateError::Damaged)?;
        let origin = rest.strip_prefix("origin ");
        let (origin, rest) = origin
            .and_then(|rest| rest.split_once('\n'))
            .ok_or(StateError::Damaged)?;
        let origin = KeyName::new(origin).map_err(|_| StateError::Damaged)?;
        if origin != *key.name() {
            return Err(StateError::OtherLog);
        }
        if rest == "never\n" {
            return Ok(Remembered::nothing(origin));
        }
        let last = cosigned(rest).ok_or(StateError::Damaged)?;
        if last.checkpoint.origin != origin {
            return Err(StateError::OtherLog);
        }
        if last.note.statement_of(key) != Ok(Some(Statement::Signed)) {
            return Err(StateError::OtherKey);
        }
        let last = Some(last);
        Ok(Remembered { origin, last })
    }
}

/// Tells a state that another release wrote from a damaged one.
fn check_version(bytes: &[u8]) -> Result<(), StateError> {
    let name = MAGIC.trim_end_matches("1 ").as_bytes();
    let Some(rest) = bytes.strip_prefix(name) else {
        return Ok(()); // no state at all, as `checked` says
    };
    let number = rest.split(|byte| *byte == b' ').next().unwrap_or_default();
    match std::str::from_utf8(number) {
        Ok("1") | Err(_) => Ok(()),
        Ok(got) if !(1..=4).contains(&got.len()) => Ok(()),
        Ok(got) if !got.bytes().all(|byte| byte.is_ascii_digit()) => Ok(()),
        Ok(got) => Err(StateError::Version {
            got: got.to_owned(),
        }),
    }
}

/// What follows the first line, where its sum fits.
fn checked(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (expected, rest) = text.strip_prefix(MAGIC)?.split_once('\n')?;
    (sum(rest) == expected).then_some(rest)
}

fn cosigned(text: &str) -> Option<Cosigned> {
    let (time_s, note) = text.strip_prefix("time ")?.split_once("\n\n")?;
    let note = Note::parse(note.as_bytes()).ok()?;
    Some(Cosigned {
        checkpoint: Checkpoint::parse(note.text()).ok()?,
        time_s: time_s.parse().ok()?,
        note,
    })
}

fn sum(text: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_of_another_release_is_not_called_damaged() {
        let version = |got: &str| StateError::Version {
            got: got.to_owned(),
        };
        for (bytes, expected) in [
            (&b"scrutin-witness-log 1 00\n"[..], Ok(())),
            (b"scrutin-witness-log 2 00\nanything", Err(version("2"))),
            (b"scrutin-witness-log 17 ", Err(version("17"))),
            // Damage, as the sum says.
            (b"scrutin-witness-log x 00", Ok(())),
            (b"scrutin-witness-log \xff 00", Ok(())),
            (b"scrutin-witness-log 123456789 00", Ok(())),
            (b"", Ok(())),
        ] {
            assert_eq!(check_version(bytes), expected, "{bytes:?}");
        }
    }
}
