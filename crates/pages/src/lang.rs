//! The two languages of every page, and how one is chosen.

/// A language of the pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// French, where nothing else is asked for.
    #[default]
    Fr,
    /// English, where the reader asks for it.
    En,
}

impl Lang {
    /// Both, in the order in which pages list them.
    pub const ALL: [Lang; 2] = [Lang::Fr, Lang::En];

    /// The tag of RFC 5646: `fr` or `en`.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Lang::Fr => "fr",
            Lang::En => "en",
        }
    }

    /// The language that a page's switch leads to.
    #[must_use]
    pub fn other(self) -> Lang {
        match self {
            Lang::Fr => Lang::En,
            Lang::En => Lang::Fr,
        }
    }

    /// The language of exactly that tag.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Lang> {
        Lang::ALL.into_iter().find(|lang| lang.tag() == tag)
    }

    /// `?lang=` where it names a language, else the best of `Accept-Language` (RFC 9110, section
    /// 12.5.4), else French. Pages keep no cookie: their links carry the language.
    #[must_use]
    pub fn negotiate(query: Option<&str>, accept_language: Option<&str>) -> Lang {
        if let Some(lang) = query.and_then(Lang::from_tag) {
            return lang;
        }
        let mut best = (0, Lang::default());
        for range in accept_language.unwrap_or_default().split(',').take(32) {
            let (tag, weight) = range.split_once(';').unwrap_or((range, ""));
            let primary = tag.trim().split('-').next().unwrap_or_default();
            let Some(lang) = Lang::from_tag(&primary.to_ascii_lowercase()) else {
                continue;
            };
            let weight = weight_of(weight);
            if weight > best.0 {
                best = (weight, lang);
            }
        }
        best.1
    }

    /// The text in this language.
    #[must_use]
    pub fn of(self, text: &election::Text) -> &str {
        match self {
            Lang::Fr => &text.fr,
            Lang::En => &text.en,
        }
    }
}

/// `q=0.8` in thousandths; 1000 where no weight is written.
fn weight_of(parameter: &str) -> u32 {
    let Some(value) = parameter.trim().strip_prefix("q=") else {
        return 1_000;
    };
    let (whole, part) = value.split_once('.').unwrap_or((value, ""));
    let thousandths = format!("{part:0<3}");
    let part = thousandths.get(..3).and_then(|p| p.parse::<u32>().ok());
    match (whole, part) {
        ("1", _) => 1_000,
        ("0", Some(part)) => part,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_wins_then_the_header_then_french() {
        let check = |query, header, expected| {
            assert_eq!(
                Lang::negotiate(query, header),
                expected,
                "{query:?} {header:?}"
            );
        };
        check(Some("en"), Some("fr"), Lang::En);
        check(Some("de"), Some("en-CA,en;q=0.9,fr;q=0.8"), Lang::En);
        check(None, Some("fr-CA,fr;q=0.9,en;q=0.8"), Lang::Fr);
        check(None, Some("de, EN;q=0.5, fr;q=0.25"), Lang::En);
        check(None, Some("en;q=0, *;q=0.1"), Lang::Fr);
        check(None, Some(";;q=,,=é"), Lang::Fr);
        check(None, None, Lang::Fr);
    }
}
