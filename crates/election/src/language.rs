//! The two official languages, in which everything that people read is written.

use crate::text::Text;

/// One of the two official languages of Canada.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Language {
    /// The language where nobody asks for another.
    #[default]
    French,
    /// The language where somebody asks for it.
    English,
}

impl Language {
    /// Both, in the order in which they are listed.
    pub const ALL: [Language; 2] = [Language::French, Language::English];

    /// The tag of RFC 5646: `fr` or `en`.
    #[must_use]
    pub fn tag(self) -> &'static str {
        self.pick("fr", "en")
    }

    /// The language of exactly that tag.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Language> {
        Language::ALL
            .into_iter()
            .find(|language| language.tag() == tag)
    }

    /// English for French, and French for English.
    #[must_use]
    pub fn other(self) -> Language {
        self.pick(Language::English, Language::French)
    }

    /// Of two things, the one that is in this language.
    pub fn pick<T>(self, french: T, english: T) -> T {
        match self {
            Language::French => french,
            Language::English => english,
        }
    }
}

impl Text {
    /// The text in one language.
    #[must_use]
    pub fn in_language(&self, language: Language) -> &str {
        language.pick(&self.fr, &self.en)
    }
}

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn tags_name_their_language() {
        for language in Language::ALL {
            assert_eq!(Language::from_tag(language.tag()), Some(language));
            assert_ne!(language.other(), language);
        }
        assert_eq!(Language::from_tag("FR"), None);
    }
}
