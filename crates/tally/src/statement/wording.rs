//! The language of a statement's text: words, shares and reasons as each language writes them.

use election::Language;

use crate::documents::Titles;
use crate::fraction::Fraction;

/// How a statement's text is worded in a language.
pub(super) trait Wording: Sized {
    fn title(self, titles: &Titles) -> &str;

    /// A share with two decimals: `12,50 %` or `12.50%`; a dash where there is none.
    fn percent(self, share: Fraction) -> String;

    /// A label and what it labels.
    fn label(self, fr: &str, en: &str) -> String;
}

impl Wording for Language {
    fn title(self, titles: &Titles) -> &str {
        self.pick(&titles.fr, &titles.en)
    }

    fn percent(self, share: Fraction) -> String {
        let Some(hundredths) = share.hundredths() else {
            return "-".to_owned();
        };
        let (whole, rest) = (hundredths / 100, hundredths % 100);
        match self {
            Language::French => format!("{whole},{rest:02} %"),
            Language::English => format!("{whole}.{rest:02}%"),
        }
    }

    fn label(self, fr: &str, en: &str) -> String {
        self.pick(format!("{fr} :"), format!("{en}:"))
    }
}

#[cfg(test)]
mod tests {
    use super::Wording;
    use crate::fraction::Fraction;
    use election::Language::{English, French};

    #[test]
    fn shares_are_written_as_each_language_does() {
        let eighth = Fraction::of(1, 8);
        assert_eq!(French.percent(eighth), "12,50 %");
        assert_eq!(English.percent(eighth), "12.50%");
        assert_eq!(French.percent(Fraction::of(0, 0)), "-");
    }
}
