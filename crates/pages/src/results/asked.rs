//! What the address of a results page asks for beside the language: which regions, and which round.

use crate::form::Form;

/// Longest search that is looked for; the rest of a longer one is left out.
const SEARCH_CHARS_MAX: usize = 60;

/// What a reader asks a results page for. Nothing asked is the whole page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Part of the name of a region, candidate or party; empty for all.
    pub search: String,
    /// Which regions of the list are shown.
    pub show: Show,
    /// The round of a ranked count that is looked at, from 1; none for all rounds.
    pub round: Option<usize>,
}

/// Regions of a list, by what their counts say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Show {
    /// Every region of the list.
    #[default]
    All,
    /// Those with a small margin.
    Closest,
    /// Those whose last seat is tied.
    Tied,
    /// Those without a vote in the counts.
    NotReleased,
    /// Those whose first candidate is of another party than the one that held the seat.
    Gains,
    /// Those that answer a law with more No than Yes.
    Against,
}

impl Show {
    /// What an election's regions are filtered by.
    pub const OF_ELECTIONS: [Show; 5] = [
        Show::All,
        Show::Closest,
        Show::Tied,
        Show::NotReleased,
        Show::Gains,
    ];
    /// What a law's regions are filtered by.
    pub const OF_LAWS: [Show; 5] = [
        Show::All,
        Show::Closest,
        Show::Against,
        Show::Tied,
        Show::NotReleased,
    ];

    /// The value in addresses, and the word by which scripts know it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Show::All => "all",
            Show::Closest => "closest",
            Show::Tied => "tied",
            Show::NotReleased => "unreleased",
            Show::Gains => "gains",
            Show::Against => "against",
        }
    }

    fn of(name: &str) -> Option<Show> {
        let all = Show::OF_ELECTIONS.into_iter().chain(Show::OF_LAWS);
        all.into_iter().find(|show| show.name() == name)
    }
}

impl Asked {
    /// Reads the query of an address. What is not understood is not asked.
    #[must_use]
    pub fn of(query: &Form) -> Asked {
        let search = query.get("q").unwrap_or_default().trim();
        let show = query.get("show").unwrap_or_default();
        let show = Show::of(show);
        let round = query.get("round").and_then(|round| round.parse().ok());
        Asked {
            search: search.chars().take(SEARCH_CHARS_MAX).collect(),
            show: show.unwrap_or_default(),
            round: round.filter(|round| *round > 0),
        }
    }

    /// As part of an address: empty, or a question mark and what is asked.
    #[must_use]
    pub fn query(&self) -> String {
        let mut fields = Vec::new();
        if !self.search.is_empty() {
            fields.push(format!("q={}", escaped(&self.search)));
        }
        if self.show != Show::All {
            fields.push(format!("show={}", self.show.name()));
        }
        if let Some(round) = self.round {
            fields.push(format!("round={round}"));
        }
        match fields.is_empty() {
            true => String::new(),
            false => format!("?{}", fields.join("&")),
        }
    }

    /// Whether a region of these names is searched for. Capitals and accents make no difference.
    pub(super) fn finds(&self, names: &str) -> bool {
        self.search.is_empty() || folded(names).contains(&folded(&self.search))
    }
}

/// A value in a query (RFC 3986, section 3.4).
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                escaped.push(char::from(byte));
            }
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

/// Small letters without the accents of the two languages.
fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars().flat_map(char::to_lowercase) {
        match letter {
            'à' | 'â' | 'ä' | 'á' | 'ã' => folded.push('a'),
            'ç' => folded.push('c'),
            'é' | 'è' | 'ê' | 'ë' => folded.push('e'),
            'î' | 'ï' | 'í' | 'ì' => folded.push('i'),
            'ñ' => folded.push('n'),
            'ô' | 'ö' | 'ó' | 'ò' | 'õ' => folded.push('o'),
            'ù' | 'û' | 'ü' | 'ú' => folded.push('u'),
            'ÿ' => folded.push('y'),
            'œ' => folded.push_str("oe"),
            'æ' => folded.push_str("ae"),
            '’' => folded.push('\''),
            other => folded.push(other),
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(query: &str) -> Asked {
        Asked::of(&Form::parse(query.as_bytes()).expect("a query"))
    }

    #[test]
    fn an_address_says_what_is_asked_and_says_it_again() {
        for (query, again) in [
            ("", ""),
            ("q=&show=all&round=0", ""),
            ("show=nonsense&round=x&q=++", ""),
            ("q=Bas+Saint&show=tied", "?q=Bas%20Saint&show=tied"),
            ("round=3&show=closest", "?show=closest&round=3"),
            ("q=%C3%8Ele%26", "?q=%C3%8Ele%26"),
        ] {
            assert_eq!(asked(query).query(), again);
        }
        let long = asked(&format!("q={}", "a".repeat(500)));
        assert_eq!(long.search.len(), SEARCH_CHARS_MAX);
    }

    #[test]
    fn accents_and_capitals_make_no_difference() {
        for (search, names, found) in [
            ("", "Montréal", true),
            ("MONTREAL", "Montréal PB", true),
            ("île", "Ile-Perrot", true),
            ("coeur", "Sacré-Cœur", true),
            ("laval", "Estrie", false),
        ] {
            let asked = Asked {
                search: search.to_owned(),
                ..Asked::default()
            };
            assert_eq!(asked.finds(names), found, "{search}");
        }
    }
}
