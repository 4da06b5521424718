//! Sentences in both languages.

use election::Language;

/// A sentence in both languages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words {
    pub(crate) fr: &'static str,
    pub(crate) en: &'static str,
}

impl Words {
    pub(crate) fn in_language(self, language: Language) -> &'static str {
        language.pick(self.fr, self.en)
    }
}
