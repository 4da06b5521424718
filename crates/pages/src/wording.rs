//! Numbers, shares and times as each language writes them. Shares are exact until they are rounded.

use election::Language;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

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

/// Milliseconds UTC as the event's people read them, in the event's zone, which is named. An unknown zone reads
/// as UTC, and a number beyond the calendar (about ten thousand years) as 1970: neither passes the checks of a
/// definition.
pub(crate) fn moment(lang: Language, time_zone: &str, ms: i64) -> Moment {
    let local = local(time_zone, ms);
    let text = on_day(lang, time_zone, &local, &clock(lang, &local));
    Moment {
        text,
        machine: local.timestamp().to_string(),
    }
}

/// The first moment after a window. At midnight people name the day that ends.
pub(crate) fn closing(lang: Language, time_zone: &str, ms: i64) -> Moment {
    let end = local(time_zone, ms);
    let last = local(time_zone, ms.saturating_sub(1));
    if (end.hour(), end.minute()) != (0, 0) {
        return moment(lang, time_zone, ms);
    }
    let midnight = Messages::of(lang).get("clock-midnight");
    Moment {
        text: on_day(lang, time_zone, &last, &midnight),
        machine: end.timestamp().to_string(),
    }
}

/// The time of a day that is today or soon; of a minute that has begun, the next one.
pub(crate) fn time_of_day(lang: Language, time_zone: &str, ms: i64) -> String {
    let minute_ms = 60_000;
    let local = local(time_zone, ms.saturating_add(minute_ms - 1));
    let values = [
        ("clock", clock(lang, &local).into()),
        ("zone", zone_name(lang, time_zone, &local).into()),
    ];
    Messages::of(lang).fill("time-of-day", values)
}

fn local(time_zone: &str, ms: i64) -> Zoned {
    let instant = Timestamp::from_millisecond(ms).unwrap_or_default();
    instant.to_zoned(TimeZone::get(time_zone).unwrap_or(TimeZone::UTC))
}

fn on_day(lang: Language, time_zone: &str, day: &Zoned, clock: &str) -> String {
    let t = Messages::of(lang);
    let month = t.get(MONTHS[usize::from(day.month().unsigned_abs() - 1) % 12]);
    t.fill(
        "moment",
        [
            ("day", day.day().into()),
            ("month", month.into_owned().into()),
            ("year", day.year().to_string().into()),
            ("clock", clock.into()),
            ("zone", zone_name(lang, time_zone, day).into()),
        ],
    )
}

/// `20 h`, `19 h 30`, `midi`; `8 p.m.`, `7:30 p.m.`, `noon`.
fn clock(lang: Language, local: &Zoned) -> String {
    let t = Messages::of(lang);
    let (hour, minute) = (local.hour(), local.minute());
    if (hour, minute) == (12, 0) {
        return t.get("clock-noon").into_owned();
    }
    let shown = match lang {
        Language::French => hour,
        Language::English => (hour + 11) % 12 + 1,
    };
    let time = match minute {
        0 => t.fill("clock-full", [("hour", shown.into())]),
        _ => t.fill(
            "clock-minutes",
            [
                ("hour", shown.into()),
                ("minute", format!("{minute:02}").into()),
            ],
        ),
    };
    let half = if hour < 12 {
        "clock-morning"
    } else {
        "clock-afternoon"
    };
    t.fill(half, [("time", time.into())])
}

