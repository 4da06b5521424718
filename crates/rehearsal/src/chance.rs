//! Moments and victims drawn at random. A rehearsal that killed at the same moments each time would
//! prove those moments only.

use std::ops::Range;
use std::time::Duration;

use anyhow::Result;

/// A number below `bound`, which is not 0.
///
/// # Errors
/// The system gives no randomness.
pub fn below(bound: u64) -> Result<u64> {
    let random =
        getrandom::u64().map_err(|e| anyhow::anyhow!("the system gives no randomness: {e}"))?;
    Ok(random % bound)
}

/// A time within a range of milliseconds.
///
/// # Errors
/// The system gives no randomness.
pub fn moment(ms: Range<u64>) -> Result<Duration> {
    Ok(Duration::from_millis(ms.start + below(ms.end - ms.start)?))
}
