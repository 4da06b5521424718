//! The language of a statement's text: words, shares and reasons as each language writes them.

use election::Language;

use crate::documents::Titles;
use crate::fraction::Fraction;

/// How a statement's text is worded in a language.
pub(super) trait Wording: Sized {
    fn title(self, titles: &Titles) -> &str;

    /// A share with two decimals: `12,50 %` or `12.50%`; a dash where there is none.
    fn percent(self, share: Fraction) -> String;

    /// The word for so many of a thing: one is no plural, and in French neither is none.
    fn counted<'a>(self, number: u64, one: &'a str, many: &'a str) -> &'a str;

    /// So many votes of so many on the roll, with the share: one vote is no plural, in French neither is none.
    fn turnout(self, turnout: Fraction) -> String;

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

    fn counted<'a>(self, number: u64, one: &'a str, many: &'a str) -> &'a str {
        let is_one = self.pick(number < 2, number == 1);
        if is_one { one } else { many }
    }

    fn turnout(self, turnout: Fraction) -> String {
        let (votes, registered) = (turnout.part, turnout.whole);
        let share = self.percent(turnout);
        match self {
            Language::French => {
                let of_votes = self.counted(votes, "vote", "votes");
                let of_registered = self.counted(registered, "inscrit", "inscrits");
                format!("{votes} {of_votes} de {registered} {of_registered} ({share} des inscrits)")
            }
            Language::English => {
                let of_votes = self.counted(votes, "vote", "votes");
                format!("{votes} {of_votes} of {registered} registered ({share} of registered)")
            }
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

    #[test]
    fn one_is_no_plural_and_in_french_neither_is_none() {
        let words = |language: election::Language| {
            [0, 1, 2].map(|number| language.counted(number, "one", "many"))
        };
        assert_eq!(words(French), ["one", "one", "many"]);
        assert_eq!(words(English), ["many", "one", "many"]);
    }

    #[test]
    fn one_vote_is_no_plural() {
        for (part, whole, french, english) in [
            (
                0,
                1,
                "0 vote de 1 inscrit (0,00 % des inscrits)",
                "0 votes of 1 registered (0.00% of registered)",
            ),
            (
                1,
                2,
                "1 vote de 2 inscrits (50,00 % des inscrits)",
                "1 vote of 2 registered (50.00% of registered)",
            ),
            (
                2,
                2,
                "2 votes de 2 inscrits (100,00 % des inscrits)",
                "2 votes of 2 registered (100.00% of registered)",
            ),
        ] {
            let turnout = Fraction::of(part, whole);
            assert_eq!(French.turnout(turnout), french);
            assert_eq!(English.turnout(turnout), english);
        }
    }
}
