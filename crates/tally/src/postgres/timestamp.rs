//! Milliseconds since 1970 as PostgreSQL's `timestamptz` takes them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The time of so many milliseconds.
pub(super) fn system_time(ms: i64) -> SystemTime {
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
    fn any_number_of_milliseconds_is_a_time() {
        let cases = [
            (1_500, UNIX_EPOCH + Duration::from_millis(1_500)),
            (-1_500, UNIX_EPOCH - Duration::from_millis(1_500)),
        ];
        for (ms, expected) in cases {
            assert_eq!(system_time(ms), expected);
        }
        for ms in [i64::MIN, i64::MAX] {
            system_time(ms);
        }
    }
}
