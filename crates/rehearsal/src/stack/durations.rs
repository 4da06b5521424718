//! Durations of Prometheus' files, divided: what takes minutes in production takes seconds in a rehearsal. The files
//! stay as they are but for that, so that what fires here is what fires there.

use std::time::Duration;

/// Settings whose value is a duration, in the files of Prometheus and of Alertmanager.
const SETTINGS: [&str; 11] = [
    "for",
    "keep_firing_for",
    "interval",
    "scrape_interval",
    "scrape_timeout",
    "evaluation_interval",
    "refresh_interval",
    "resolve_timeout",
    "group_wait",
    "group_interval",
    "repeat_interval",
];
/// Milliseconds of each unit; `ms` stands before `m`.
const UNITS: [(&str, u64); 7] = [
    ("ms", 1),
    ("s", 1_000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
    ("w", 604_800_000),
    ("y", 31_536_000_000),
];

/// The text with every duration divided by `factor`: values of settings, ranges such as `[5m]` and `[1h:1m]`, and offsets.
#[must_use]
pub fn divided(text: &str, factor: u64) -> String {
    let lines = text.lines().map(|line| {
        let line = setting(line, factor).unwrap_or_else(|| line.to_owned());
        offsets(&ranges(&line, factor), factor) + "\n"
    });
    lines.collect()
}

/// A line whose setting is a duration, with that divided.
fn setting(line: &str, factor: u64) -> Option<String> {
    let (name, rest) = line.split_once(':')?;
    let bare = name.trim().trim_start_matches("- ");
    if !SETTINGS.contains(&bare) {
        return None;
    }
    let value = rest.split('#').next()?.trim();
    Some(format!(
        "{name}: {}",
        shorter(value.trim_matches('"'), factor)?
    ))
}

/// Ranges in brackets; what stands in brackets and is no duration stays.
fn ranges(line: &str, factor: u64) -> String {
    let mut parts = line.split('[');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push('[');
        let range = part
            .split_once(']')
            .and_then(|(range, rest)| Some((both(range, factor)?, rest)));
        match range {
            Some((range, rest)) => text += &format!("{range}]{rest}"),
            None => text += part,
        }
    }
    text
}

/// A range, or a range with its step.
fn both(range: &str, factor: u64) -> Option<String> {
    match range.split_once(':') {
        Some((range, "")) => Some(format!("{}:", shorter(range, factor)?)),
        Some((range, step)) => Some(format!(
            "{}:{}",
            shorter(range, factor)?,
            shorter(step, factor)?
        )),
        None => shorter(range, factor),
    }
}

fn offsets(line: &str, factor: u64) -> String {
    let mut parts = line.split(" offset ");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_alphanumeric());
        let (offset, rest) = part.split_at(end.unwrap_or(part.len()));
        let offset = shorter(offset, factor).unwrap_or_else(|| offset.to_owned());
        text += &format!(" offset {offset}{rest}");
    }
    text
}

/// The duration divided, in milliseconds; at least one of them, unless it is none at all.
fn shorter(duration: &str, factor: u64) -> Option<String> {
    let whole = u64::try_from(parsed(duration)?.as_millis()).ok()?;
    let least = whole.min(1);
    Some(format!("{}ms", (whole / factor).max(least)))
}

/// A duration as Prometheus writes it: numbers with units, such as `5m` and `1h30m`.
#[must_use]
pub fn parsed(text: &str) -> Option<Duration> {
    let (mut rest, mut sum) = (text, 0_u64);
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, behind) = rest.split_at(digits);
        let (unit, milliseconds) = UNITS.iter().find(|(unit, _)| behind.starts_with(unit))?;
        let number: u64 = number.parse().ok()?;
        sum = sum.checked_add(number.checked_mul(*milliseconds)?)?;
        rest = &behind[unit.len()..];
    }
    Some(Duration::from_millis(sum))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_duration_is_divided_and_nothing_else() {
        for (text, expected) in [
            ("    for: 5m", "    for: 10000ms\n"),
            ("  - interval: 15s # often", "  - interval: 500ms\n"),
            ("  group_wait: \"30s\"", "  group_wait: 1000ms\n"),
            ("    for: 0s", "    for: 0ms\n"),
            (
                "expr: sum(rate(a[5m])) > 60",
                "expr: sum(rate(a[10000ms])) > 60\n",
            ),
            (
                "x[1h30m:15s] offset 1h)",
                "x[180000ms:500ms] offset 120000ms)\n",
            ),
            ("max_over_time(x[1h:])", "max_over_time(x[120000ms:])\n"),
            ("code=~\"[45]..\"", "code=~\"[45]..\"\n"),
            ("runbook: docs/5m.md", "runbook: docs/5m.md\n"),
            ("summary: for 5m", "summary: for 5m\n"),
        ] {
            assert_eq!(divided(text, 30), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_none() {
        for text in ["", "5", "m", "5x", "5m ", "99999999999999999999y"] {
            assert_eq!(parsed(text), None, "{text}");
        }
        assert_eq!(parsed("1h30m"), Some(Duration::from_secs(5_400)));
        assert_eq!(parsed("90ms"), Some(Duration::from_millis(90)));
    }
}
