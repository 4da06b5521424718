//! How hard the validator is attacked, and by how many.

use anyhow::{Context, Result};

/// Addresses of the honest voters.
pub(super) const HONEST: &str = "127.1.0.0/26";
/// Addresses of the voters who overload the validator.
pub(super) const CROWD: &str = "127.2.0.0/22";
/// Connections of the voters who overload the validator.
pub(super) const CROWD_CONNECTIONS: u32 = 1_000;
/// Seconds of voting before the first measurement.
pub(super) const WARM_S: u64 = 3;
/// Measurements for which honest voters vote: before, seven attacks, after.
const HONEST_MEASUREMENTS: u64 = 9;
/// Open ballots of the example event, on each of which a voter votes.
const BALLOTS: u64 = 4;

/// Rates and lengths of an attack.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// Connections that slowloris holds.
    pub connections: u32,
    /// Connections that the validator takes, and that a few addresses want to hold.
    pub house: u32,
    /// Votes a second of honest voters.
    pub honest_per_s: u64,
    /// Length of each measurement, seconds.
    pub seconds: u64,
    /// Requests a second of the other attacks.
    pub hostile_per_s: u32,
    /// Wrong codes that each address has left, as `clients.client_failed_attempts_burst` says.
    pub failed_attempts: u32,
    /// Votes a second at which the search for the peak begins.
    pub peak_from_per_s: u64,
}

impl Scale {
    /// The scale of `make attack`.
    pub const FULL: Scale = Scale {
        connections: 5_000,
        house: 10_000, // as by default
        honest_per_s: 1_000,
        seconds: 8,
        hostile_per_s: 2_000,
        failed_attempts: 40, // as by default
        peak_from_per_s: 4_000,
    };

    /// Voters that a run may need.
    ///
    /// # Errors
    /// More than a roll can have.
    pub fn voters(&self) -> Result<u32> {
        let honest = self.honest_per_s * (self.seconds * HONEST_MEASUREMENTS + WARM_S);
        // The rates of the search for the peak add up to some 36 times the first, each for half a
        // measurement. Overload is played twice where it has to be, at three times the peak, and a
        // peak is at most 12 times the first rate.
        let crowd = self.peak_from_per_s * 90 * self.seconds;
        u32::try_from((honest + crowd) / BALLOTS + 1_000)
            .context("an attack on this scale needs more voters than a roll can have")
    }
}
