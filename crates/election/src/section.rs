//! What only an event's definition holds: texts in both languages, and times in the event's zone.

use handwritten::{Reading, Section};
use jiff::tz::TimeZone;

use crate::instant;
use crate::text::Text;

/// A text in both languages, under the keys of French and English.
pub(crate) fn bilingual(
    all: &mut Reading<'_>,
    section: &mut Section<'_, '_>,
    [fr, en]: [&'static str; 2],
) -> Text {
    Text {
        fr: section.text(all, fr, "\"...\""),
        en: section.text(all, en, "\"...\""),
    }
}

/// The window of a ballot, in ms since 1970 UTC: when it opens, when it closes. A side that cannot be
/// read is as wide as can be, so that it causes no second fault.
pub(crate) fn window(
    all: &mut Reading<'_>,
    section: &mut Section<'_, '_>,
    zone: Option<&TimeZone>,
) -> (i64, i64) {
    let opens = instant(all, section, "opens", zone);
    let closes = instant(all, section, "closes", zone);
    (opens.unwrap_or(i64::MIN), closes.unwrap_or(i64::MAX))
}

/// A date and time; none where there is none that makes sense.
fn instant(
    all: &mut Reading<'_>,
    section: &mut Section<'_, '_>,
    key: &'static str,
    zone: Option<&TimeZone>,
) -> Option<i64> {
    let text = section.datetime(all, key, "2026-10-05T09:00:00")?;
    // Without a zone the dates cannot be judged; the zone's own fault comes first.
    match instant::parse(&text, zone?) {
        Ok(at_ms) => Some(at_ms),
        Err(error) => {
            let path = section.path_of(key);
            let line = all.line_of(&path);
            all.fault(line, &path, error.to_string());
            None
        }
    }
}
