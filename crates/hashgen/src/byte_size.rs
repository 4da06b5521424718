//! Sizes in bytes as people write them on a command line.

use std::fmt;
use std::str::FromStr;

/// A number of bytes, written like `1GiB`, `128MiB`, `4096`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(pub u64);

const MIB: u64 = 1 << 20;

impl ByteSize {
    /// The least number of whole MiB that holds `bytes`.
    pub(crate) fn whole_mib(bytes: u64) -> Self {
        Self(bytes.div_ceil(MIB) * MIB)
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            bytes if bytes % MIB == 0 => write!(f, "{}MiB", bytes / MIB),
            bytes => write!(f, "{bytes}"),
        }
    }
}

impl FromStr for ByteSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let factor = match text.get(digits.len()..) {
            Some("" | "B") => 1,
            Some("KiB" | "K") => 1 << 10,
            Some("MiB" | "M") => MIB,
            Some("GiB" | "G") => MIB << 10,
            _ => return Err("write a size like 512MiB or 2GiB".to_owned()),
        };
        let number: u64 = digits
            .parse()
            .map_err(|_| "write a size like 512MiB or 2GiB")?;
        number
            .checked_mul(factor)
            .map(Self)
            .ok_or_else(|| "the size is too large".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_written_with_binary_units() {
        let check = |text: &str, bytes: Option<u64>| {
            assert_eq!(
                text.parse::<ByteSize>().ok().map(|size| size.0),
                bytes,
                "{text}"
            );
        };
        check("1GiB", Some(1 << 30));
        check("128MiB", Some(128 << 20));
        check("4096", Some(4096));
        check("1.5GiB", None);
        check("GiB", None);
        check("-1", None);
        check("99999999999GiB", None);
        assert_eq!(ByteSize(128 << 20).to_string(), "128MiB");
    }
}
