//! What the texts of a log have in common: one number and one row of bytes has one spelling.

use data_encoding::BASE64;

/// A number in decimal digits, without sign and without leading zeros.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let canonical = text == "0" || !text.starts_with('0');
    (digits && canonical).then(|| text.parse().ok()).flatten()
}

/// Bytes in standard base 64, padded at the end alone, with zeros in the bits that no byte uses.
pub(crate) fn base64(text: &str) -> Option<Vec<u8>> {
    // The library takes several padded texts behind each other for one.
    if text.trim_end_matches('=').contains('=') {
        return None;
    }
    BASE64.decode(text.as_bytes()).ok()
}

/// At most this many characters of a text that came from outside, for a message.
const QUOTED_CHARS_MAX: usize = 80;

/// The beginning of a line, escaped, as a message may quote it.
pub(crate) fn quoted(line: &str) -> String {
    let begin: String = line.chars().take(QUOTED_CHARS_MAX).collect();
    format!("{begin:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_bytes_have_one_spelling() {
        for (text, expected) in [
            ("0", Some(0)),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("", None),
            ("00", None),
            ("01", None),
            ("+1", None),
            ("-1", None),
            (" 1", None),
            ("1\u{661}", None),
        ] {
            assert_eq!(decimal(text), expected, "{text:?}");
        }
        for (text, expected) in [
            ("AQ==", Some(vec![1])),
            ("AR==", None),
            ("AQ", None),
            ("AQ==\n", None),
            ("A-==", None),
            // Found by fuzzing: read as two bytes, it had another spelling, and a note had two.
            ("AQ==AQ==", None),
            ("AQI=AQ==", None),
        ] {
            assert_eq!(base64(text), expected, "{text:?}");
        }
    }
}
