//! Texts that voters read: whether they can be printed, and read as they were written.

/// Characters that nobody sees. Those that turn the direction of writing can make one name look like
/// another (CVE-2021-42574 tells how).
const UNSEEN: &[char] = &[
    '\u{61c}', '\u{200b}', '\u{200e}', '\u{200f}', '\u{2028}', '\u{2029}', '\u{202a}', '\u{202b}',
    '\u{202c}', '\u{202d}', '\u{202e}', '\u{2060}', '\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}',
    '\u{feff}',
];

/// What is wrong with a text that stands on one line of a ballot paper, if anything is.
pub(crate) fn fault(text: &str, bytes_max: usize) -> Option<String> {
    if text.trim().is_empty() {
        return Some("is empty: write what voters should read".to_owned());
    }
    if text.len() > bytes_max {
        let bytes = text.len();
        return Some(format!(
            "{bytes} bytes, at most {bytes_max} fit: shorten it"
        ));
    }
    if text.chars().any(char::is_control) {
        return Some("holds a control character or line break: remove it".to_owned());
    }
    let unseen = text.chars().find(|character| UNSEEN.contains(character))?;
    Some(format!(
        "holds U+{:04X}, which nobody sees and which can change how the text reads: remove it",
        u32::from(unseen)
    ))
}
