//! Lines of hashes, as proofs have them.

use crate::hash::Hash;
use crate::text;
use crate::tree::size::PROOF_HASHES_MAX;

/// A line is no hash, or there are too many of them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HashLineError {
    /// It is not the base 64 of 32 bytes.
    #[error("hash {number} of the proof is not the base 64 of 32 bytes: {quoted}")]
    Hash {
        /// Number of the line among the hashes, from 1.
        number: usize,
        /// The beginning of the line.
        quoted: String,
    },
    /// No proof has so many.
    #[error("the proof has more than {PROOF_HASHES_MAX} hashes, and none needs that many")]
    TooMany,
}

/// Reads one hash a line.
pub(crate) fn hashes<'l>(lines: impl Iterator<Item = &'l str>) -> Result<Vec<Hash>, HashLineError> {
    let mut hashes = Vec::new();
    for (line, number) in lines.zip(1..) {
        if number > PROOF_HASHES_MAX {
            return Err(HashLineError::TooMany);
        }
        let hash = Hash::parse(line).ok_or_else(|| HashLineError::Hash {
            number,
            quoted: text::quoted(line),
        })?;
        hashes.push(hash);
    }
    Ok(hashes)
}
