//! Which of the two languages a request asks for.

use std::cmp::Reverse;

use election::Language;
use hyper::HeaderMap;
use hyper::header::ACCEPT_LANGUAGE;

/// How much a language is wanted: the later of two is wanted more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Wish {
    /// The request refuses it by `q=0`.
    Refused,
    /// No range covers it.
    Unspoken,
    /// The greater weight counts for more, then the earlier place in the list.
    Wanted {
        thousandths: u16,
        place: Reverse<usize>,
    },
}

/// The language that `Accept-Language` prefers (RFC 9110, section 12.5.4).
///
/// A range asks for a language where its first subtag is the language's tag, so `fr-CA` asks for
/// French. `*` asks for every language that no other range names. The greater weight wins; of equal
/// weights, the language that is named first, and one that only `*` covers comes last. A language
/// that is not spoken of is better than one that is refused by `q=0`. French wins where nothing else
/// decides. A range whose weight is malformed is passed over.
#[must_use]
pub fn negotiate(headers: &HeaderMap) -> Language {
    let lines = headers.get_all(ACCEPT_LANGUAGE).iter();
    preferred(lines.filter_map(|line| line.to_str().ok()))
}

fn preferred<'a>(lines: impl Iterator<Item = &'a str>) -> Language {
    let (mut french, mut english, mut others) = (None, None, None);
    for (place, element) in lines.flat_map(|line| line.split(',')).enumerate() {
        let Some((tag, thousandths)) = range(element) else {
            continue;
        };
        let (wish, place) = match tag {
            "*" => (&mut others, usize::MAX),
            tag if names(tag, Language::French) => (&mut french, place),
            tag if names(tag, Language::English) => (&mut english, place),
            _ => continue,
        };
        *wish = (*wish).max(Some(Wish::of(thousandths, place)));
    }
    let others = others.unwrap_or(Wish::Unspoken);
    if english.unwrap_or(others) > french.unwrap_or(others) {
        Language::English
    } else {
        Language::French
    }
}

impl Wish {
    fn of(thousandths: u16, place: usize) -> Wish {
        match thousandths {
            0 => Wish::Refused,
            _ => Wish::Wanted {
                thousandths,
                place: Reverse(place),
            },
        }
    }
}

/// Whether a range such as `fr-CA` asks for that language.
fn names(tag: &str, language: Language) -> bool {
    let primary = tag.split('-').next();
    primary.is_some_and(|primary| primary.eq_ignore_ascii_case(language.tag()))
}

/// One element of the list: a range and its weight in thousandths; none where it is malformed.
fn range(element: &str) -> Option<(&str, u16)> {
    let Some((tag, parameter)) = element.split_once(';') else {
        return Some((element.trim(), 1_000));
    };
    let (name, value) = parameter.trim().split_once('=')?;
    let weight = thousandths(value).filter(|_| name.eq_ignore_ascii_case("q"))?;
    Some((tag.trim(), weight))
}

/// A weight from 0 to 1 with at most three decimals (RFC 9110, section 12.4.2).
fn thousandths(weight: &str) -> Option<u16> {
    let (whole, decimals) = weight.split_once('.').unwrap_or((weight, ""));
    if decimals.len() > 3 {
        return None;
    }
    let mut value = match whole {
        "0" => 0,
        "1" => 1,
        _ => return None,
    };
    for place in 0..3 {
        let digit = decimals.as_bytes().get(place).unwrap_or(&b'0');
        if !digit.is_ascii_digit() {
            return None;
        }
        value = value * 10 + u16::from(digit - b'0');
    }
    (value <= 1_000).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use election::Language::{English, French};

    #[test]
    fn one_table_decides_for_every_server() {
        let cases = [
            // Nothing is asked for.
            ("", French),
            ("de, es;q=0.5", French),
            ("*", French),
            // One of both is.
            ("fr", French),
            ("EN-ca", English),
            ("de, en;q=0.001", English),
            ("en-CA,en;q=0.9", English),
            // Both are: the weight decides, then the place in the list.
            ("en-CA,en;q=0.9,fr-CA;q=0.8", English),
            ("fr-CA,fr;q=0.9,en;q=0.8", French),
            ("fr;q=0.2, en;q=0.7", English),
            ("en;q=0.70, fr;q=0.7", English),
            ("fr, en", French),
            ("en, fr", English),
            // The best range of a language counts.
            ("en-US;q=0.2, fr;q=0.5, en;q=0.9", English),
            // The wildcard stands for whatever is not named.
            ("en, *;q=0.5", English),
            ("en;q=0.5, *;q=0.8", French),
            ("*, en", English),
            ("fr;q=0, *;q=0.1", English),
            // A refusal is heard.
            ("en;q=0", French),
            ("fr;q=0", English),
            ("fr;q=0, en;q=0", French),
            ("fr;q=0, *;q=0", French),
            ("fr;q=0.000, de", English),
            // Weights and blanks as the grammar has them.
            ("fr;q=0.5 , en ; Q=1.000", English),
            // A malformed range is passed over.
            ("en;q=7", French),
            ("en;q=1.001", French),
            ("en;q=0.12345", French),
            ("en;q=.9", French),
            ("en;q=-1", French),
            ("en;q=NaN", French),
            ("en;q=oops", French),
            ("en;q=", French),
            ("en;level=1", French),
            ("en;", French),
            (";;;,,q=,en;q=0.é", French),
            ("en;q=oops, en;q=0.4, fr;q=0.3", English),
            ("english", French),
        ];
        for (accepted, expected) in cases {
            assert_eq!(preferred([accepted].into_iter()), expected, "{accepted:?}");
        }
    }

    #[test]
    fn several_header_lines_are_one_list() {
        let mut headers = HeaderMap::new();
        for line in ["fr;q=0.3", "en;q=0.4"] {
            headers.append(ACCEPT_LANGUAGE, line.parse().expect("a header"));
        }
        assert_eq!(negotiate(&headers), English);
        assert_eq!(negotiate(&HeaderMap::new()), French);
    }
}
