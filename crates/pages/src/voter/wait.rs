//! Spans of time as voters are told to wait them.

use crate::messages::Messages;

/// A span of time that a person can wait for: seconds below two minutes, else minutes rounded up.
pub(super) fn wait(t: &Messages, seconds: u32) -> String {
    let (id, count) = if seconds < 120 {
        ("end-wait-seconds", seconds)
    } else {
        ("end-wait-minutes", seconds.div_ceil(60))
    };
    t.fill(id, [("count", count.into())])
}
