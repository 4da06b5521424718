//! What several documents have in common: percentages, titles, and whether counts are shown.

use election::instant_text;
use serde::Serialize;

use crate::fraction::Fraction;
use crate::results::Shown;

/// The member that percentages of candidates and parties are of.
pub(super) const PERCENTAGE_OF: &str = "total_votes";

/// A text in both languages.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Titles {
    pub(crate) fr: String,
    pub(crate) en: String,
}

impl Titles {
    pub(crate) fn of(text: &election::Text) -> Titles {
        Titles {
            fr: text.fr.clone(),
            en: text.en.clone(),
        }
    }
}

/// A percentage as a JSON number with at most two decimals; null where the whole is 0.
pub(crate) fn percentage(fraction: Fraction) -> Option<f64> {
    fraction
        .hundredths()
        .map(|hundredths| f64::from(hundredths) / 100.0)
}

/// Bytes as lower-case hexadecimal digits, two a byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

/// Whether counts are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    /// Counts of the ballot so far, or in the end.
    Available,
    /// Turnout only until `available_at`.
    Withheld,
    /// Turnout only: this tally holds no box key.
    Sealed,
}

/// The members of a document that say whether counts are shown, and as of when.
pub(super) struct Standing {
    pub(super) results: Status,
    pub(super) available_at: Option<String>,
    pub(super) updated_at: Option<String>,
}

impl Standing {
    pub(super) fn of(shown: &Shown) -> Standing {
        let (results, available_ms, updated_ms) = match shown {
            Shown::Counts { updated_ms, .. } => (Status::Available, None, *updated_ms),
            Shown::Withheld { available_ms } => (Status::Withheld, Some(*available_ms), None),
            Shown::Sealed => (Status::Sealed, None, None),
        };
        Standing {
            results,
            available_at: available_ms.map(instant_text),
            updated_at: updated_ms.map(instant_text),
        }
    }
}
