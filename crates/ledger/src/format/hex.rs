//! Hexadecimal of keys and hashes in text files and messages.

use std::fmt;

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};

/// Shows `bytes` in lower-case hexadecimal, two digits each. Not for secrets: the digits pass through
/// a buffer that is not wiped.
pub(crate) fn write(out: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    write!(out, "{}", HEXLOWER.encode_display(bytes))
}

/// Appends `bytes` in lower-case hexadecimal without a copy in between. Reserve the room before:
/// text that grows leaves a copy behind.
pub(crate) fn append(out: &mut String, bytes: &[u8]) {
    HEXLOWER.encode_append(bytes, out);
}

/// The `N` bytes that `text` spells in exactly `2 * N` hexadecimal digits, either case.
pub(crate) fn parse<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if text.len() != 2 * N {
        return None;
    }
    HEXLOWER_PERMISSIVE
        .decode_mut(text.as_bytes(), &mut bytes)
        .ok()?;
    Some(bytes)
}
