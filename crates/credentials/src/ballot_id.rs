//! The id of a ballot: a law id or an election code, safe as a file name and as a hash field.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A law id or an election code, e.g. `L2025-001`: 1 to 32 characters of `[A-Za-z0-9._-]` that do
/// not begin with a full stop, so that it can name a directory. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BallotId(Arc<str>);

/// Why some text is not a ballot id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant names its fields")]
pub enum BallotIdError {
    /// Empty or too long.
    #[error("ballot id has {got} characters, expected 1 to 32: shorten it in the definition")]
    Length { got: usize },
    /// Begins with a full stop.
    #[error("ballot id begins with a full stop: begin with a letter or digit")]
    LeadingDot,
    /// A character outside `[A-Za-z0-9._-]`.
    #[error(
        "ballot id has the character {got:?}: use letters A-Z and a-z, digits, '.', '_' and '-'"
    )]
    BadCharacter {
        /// The first character that is not allowed.
        got: char,
    },
}

impl BallotId {
    /// Most bytes of a ballot id.
    pub const MAX_LEN: usize = 32;

    /// Checks and keeps an id. Case matters: `l1` and `L1` are two ballots.
    pub fn parse(text: &str) -> Result<Self, BallotIdError> {
        Self::check(text)?;
        Ok(Self(text.into()))
    }

    /// Checks an id without keeping it.
    pub fn check(text: &str) -> Result<(), BallotIdError> {
        if text.is_empty() || text.len() > Self::MAX_LEN {
            return Err(BallotIdError::Length { got: text.len() });
        }
        if text.starts_with('.') {
            return Err(BallotIdError::LeadingDot);
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        match text.chars().find(|c| !allowed(*c)) {
            Some(got) => Err(BallotIdError::BadCharacter { got }),
            None => Ok(()),
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its length in bytes, 1..=32.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "parse admits at most 32 bytes"
    )]
    pub(crate) fn byte_len(&self) -> u8 {
        self.0.len() as u8
    }
}

impl fmt::Display for BallotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for BallotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BallotId({})", self.0)
    }
}

impl FromStr for BallotId {
    type Err = BallotIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl Serialize for BallotId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for BallotId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}
