//! Instants as people and programs outside read them.

/// RFC 3339 in UTC with milliseconds, such as `2026-10-05T13:00:00.000Z`.
pub(crate) fn rfc3339(at_ms: i64) -> String {
    // Out of jiff's range (years -9999 to 9999) only where a clock is wildly wrong.
    jiff::Timestamp::from_millisecond(at_ms)
        .map_or_else(|_| "invalid".to_owned(), |at| format!("{at:.3}"))
}

#[cfg(test)]
mod tests {
    use super::rfc3339;

    #[test]
    fn writes_utc_with_milliseconds() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(rfc3339(1_791_205_200_042), "2026-10-05T13:00:00.042Z");
        assert_eq!(rfc3339(i64::MAX), "invalid");
    }
}