/// Zones whose names people in Canada know, by their IANA names.
const ZONES: [(&str, &str); 20] = [
    ("America/Toronto", "zone-eastern"),
    ("America/Montreal", "zone-eastern"),
    ("America/Iqaluit", "zone-eastern"),
    ("Canada/Eastern", "zone-eastern"),
    ("America/Winnipeg", "zone-central"),
    ("America/Rankin_Inlet", "zone-central"),
    ("America/Regina", "zone-central"),
    ("Canada/Central", "zone-central"),
    ("Canada/Saskatchewan", "zone-central"),
    ("America/Edmonton", "zone-mountain"),
    ("America/Yellowknife", "zone-mountain"),
    ("Canada/Mountain", "zone-mountain"),
    ("America/Vancouver", "zone-pacific"),
    ("Canada/Pacific", "zone-pacific"),
    ("America/Halifax", "zone-atlantic"),
    ("America/Moncton", "zone-atlantic"),
    ("Canada/Atlantic", "zone-atlantic"),
    ("America/St_Johns", "zone-newfoundland"),
    ("Canada/Newfoundland", "zone-newfoundland"),
    ("America/Whitehorse", "zone-yukon"),
];

/// The name of the zone; of one that has none here, its offset at that time.
fn zone_name(lang: Language, time_zone: &str, at: &Zoned) -> String {
    let t = Messages::of(lang);
    match ZONES.iter().find(|(known, _)| *known == time_zone) {
        Some((_, message)) => t.get(message).into_owned(),
        None => t.fill(
            "zone-offset",
            [("offset", offset(at.offset().seconds()).into())],
        ),
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
    fn times_are_said_as_people_say_them_and_name_their_zone() {
        const TORONTO: &str = "America/Toronto";
        let plain = |text: String| text.replace('\u{a0}', " ");
        let check = |ms: i64, fr: &str, en: &str| {
            let said = |lang| plain(moment(lang, TORONTO, ms).text);
            assert_eq!(said(Language::French), fr);
            assert_eq!(said(Language::English), en);
        };
        check(
            1_763_771_400_000,
            "21 novembre 2025, 19 h 30 (heure de l’Est)",
            "November 21, 2025, 7:30 p.m. Eastern time",
        );
        check(
            1_735_707_600_000,
            "1er janvier 2025, 0 h (heure de l’Est)",
            "January 1, 2025, 12 a.m. Eastern time",
        );
        check(
            1_735_750_800_000,
            "1er janvier 2025, midi (heure de l’Est)",
            "January 1, 2025, noon Eastern time",
        );
        check(
            1_735_779_600_000,
            "1er janvier 2025, 20 h (heure de l’Est)",
            "January 1, 2025, 8 p.m. Eastern time",
        );
        let at = moment(Language::English, TORONTO, 1_763_771_400_000);
        assert_eq!(at.machine, "2025-11-22T00:30:00Z");
        let elsewhere = moment(Language::English, "Asia/Kolkata", 1_763_771_400_000);
        assert_eq!(
            plain(elsewhere.text),
            "November 22, 2025, 6 a.m. (UTC+05:30)"
        );
        let nowhere = moment(Language::English, "Nowhere", i64::MAX);
        assert_eq!(nowhere.machine, "1970-01-01T00:00:00Z");
    }

    #[test]
    fn a_window_that_ends_at_midnight_ends_on_the_day_before() {
        let end = |lang| closing(lang, "America/Toronto", 2_051_240_400_000);
        let plain = |text: String| text.replace('\u{a0}', " ");
        assert_eq!(
            plain(end(Language::French).text),
            "31 décembre 2034, minuit (heure de l’Est)"
        );
        assert_eq!(
            plain(end(Language::English).text),
            "December 31, 2034, 11:59 p.m. Eastern time"
        );
        assert_eq!(end(Language::French).machine, "2035-01-01T05:00:00Z");
        let evening = closing(Language::French, "America/Toronto", 2_051_226_000_000);
        assert!(plain(evening.text).starts_with("31 décembre 2034, 20 h "));
    }

    #[test]
    fn a_time_of_day_is_never_too_early() {
        let at = |ms| time_of_day(Language::English, "America/Toronto", ms).replace('\u{a0}', " ");
        assert_eq!(at(1_763_771_400_000), "7:30 p.m. Eastern time");
        assert_eq!(at(1_763_771_400_001), "7:31 p.m. Eastern time");
    }
}
