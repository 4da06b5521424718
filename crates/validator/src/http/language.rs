//! Which of the two official languages an answer is written in.

use hyper::HeaderMap;
use hyper::header::ACCEPT_LANGUAGE;

/// A language of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    French,
    English,
}

/// A sentence in both languages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words {
    pub(crate) fr: &'static str,
    pub(crate) en: &'static str,
}

impl Words {
    pub(crate) fn in_language(self, language: Language) -> &'static str {
        match language {
            Language::French => self.fr,
            Language::English => self.en,
        }
    }
}

impl Language {
    /// The code for `Content-Language` (RFC 5646).
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Language::French => "fr",
            Language::English => "en",
        }
    }

    /// What the request asks for (RFC 9110, section 12.5.4); French where it asks for neither.
    pub(crate) fn of(headers: &HeaderMap) -> Language {
        headers
            .get(ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok())
            .map_or(Language::French, Language::negotiate)
    }

    fn negotiate(accepted: &str) -> Language {
        let english = accepted
            .split(',')
            .filter_map(range)
            .filter(|r| r.is("en"))
            .map(|r| r.weight);
        let french = accepted
            .split(',')
            .filter_map(range)
            .filter(|r| r.is("fr"))
            .map(|r| r.weight);
        match (french.max(), english.max()) {
            (None, Some(weight)) if weight > 0 => Language::English,
            (Some(french), Some(english)) if english > french => Language::English,
            _ => Language::French,
        }
    }
}

/// One element of `Accept-Language`: a range such as `fr-CA` and its weight in thousandths.
struct Range<'a> {
    primary: &'a str,
    weight: u16,
}

impl Range<'_> {
    fn is(&self, language: &str) -> bool {
        self.primary.eq_ignore_ascii_case(language)
    }
}

fn range(element: &str) -> Option<Range<'_>> {
    let mut parts = element.split(';');
    let primary = parts.next()?.trim().split('-').next()?;
    let weight = match parts.next() {
        None => 1_000,
        Some(parameter) => thousandths(parameter.trim().strip_prefix("q=")?)?,
    };
    Some(Range { primary, weight })
}

/// A weight such as `0.8`: at most three decimals, at most 1.
fn thousandths(weight: &str) -> Option<u16> {
    let (whole, decimals) = weight.split_once('.').unwrap_or((weight, ""));
    let whole: u16 = whole.parse().ok().filter(|whole| *whole <= 1)?;
    if decimals.len() > 3 || !decimals.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let decimals: u16 = format!("{decimals:0<3}").parse().ok()?;
    Some((whole * 1_000 + decimals).min(1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negotiates() {
        let cases = [
            ("", Language::French),
            ("fr", Language::French),
            ("en", Language::English),
            ("EN-ca", Language::English),
            ("en-CA,en;q=0.9,fr-CA;q=0.8", Language::English),
            ("fr-CA,fr;q=0.9,en;q=0.8", Language::French),
            ("fr;q=0.2, en;q=0.7", Language::English),
            ("en;q=0", Language::French),
            ("de,es;q=0.5", Language::French),
            ("*", Language::French),
            ("en;q=7", Language::French),
            ("en;q=0.12345", Language::French),
            (";;;,,q=,en;", Language::French),
        ];
        for (accepted, expected) in cases {
            assert_eq!(Language::negotiate(accepted), expected, "{accepted:?}");
        }
    }
}
