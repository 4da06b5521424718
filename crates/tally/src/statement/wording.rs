//! The language of a statement's text: words, shares and reasons as each language writes them.

use election::Text;

use crate::documents::Titles;
use crate::fraction::Fraction;

/// The official language that a statement's text is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    French,
    English,
}

impl Language {
    /// Of two texts, the one in this language.
    pub(super) fn pick<T>(self, fr: T, en: T) -> T {
        match self {
            Language::French => fr,
            Language::English => en,
        }
    }

    pub(super) fn title(self, titles: &Titles) -> &str {
        self.pick(&titles.fr, &titles.en)
    }

    pub(super) fn text(self, text: &Text) -> &str {
        self.pick(&text.fr, &text.en)
    }

    /// A share with two decimals: `12,50 %` or `12.50%`; a dash where there is none.
    pub(super) fn percent(self, share: Fraction) -> String {
        let Some(hundredths) = share.hundredths() else {
            return "-".to_owned();
        };
        let (whole, rest) = (hundredths / 100, hundredths % 100);
        match self {
            Language::French => format!("{whole},{rest:02} %"),
            Language::English => format!("{whole}.{rest:02}%"),
        }
    }

    /// A label and what it labels.
    pub(super) fn label(self, fr: &str, en: &str) -> String {
        self.pick(format!("{fr} :"), format!("{en}:"))
    }
}

#[cfg(test)]
mod tests {
    use super::Language::{English, French};
    use crate::fraction::Fraction;

    #[test]
    fn shares_are_written_as_each_language_does() {
        let eighth = Fraction::of(1, 8);
        assert_eq!(French.percent(eighth), "12,50 %");
        assert_eq!(English.percent(eighth), "12.50%");
        assert_eq!(French.percent(Fraction::of(0, 0)), "-");
    }
}
