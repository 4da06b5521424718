//! Finds out which of the two forms a contest file has, and reads it.

use super::parsed::{Case, CaseError};
use super::{blt, rcv};

/// The most bytes that a contest file may have.
pub const FILE_BYTES_MAX: usize = 1 << 30;

impl Case {
    /// Reads a contest: JSON where the first character is a brace, BLT otherwise.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place.
    pub fn parse(bytes: &[u8]) -> Result<Case, CaseError> {
        if bytes.len() > FILE_BYTES_MAX {
            return Err(CaseError::TooLong {
                got: bytes.len(),
                max: FILE_BYTES_MAX,
            });
        }
        match bytes.iter().find(|b| !b.is_ascii_whitespace()) {
            Some(b'{') => rcv::parse(bytes),
            _ => blt::parse(bytes),
        }
    }

    /// Adds lots from a file of their own: a JSON array of `{round, tied, picked, as}`.
    ///
    /// # Errors
    /// As [`Case::parse`].
    pub fn add_lots(&mut self, bytes: &[u8]) -> Result<(), CaseError> {
        let lots = rcv::parse_lots(bytes, self.contest.candidates())?;
        self.lots.extend(lots);
        Ok(())
    }
}
