//! Numbers, shares and times as each language writes them. Shares are exact until they are rounded.

use std::cmp::Ordering;

use election::Language;
use jiff::civil::{Date, DateTime};
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
    per_cent(
        lang,
        &format!("{}{}{}", tenths / 10, point(lang), tenths % 10),
    )
}

/// Most decimals of a share that stands beside another one.
const DECIMALS_BESIDE_MAX: u32 = 6;

/// The same with as many decimals as show on which side of the other shares it is: 59.96%, not
/// 60.0%, where 60% is needed. The other shares are fractions.
pub(crate) fn percent_beside(
    lang: Language,
    part: u64,
    whole: u64,
    others: &[(u32, u32)],
) -> String {
    if whole == 0 {
        return percent(lang, part, whole);
    }
    let (part, whole) = (u128::from(part), u128::from(whole));
    let looks_equal = |decimals: u32| {
        others.iter().any(|(numerator, denominator)| {
            let (numerator, denominator) = (u128::from(*numerator), u128::from(*denominator));
            part * denominator != numerator * whole
                && rounded(part, whole, decimals) == rounded(numerator, denominator, decimals)
        })
    };
    let decimals = (1..DECIMALS_BESIDE_MAX).find(|decimals| !looks_equal(*decimals));
    let decimals = decimals.unwrap_or(DECIMALS_BESIDE_MAX);
    let (units, scale) = (rounded(part, whole, decimals), 10_u128.pow(decimals));
    let width = usize::try_from(decimals).unwrap_or(1); // at most 6
    let number = format!("{}{}{:0width$}", units / scale, point(lang), units % scale);
    per_cent(lang, &number)
}

/// Hundredths with so many decimals, rounded half up.
fn rounded(part: u128, whole: u128, decimals: u32) -> u128 {
    let scale = 100 * 10_u128.pow(decimals);
    (part * scale * 2 + whole) / (whole * 2)
}

/// A fraction as a percentage without needless decimals: `60 %`; as it is, `2/3`, where it has none.
pub(crate) fn fraction(lang: Language, numerator: u32, denominator: u32) -> String {
    let tenths = u64::from(numerator) * 1_000;
    let denominator_whole = u64::from(denominator);
    if denominator == 0 || !tenths.is_multiple_of(denominator_whole) {
        return format!("{numerator}/{denominator}");
    }
    let tenths = tenths / denominator_whole;
    match tenths.is_multiple_of(10) {
        true => per_cent(lang, &(tenths / 10).to_string()),
        false => per_cent(
            lang,
            &format!("{}{}{}", tenths / 10, point(lang), tenths % 10),
        ),
    }
}

fn per_cent(lang: Language, number: &str) -> String {
    match lang {
        Language::French => format!("{number}{NO_BREAK_SPACE}%"),
        Language::English => format!("{number}%"),
    }
}

