//! Addresses of pages, which carry the language.

use election::Language;

/// `path` with `lang` as its last parameter. Pages keep no cookie: their links carry the language.
pub(crate) fn with_lang(path: &str, lang: Language) -> String {
    let joint = if path.contains('?') { '&' } else { '?' };
    format!("{path}{joint}lang={}", lang.tag())
}
