//! Dates of a definition: local times of the event's zone, made into instants once and for all.
//!
//! Zones come from the database compiled into this crate, so an air-gapped machine and a server
//! read the same definition alike. Daylight saving makes some local times happen twice and others
//! never: those are refused, with the two readings to choose from.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};

/// Why a date is no instant.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InstantError {
    #[error(
        "`{got}` is not a date and time: write 2026-10-05T09:00:00 (local time) or add an offset such as -04:00"
    )]
    Form { got: String },
    #[error(
        "{got} never happens in {zone}, clocks jump over it: write it with an offset, {got}{before} or {got}{after}"
    )]
    Never {
        got: DateTime,
        zone: String,
        before: String,
        after: String,
    },
    #[error(
        "{got} happens twice in {zone}, clocks go back over it: write it with an offset, {got}{before} or {got}{after}"
    )]
    Twice {
        got: DateTime,
        zone: String,
        before: String,
        after: String,
    },
    #[error("{got} is out of range: use a date between 1970 and 9999")]
    Range { got: String },
}

/// The time zone of that IANA name, from the compiled-in database.
pub(crate) fn zone(name: &str) -> Option<TimeZone> {
    jiff::tz::db()
        .get(name)
        .ok()
        .filter(|zone| zone.iana_name() == Some(name))
}

/// Milliseconds UTC of a date written with an offset, or in local time of `zone`.
pub(crate) fn parse(text: &str, zone: &TimeZone) -> Result<i64, InstantError> {
    let range = || InstantError::Range {
        got: text.chars().take(40).collect(),
    };
    let timestamp = match text.parse::<Timestamp>() {
        Ok(timestamp) => timestamp,
        Err(_) => local(text, zone)?,
    };
    if timestamp < Timestamp::UNIX_EPOCH {
        return Err(range());
    }
    Ok(timestamp.as_millisecond())
}

fn local(text: &str, zone: &TimeZone) -> Result<Timestamp, InstantError> {
    let form = || InstantError::Form {
        got: text.chars().take(40).collect(),
    };
    // A bare date would silently mean midnight, and a zone in brackets would be ignored.
    if !text.contains(['T', ' ']) || text.contains(['[', 'Z', '+']) {
        return Err(form());
    }
    let got: DateTime = text.parse().map_err(|_| form())?;
    let name = zone.iana_name().unwrap_or("UTC").to_owned();
    let ambiguous = zone.to_ambiguous_timestamp(got);
    match ambiguous.offset() {
        AmbiguousOffset::Gap { before, after } => Err(InstantError::Never {
            got,
            zone: name,
            before: written(before),
            after: written(after),
        }),
        AmbiguousOffset::Fold { before, after } => Err(InstantError::Twice {
            got,
            zone: name,
            before: written(before),
            after: written(after),
        }),
        AmbiguousOffset::Unambiguous { .. } => {
            ambiguous.unambiguous().map_err(|_| InstantError::Range {
                got: text.chars().take(40).collect(),
            })
        }
    }
}

/// An offset as RFC 3339 writes it: `-05:00`.
fn written(offset: Offset) -> String {
    let (sign, minutes) = (
        if offset.is_negative() { '-' } else { '+' },
        offset.seconds().abs() / 60,
    );
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

/// RFC 3339 in UTC, with milliseconds only where there are some: `2026-10-05T13:00:00.25Z`.
fn to_rfc3339(ms: i64) -> Option<String> {
    Timestamp::from_millisecond(ms)
        .ok()
        .map(|timestamp| timestamp.to_string())
}

/// Milliseconds since 1970 as people and programs read an instant: RFC 3339 in UTC, with milliseconds
/// only where there are some. An instant beyond the years -9999 to 9999 is written as its number, such
/// as `9223372036854775807 ms`: any number can stand in a file or on a broken clock.
#[must_use]
pub fn instant_text(ms: i64) -> String {
    to_rfc3339(ms).unwrap_or_else(|| format!("{ms} ms"))
}

/// Serialises milliseconds as RFC 3339 text, so that an auditor can read the canonical JSON.
pub(crate) mod rfc3339 {
    use super::{Timestamp, to_rfc3339};
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(ms: &i64, serializer: S) -> Result<S::Ok, S::Error> {
        let text = to_rfc3339(*ms).ok_or_else(|| serde::ser::Error::custom("date out of range"))?;
        serializer.serialize_str(&text)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
        let text = String::deserialize(deserializer)?;
        let timestamp: Timestamp = text.parse().map_err(|_| {
            serde::de::Error::custom("expected a date such as 2026-10-05T13:00:00Z")
        })?;
        Ok(timestamp.as_millisecond())
    }
}

#[cfg(test)]
mod tests {
    use super::instant_text;

    #[test]
    fn an_instant_is_written_in_utc() {
        let cases = [
            (0, "1970-01-01T00:00:00Z"),
            (1_790_000_000_250, "2026-09-21T14:13:20.25Z"),
            (i64::MAX, "9223372036854775807 ms"),
        ];
        for (ms, expected) in cases {
            assert_eq!(instant_text(ms), expected);
        }
    }
}
