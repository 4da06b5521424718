//! Times as people read them.

/// Seconds since 1970 as RFC 3339 in UTC; the number itself where no calendar reaches.
pub(crate) fn utc(time_s: u64) -> String {
    let timestamp = i64::try_from(time_s).ok();
    let timestamp = timestamp.and_then(|time_s| jiff::Timestamp::from_second(time_s).ok());
    timestamp.map_or_else(
        || format!("{time_s} s since 1970"),
        |timestamp| timestamp.to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::utc;

    #[test]
    fn any_time_has_words() {
        assert_eq!(utc(1_763_800_000), "2025-11-22T08:26:40Z");
        assert_eq!(utc(u64::MAX), "18446744073709551615 s since 1970");
    }
}
