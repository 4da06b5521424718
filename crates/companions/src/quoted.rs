//! Pieces of sources in messages.

/// Longest piece of a source that a message quotes.
const QUOTED_CHARS_MAX: usize = 40;

/// A piece of the source for people to find again: short, and printable whatever it is.
pub(crate) fn quoted(text: &str) -> String {
    let shown: String = text.chars().take(QUOTED_CHARS_MAX).collect();
    let more = if shown.len() < text.len() { "..." } else { "" };
    let mut piece = String::new();
    for character in shown.chars() {
        match character {
            '"' | '\'' => piece.push(character),
            other => piece.extend(other.escape_debug()),
        }
    }
    format!("`{piece}{more}`")
}
