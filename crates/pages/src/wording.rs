//! Numbers, shares and times as each language writes them. Shares are exact until they are rounded.

use election::Language;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::messages::Messages;

/// No break between the groups of a number, or between it and its unit.
const NARROW_NO_BREAK_SPACE: char = '\u{202f}';
pub(crate) const NO_BREAK_SPACE: char = '\u{a0}';

/// `1 234 567` or `1,234,567`.
pub(crate) fn count(lang: Language, number: u64) -> String {
    let digits = number.to_string();
    let separator = match lang {
        Language::French => NARROW_NO_BREAK_SPACE,
        Language::English => ',',
    };
    let mut text = String::with_capacity(digits.len() * 2);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(separator);
        }
        text.push(digit);
    }
    text
}

/// A count of units of 10^-decimals, e.g. votes after a transfer: `1 234,5000`.
pub(crate) fn decimal(lang: Language, units: u64, decimals: u8) -> String {
    let scale = 10_u64.saturating_pow(u32::from(decimals));
    let whole = count(lang, units / scale);
    if decimals == 0 {
        return whole;
    }
    let width = usize::from(decimals);
    format!("{whole}{}{:0width$}", point(lang), units % scale)
}

/// `part` of `whole` in tenths of a per cent, rounded half up: `52,3 %` or `52.3%`. Nothing of
/// nothing is a dash.
pub(crate) fn percent(lang: Language, part: u64, whole: u64) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    let tenths = thousandths(part, whole);
    let number = format!("{}{}{}", tenths / 10, point(lang), tenths % 10);
    match lang {
        Language::French => format!("{number}{NO_BREAK_SPACE}%"),
        Language::English => format!("{number}%"),
    }
}

/// `part` of `whole` in thousandths, rounded half up; 0 where the whole is nothing.
pub(crate) fn thousandths(part: u64, whole: u64) -> u64 {
    if whole == 0 {
        return 0;
    }
    let (part, whole) = (u128::from(part), u128::from(whole));
    u64::try_from((part * 2_000 + whole) / (whole * 2))
        .expect("a part of a whole has at most 1000 thousandths")
}

fn point(lang: Language) -> char {
    match lang {
        Language::French => ',',
        Language::English => '.',
    }
}

/// An instant for people, in the event's zone, and for machines (RFC 3339, UTC).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) text: String,
    pub(crate) machine: String,
}

/// Milliseconds UTC as the event's people read them. An unknown zone reads as UTC, and a number beyond
/// the calendar (about ten thousand years) as 1970: neither passes the checks of a definition.
pub(crate) fn moment(lang: Language, time_zone: &str, ms: i64) -> Moment {
    let instant = Timestamp::from_millisecond(ms).unwrap_or_default();
    let local = instant.to_zoned(TimeZone::get(time_zone).unwrap_or(TimeZone::UTC));
    let t = Messages::of(lang);
    let month = t.get(MONTHS[usize::from(local.month().unsigned_abs() - 1) % 12]);
    let text = t.fill(
        "moment",
        [
            ("day", local.day().into()),
            ("month", month.into_owned().into()),
            ("year", local.year().to_string().into()),
            ("hour", format!("{:02}", local.hour()).into()),
            ("minute", format!("{:02}", local.minute()).into()),
            ("offset", offset(local.offset().seconds()).into()),
        ],
    );
    Moment {
        text,
        machine: instant.to_string(),
    }
}

const MONTHS: [&str; 12] = [
    "month-01", "month-02", "month-03", "month-04", "month-05", "month-06", "month-07", "month-08",
    "month-09", "month-10", "month-11", "month-12",
];

/// `UTC−05:00`, with a true minus sign.
fn offset(seconds: i32) -> String {
    let minutes = seconds.unsigned_abs() / 60;
    let sign = if seconds < 0 { '−' } else { '+' };
    format!("UTC{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

/// `1er`, `2e` or `1st`, `2nd`, `11th`, `23rd`.
pub(crate) fn ordinal(lang: Language, number: u32) -> String {
    let id = match (lang, number % 10, number % 100) {
        (Language::French, _, _) if number == 1 => "ordinal-one",
        (Language::French, _, _) | (Language::English, _, 11..=13) => "ordinal-other",
        (Language::English, 1, _) => "ordinal-one",
        (Language::English, 2, _) => "ordinal-two",
        (Language::English, 3, _) => "ordinal-few",
        (Language::English, _, _) => "ordinal-other",
    };
    Messages::of(lang)
        .get(id)
        .replace("%n%", &number.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_the_language() {
        assert_eq!(count(Language::French, 0), "0");
        assert_eq!(
            count(Language::French, 1_234_567),
            "1\u{202f}234\u{202f}567"
        );
        assert_eq!(count(Language::English, 999), "999");
        assert_eq!(count(Language::English, 1_000), "1,000");
        assert_eq!(
            decimal(Language::French, 12_345_678, 4),
            "1\u{202f}234,5678"
        );
        assert_eq!(decimal(Language::English, 50_000, 4), "5.0000");
    }

    #[test]
    fn ordinals_follow_the_language() {
        let check = |lang, number, expected| assert_eq!(ordinal(lang, number), expected);
        check(Language::French, 1, "1er");
        check(Language::French, 21, "21e");
        check(Language::English, 1, "1st");
        check(Language::English, 12, "12th");
        check(Language::English, 22, "22nd");
        check(Language::English, 103, "103rd");
    }

    #[test]
    fn shares_are_exact_until_rounded_half_up() {
        assert_eq!(percent(Language::English, 1, 3), "33.3%");
        assert_eq!(percent(Language::English, 2, 3), "66.7%");
        assert_eq!(percent(Language::French, 1, 2_000), "0,1\u{a0}%");
        assert_eq!(percent(Language::English, u64::MAX, u64::MAX), "100.0%");
        assert_eq!(percent(Language::English, 5, 0), "–");
    }

    #[test]
    fn times_are_local_to_the_event_and_say_their_offset() {
        let at = moment(Language::French, "America/Toronto", 1_763_771_400_000);
        assert_eq!(at.machine, "2025-11-22T00:30:00Z");
        assert_eq!(
            at.text,
            "21\u{a0}novembre\u{a0}2025 à 19\u{a0}h\u{a0}30 (UTC−05:00)"
        );
        let at = moment(Language::English, "America/Toronto", 1_763_771_400_000);
        assert_eq!(at.text, "November\u{a0}21, 2025 at 19:30 (UTC−05:00)");
        assert_eq!(
            moment(Language::English, "Nowhere", i64::MAX).machine,
            "1970-01-01T00:00:00Z"
        );
    }
}
