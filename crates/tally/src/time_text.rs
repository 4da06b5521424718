//! Milliseconds since 1970 as the text and values that people, JSON and PostgreSQL read.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// RFC 3339 in UTC, such as `2026-10-05T13:00:00.250Z`; milliseconds only where there are some.
pub(crate) fn rfc3339(ms: i64) -> String {
    // Times come from a ledger: any i64. Beyond year 9999 the number itself is more honest.
    jiff::Timestamp::from_millisecond(ms).map_or_else(|_| format!("{ms} ms"), |t| t.to_string())
}

/// The time as PostgreSQL's `timestamptz` takes it.
pub(crate) fn system_time(ms: i64) -> SystemTime {
    let distance = Duration::from_millis(ms.unsigned_abs());
    let shifted = if ms < 0 {
        UNIX_EPOCH.checked_sub(distance)
    } else {
        UNIX_EPOCH.checked_add(distance)
    };
    shifted.expect("a system time holds 64 bits of seconds, so any 64 bits of milliseconds")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_well() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(1_790_000_000_250), "2026-09-21T14:13:20.25Z");
        assert_eq!(rfc3339(i64::MAX), format!("{} ms", i64::MAX));
        assert_eq!(
            system_time(1_500),
            UNIX_EPOCH + Duration::from_millis(1_500)
        );
    }
}
