//! What a law needs to pass: shares of valid votes as exact fractions.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A share as an exact fraction, reached by more than it or by at least it.
///
/// Written `50%+1` (more than half of the valid votes), `more than 1/2`, `at least 3/5`, `60%`
/// (at least 60/100). Kept as written, not reduced, so that the law's own words stay readable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Numerator, from 1, at most the denominator.
    pub numerator: u32,
    /// Denominator, 1 to 1,000,000.
    pub denominator: u32,
    /// True: the share must be exceeded. False: reaching it is enough.
    pub more_than: bool,
}

/// What a law needs to pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Threshold {
    /// Share of `oui` among the valid votes (`oui` + `non`) of the whole event.
    pub votes: Share,
    /// The second majority, where the law asks for one.
    pub regions: Option<RegionalMajority>,
}

/// The second majority of a double majority: enough regions must carry the law on their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegionalMajority {
    /// Share of `oui` among the valid votes of a region for that region to carry the law.
    pub votes: Share,
    /// Share of all regions of the event that must carry it.
    pub share: Share,
}

/// Why a share cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant names its fields")]
pub enum ShareError {
    /// Not one of the four forms.
    #[error(
        "`{got}` is not a share: write \"50%+1\", \"60%\", \"more than 1/2\" or \"at least 3/5\""
    )]
    Form { got: String },
    /// A fraction below nothing or above the whole.
    #[error(
        "{numerator}/{denominator} is out of range: the share must lie within 0 and 1, with a denominator from 1 to 1000000"
    )]
    Range { numerator: u32, denominator: u32 },
    /// A share of nothing, which a single vote reaches.
    #[error(
        "{got} asks for nothing: write the share that the law names, or leave the line out for more than half"
    )]
    Nothing { got: Share },
    /// More than the whole.
    #[error("{got} can never be reached: write \"at least {}/{}\"", got.numerator, got.denominator)]
    Never { got: Share },
}

const DENOMINATOR_MAX: u32 = 1_000_000;

impl Share {
    /// More than half: what a law needs unless its definition says otherwise.
    pub const MORE_THAN_HALF: Share = Share {
        numerator: 1,
        denominator: 2,
        more_than: true,
    };

    /// Whether `part` of `whole` reaches this share. Nothing of nothing never does.
    #[must_use]
    pub fn reached_by(&self, part: u64, whole: u64) -> bool {
        let have = u128::from(part) * u128::from(self.denominator);
        let need = u128::from(whole) * u128::from(self.numerator);
        whole > 0
            && if self.more_than {
                have > need
            } else {
                have >= need
            }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.more_than {
            "more than"
        } else {
            "at least"
        };
        write!(f, "{word} {}/{}", self.numerator, self.denominator)
    }
}

impl FromStr for Share {
    type Err = ShareError;

    fn from_str(text: &str) -> Result<Share, ShareError> {
        let form = || ShareError::Form {
            got: text.chars().take(60).collect(),
        };
        if text == "50%+1" {
            return Ok(Share::MORE_THAN_HALF);
        }
        let (more_than, numerator, denominator) = match text.strip_suffix('%') {
            Some(percent) => (false, percent, "100"),
            None => {
                let (more_than, fraction) = match text.strip_prefix("more than ") {
                    Some(rest) => (true, rest),
                    None => (false, text.strip_prefix("at least ").ok_or_else(form)?),
                };
                let (numerator, denominator) = fraction.split_once('/').ok_or_else(form)?;
                (more_than, numerator, denominator)
            }
        };
        let number = |s: &str| -> Result<u32, ShareError> {
            let digits = !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| s.parse().ok()).flatten().ok_or_else(form)
        };
        let (numerator, denominator) = (number(numerator)?, number(denominator)?);
        if denominator == 0 || denominator > DENOMINATOR_MAX || numerator > denominator {
            return Err(ShareError::Range {
                numerator,
                denominator,
            });
        }
        let got = Share {
            numerator,
            denominator,
            more_than,
        };
        if numerator == 0 {
            return Err(ShareError::Nothing { got });
        }
        if more_than && numerator == denominator {
            return Err(ShareError::Never { got });
        }
        Ok(got)
    }
}

impl Serialize for Share {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Share, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
