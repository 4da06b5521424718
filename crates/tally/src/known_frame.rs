//! A frame that somebody knows the ledger had, from a receipt of an earlier reading: `SEQUENCE:HASH`.

use std::fmt;
use std::str::FromStr;

use crate::opened::OpenedFrame;

/// Hexadecimal digits of a SHA-256.
const HASH_DIGITS: usize = 64;

/// A frame of a partition, by number and hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KnownFrame {
    pub(crate) partition: u16,
    pub(crate) sequence: u64,
    /// SHA-256 in lower-case hexadecimal.
    hash: String,
}

/// A text that names no frame.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected SEQUENCE:HASH or PARTITION/SEQUENCE:HASH, with the 64 hexadecimal digits that `tally verify` printed"
)]
pub(crate) struct NoFrame;

impl KnownFrame {
    /// Whether the ledger holds this very frame; none where `frame` is another one.
    pub(crate) fn compare(&self, frame: &OpenedFrame) -> Option<bool> {
        let is_named = (frame.partition, frame.at.sequence) == (self.partition, self.sequence);
        is_named.then(|| frame.at.link.to_string() == self.hash)
    }
}

impl FromStr for KnownFrame {
    type Err = NoFrame;

    fn from_str(text: &str) -> Result<KnownFrame, NoFrame> {
        let (partition, rest) = text.split_once('/').unwrap_or(("0", text));
        let (sequence, hash) = rest.split_once(':').ok_or(NoFrame)?;
        let is_hash = hash.len() == HASH_DIGITS && hash.bytes().all(|b| b.is_ascii_hexdigit());
        if !is_hash {
            return Err(NoFrame);
        }
        Ok(KnownFrame {
            partition: partition.parse().map_err(|_| NoFrame)?,
            sequence: sequence.parse().map_err(|_| NoFrame)?,
            hash: hash.to_ascii_lowercase(),
        })
    }
}

impl fmt::Display for KnownFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}:{}", self.partition, self.sequence, self.hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_frame_is_read_with_and_without_its_partition() {
        let hash = "aB".repeat(32);
        let frame: KnownFrame = format!("17:{hash}").parse().expect("a frame");
        assert_eq!(frame.to_string(), format!("0/17:{}", "ab".repeat(32)));
        let other: KnownFrame = format!("3/17:{hash}").parse().expect("a frame");
        assert_eq!((other.partition, other.sequence), (3, 17));
        let wrong = [
            "",
            "17",
            "17:",
            "17:ab",
            "17:HASH0",
            "x:HASH",
            "-1:HASH",
            "70000/1:HASH",
        ];
        for wrong in wrong.map(|text| text.replace("HASH", &hash)) {
            assert_eq!(wrong.parse::<KnownFrame>(), Err(NoFrame), "{wrong}");
        }
    }
}
