//! Promises: a log signs that a vote is recorded before any checkpoint covers its frame.
//!
//! ```text
//! scrutin-promise/v1
//! origin
//! partition-sequence-tracker   the request id: 26 symbols of Crockford's base 32, lower case
//! 2026-10-04T15:04Z            when the frame was committed, in UTC, without seconds
//! ```
//! The text is a note that the log signs with the key of its checkpoints. It is no checkpoint for any reader:
//! those have a number in the second line and base 64 in the third, where this has a name that ends in
//! `/partition` and an id with hyphens.

use std::fmt;

use jiff::Timestamp;

use crate::key::{KeyName, KeyUse, PrivateKey};
use crate::note::Note;
use crate::policy::rules::Policy;
use crate::signing::{BadSignature, Statement};
use crate::text;

const FIRST_LINE: &str = "scrutin-promise/v1";
const MINUTE_S: i64 = 60;
/// Symbols of a tracker: 128 bits, five each; the first one carries three.
const TRACKER_SYMBOLS: usize = 26;

/// The operator of a log owes a proof for this vote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promise {
    /// Which log will have the frame: the name of its key, which ends in `/` and the partition.
    pub origin: KeyName,
    /// The receipt's number, which names partition, frame and tracker.
    pub request_id: String,
    /// When the frame was committed, in minutes since 1970, UTC; up to the year 9999.
    pub minute: u32,
}

/// Why a text is not a promise.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PromiseError {
    /// There are fewer or more lines than four, or the first is another.
    #[error(
        "not a promise: expected four lines of text, of which the first is {FIRST_LINE} and not {quoted}"
    )]
    Form {
        /// The beginning of the first line.
        quoted: String,
    },
    /// The second line cannot be a log's name.
    #[error("the promise's second line is no name of a log: {quoted}")]
    Origin {
        /// The beginning of the line.
        quoted: String,
    },
    /// The third line is no receipt's number.
    #[error(
        "the promise's third line is not partition-sequence-tracker in lower case, as a receipt gives it: {quoted}"
    )]
    RequestId {
        /// The beginning of the line.
        quoted: String,
    },
    /// The vote is in another partition than the log.
    #[error(
        "the promise is of log {origin} and of a vote in partition {partition}, whose log ends in /{partition}: the file was altered"
    )]
    Partition {
        /// Name of the log.
        origin: KeyName,
        /// Partition of the receipt's number.
        partition: u16,
    },
    /// The fourth line is no time.
    #[error(
        "the promise's fourth line is no time as 2026-10-04T15:04Z, between 1970 and 9999: {quoted}"
    )]
    Minute {
        /// The beginning of the line.
        quoted: String,
    },
}

/// Why a promise binds nobody under a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotPromised {
    /// The note is no promise.
    #[error(transparent)]
    Promise(#[from] PromiseError),
    /// The log is not one of the policy's.
    #[error(
        "the promise is of {origin}, and the policy trusts no log of that name: compare the policy with the one that was published"
    )]
    UnknownLog {
        /// Name of the log, from the promise.
        origin: KeyName,
    },
    /// The log's signature is missing.
    #[error(
        "the promise of {origin} is not signed by the key that the policy names: it is of another log or was made by somebody else"
    )]
    Unsigned {
        /// Name of the log, from the promise.
        origin: KeyName,
    },
    /// A signature is there and does not fit.
    #[error(transparent)]
    Bad(#[from] BadSignature),
}

impl Promise {
    /// Reads the text of a note.
    ///
    /// # Errors
    /// See [`PromiseError`].
    pub fn parse(text: &str) -> Result<Promise, PromiseError> {
        let lines: Vec<&str> = text.split_terminator('\n').collect();
        let (&[FIRST_LINE, origin, request_id, minute], true) =
            (lines.as_slice(), text.ends_with('\n'))
        else {
            let quoted = text::quoted(lines.first().unwrap_or(&""));
            return Err(PromiseError::Form { quoted });
        };
        let quoted = text::quoted;
        let origin = KeyName::new(origin).map_err(|_| PromiseError::Origin {
            quoted: quoted(origin),
        })?;
        let partition = partition_of(request_id).ok_or_else(|| PromiseError::RequestId {
            quoted: quoted(request_id),
        })?;
        if !origin.as_str().ends_with(&format!("/{partition}")) {
            return Err(PromiseError::Partition { origin, partition });
        }
        let minute = parse_minute(minute).ok_or_else(|| PromiseError::Minute {
            quoted: quoted(minute),
        })?;
        let request_id = request_id.to_owned();
        Ok(Promise {
            origin,
            request_id,
            minute,
        })
    }

    /// The promise as a note that the log has signed. None where the key is not the log's, or where the
    /// promise could not be read again: an id of another form, a time that no calendar has.
    #[must_use]
    pub fn sign(&self, key: &PrivateKey) -> Option<Note> {
        let public = key.public();
        if public.key_use() != KeyUse::Log || *public.name() != self.origin {
            return None;
        }
        let text = self.to_string();
        if Promise::parse(&text).as_ref() != Ok(self) {
            return None;
        }
        let mut note = Note::unsigned(text);
        note.add(key.sign_text(note.text())?);
        Some(note)
    }

    /// Checks that a log of the policy has signed the promise. Witnesses sign no promises.
    ///
    /// # Errors
    /// See [`NotPromised`].
    pub fn verify(note: &Note, policy: &Policy) -> Result<Promise, NotPromised> {
        let promise = Promise::parse(note.text())?;
        let origin = promise.origin.clone();
        let mut signed = None;
        for log in &policy.logs {
            if *log.key.name() == origin {
                let by_this = note.statement_of(&log.key)? == Some(Statement::Signed);
                signed = Some(signed == Some(true) || by_this);
            }
        }
        match signed {
            None => Err(NotPromised::UnknownLog { origin }),
            Some(false) => Err(NotPromised::Unsigned { origin }),
            Some(true) => Ok(promise),
        }
    }
}

impl fmt::Display for Promise {
    /// The text that is signed, with its last newline.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Promise {
            origin,
            request_id,
            minute,
        } = self;
        writeln!(f, "{FIRST_LINE}\n{origin}\n{request_id}")?;
        match minute_text(*minute) {
            Some(text) => writeln!(f, "{text}"),
            None => writeln!(f, "minute {minute}"),
        }
    }
}

/// The partition of a receipt's number that is written as receipts give it.
fn partition_of(request_id: &str) -> Option<u16> {
    let (partition, rest) = request_id.split_once('-')?;
    let (sequence, tracker) = rest.split_once('-')?;
    text::decimal(sequence).filter(|sequence| *sequence > 0)?;
    let symbols = |c| matches!(c, b'0'..=b'9' | b'a'..=b'h' | b'j' | b'k' | b'm' | b'n' | b'p'..=b't' | b'v'..=b'z');
    let sound = tracker.len() == TRACKER_SYMBOLS
        && tracker.bytes().all(symbols)
        && tracker.as_bytes()[0] <= b'7';
    if !sound {
        return None;
    }
    text::decimal(partition)?.try_into().ok()
}

fn minute_text(minute: u32) -> Option<String> {
    let time = Timestamp::from_second(i64::from(minute) * MINUTE_S).ok()?;
    Some(time.strftime("%Y-%m-%dT%H:%MZ").to_string())
}

/// The minute that has exactly this text.
fn parse_minute(text: &str) -> Option<u32> {
    let time: Timestamp = text.parse().ok()?;
    let minute = u32::try_from(time.as_second() / MINUTE_S).ok()?;
    (minute_text(minute)? == text).then_some(minute)
}