/// How a number has changed, with its sign: `+3`, `−1,2`, `±0`. Both are given in units of so many decimals.
pub(crate) fn change(lang: Language, (before, now): (u64, u64), decimals: u8) -> String {
    let amount = decimal(lang, now.abs_diff(before), decimals);
    match now.cmp(&before) {
        Ordering::Greater => format!("+{amount}"),
        Ordering::Less => format!("−{amount}"),
        Ordering::Equal => "±0".to_owned(),
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
    let text = on_day(
        lang,
        time_zone,
        &local,
        &clock(lang, local.hour(), local.minute()),
    );
    Moment {
        text,
        machine: local.timestamp().to_string(),
    }
}

/// The first moment after a window. At midnight people name the day that ends.
pub(crate) fn closing(lang: Language, time_zone: &str, ms: i64) -> Moment {
    let (day, clock) = end(lang, time_zone, ms);
    Moment {
        text: on_day(lang, time_zone, &day, &clock),
        machine: local(time_zone, ms).timestamp().to_string(),
    }
}

/// When people vote, the zone named once: one day with its hours, or from when to when.
pub(crate) fn window(lang: Language, time_zone: &str, (opens, closes): (i64, i64)) -> String {
    let t = Messages::of(lang);
    let first = local(time_zone, opens);
    let from = clock(lang, first.hour(), first.minute());
    let (last, to) = end(lang, time_zone, closes);
    let zone = zone_name(lang, time_zone, &last);
    let day = date(lang, &first);
    if first.date() == last.date() {
        let to = t.fill("time-of-day", [("clock", to.into()), ("zone", zone.into())]);
        let values = [
            ("day", day.into()),
            ("from", from.into()),
            ("to", to.into()),
        ];
        return t.fill("standing-one-day", values);
    }
    let opens = if zone_name(lang, time_zone, &first) == zone {
        t.fill(
            "date-and-clock",
            [("date", day.into()), ("clock", from.into())],
        )
    } else {
        moment(lang, time_zone, opens).text
    };
    let closes = on_day(lang, time_zone, &last, &to);
    t.fill(
        "standing-days",
        [("opens", opens.into()), ("closes", closes.into())],
    )
}

/// The day on which a window ends, and the hour.
fn end(lang: Language, time_zone: &str, ms: i64) -> (Zoned, String) {
    let end = local(time_zone, ms);
    if (end.hour(), end.minute()) != (0, 0) {
        let clock = clock(lang, end.hour(), end.minute());
        return (end, clock);
    }
    let midnight = Messages::of(lang).get("clock-midnight").into_owned();
    (local(time_zone, ms.saturating_sub(1)), midnight)
}

/// The time of a day that is today or soon; of a minute that has begun, the next one.
pub(crate) fn time_of_day(lang: Language, time_zone: &str, ms: i64) -> String {
    let minute_ms = 60_000;
    clock_time(lang, time_zone, ms.saturating_add(minute_ms - 1))
}

/// The time of this day in the event's zone, which is named.
pub(crate) fn clock_time(lang: Language, time_zone: &str, ms: i64) -> String {
    let local = local(time_zone, ms);
    let values = [
        ("clock", clock(lang, local.hour(), local.minute()).into()),
        ("zone", zone_name(lang, time_zone, &local).into()),
    ];
    Messages::of(lang).fill("time-of-day", values)
}

/// An hour of the local clock; with its day where a page shows several. At midnight people name the day that ends.
pub(crate) fn hour(lang: Language, at: DateTime, with_day: bool) -> String {
    let t = Messages::of(lang);
    let is_midnight = (at.hour(), at.minute()) == (0, 0);
    let (day, clock) = match is_midnight {
        true => (
            at.date().yesterday().unwrap_or(at.date()),
            t.get("clock-midnight").into_owned(),
        ),
        false => (at.date(), clock(lang, at.hour(), at.minute())),
    };
    if !with_day {
        return clock;
    }
    let values = [
        ("day", day.day().into()),
        ("month", month(lang, day.month()).into()),
        ("clock", clock.into()),
    ];
    t.fill("hour-of-day", values)
}

/// Minutes of the local clock since the start of a day in the event's zone; negative before it.
pub(crate) fn clock_minutes(time_zone: &str, ms: i64, since: Date) -> i64 {
    let local = local(time_zone, ms);
    let days = since.until(local.date()).map_or(0, |span| span.get_days());
    i64::from(days) * 1_440 + i64::from(local.hour()) * 60 + i64::from(local.minute())
}

/// The day of an instant in the event's zone.
pub(crate) fn day_of(time_zone: &str, ms: i64) -> Date {
    local(time_zone, ms).date()
}

fn month(lang: Language, month: i8) -> String {
    let at = usize::from(month.unsigned_abs() - 1) % 12; // the calendar's months begin with 1
    Messages::of(lang).get(MONTHS[at]).into_owned()
}

/// A moment for operators, to the second, in the event's zone: `2034-10-06 21:10:05`.
pub(crate) fn to_the_second(time_zone: &str, ms: i64) -> String {
    local(time_zone, ms)
        .strftime("%Y-%m-%d %H:%M:%S")
        .to_string()
}

/// What the event's people call its zone at that time.
pub(crate) fn zone_at(lang: Language, time_zone: &str, ms: i64) -> String {
    zone_name(lang, time_zone, &local(time_zone, ms))
}

fn local(time_zone: &str, ms: i64) -> Zoned {
    let instant = Timestamp::from_millisecond(ms).unwrap_or_default();
    instant.to_zoned(TimeZone::get(time_zone).unwrap_or(TimeZone::UTC))
}

fn on_day(lang: Language, time_zone: &str, day: &Zoned, clock: &str) -> String {
    Messages::of(lang).fill(
        "moment",
        [
            ("date", date(lang, day).into()),
            ("clock", clock.into()),
            ("zone", zone_name(lang, time_zone, day).into()),
        ],
    )
}

fn date(lang: Language, day: &Zoned) -> String {
    Messages::of(lang).fill(
        "date",
        [
            ("day", day.day().into()),
            ("month", month(lang, day.month()).into()),
            ("year", day.year().to_string().into()),
        ],
    )
}

/// `20 h`, `19 h 30`, `midi`; `8 p.m.`, `7:30 p.m.`, `noon`.
fn clock(lang: Language, hour: i8, minute: i8) -> String {
    let t = Messages::of(lang);
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

    /// 59.96% of the votes once stood as "60.0%" beside "at least 60% needed", under "failed".
    #[test]
    fn a_share_beside_another_is_never_rounded_across_it() {
        let check = |part, whole, others: &[(u32, u32)], expected| {
            let shown = percent_beside(Language::English, part, whole, others);
            assert_eq!(shown, expected);
        };
        check(600, 1_000, &[(3, 5)], "60.0%");
        check(5_996, 10_000, &[(3, 5)], "59.96%");
        check(5_996, 10_000, &[(1, 2)], "60.0%");
        check(500_001, 1_000_000, &[(1, 2)], "50.0001%");
        check(500_000_001, 1_000_000_000, &[(1, 2)], "50.000000%");
        check(2_000, 3_000, &[(2, 3)], "66.7%");
        check(0, 0, &[(1, 2)], "–");
        assert_eq!(fraction(Language::French, 3, 5), "60\u{a0}%");
        assert_eq!(fraction(Language::English, 5, 8), "62.5%");
        assert_eq!(fraction(Language::English, 2, 3), "2/3");
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
