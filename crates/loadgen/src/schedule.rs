//! When each request is due, fixed before the first one leaves.

use std::time::Duration;

/// Arrival times as a function of the request's position.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Schedule {
    /// Each connection sends as soon as its last request is answered (closed loop).
    FlatOut,
    /// Requests at even intervals, after a ramp in which the rate grows from 0.
    Paced {
        /// Requests a second once the ramp is over.
        rate: f64,
        /// Length of the ramp in seconds.
        ramp_s: f64,
    },
}

impl Schedule {
    /// The schedule of these settings.
    pub(crate) fn new(rate: Option<f64>, ramp: Duration) -> Schedule {
        match rate {
            None => Schedule::FlatOut,
            Some(rate) => Schedule::Paced {
                rate,
                ramp_s: ramp.as_secs_f64(),
            },
        }
    }

    /// When request `index` is due, from the start of the run; none = at once.
    pub(crate) fn due(self, index: u64) -> Option<Duration> {
        let Schedule::Paced { rate, ramp_s } = self else {
            return None;
        };
        #[allow(clippy::cast_precision_loss)] // exact below 2^53 requests
        let index = index as f64;
        // During the climb the rate at t is rate * t / ramp, so index = rate * t^2 / (2 * ramp).
        let climbed = rate * ramp_s / 2.0;
        let seconds = if index < climbed {
            (2.0 * ramp_s * index / rate).sqrt()
        } else {
            ramp_s + (index - climbed) / rate
        };
        Some(Duration::from_secs_f64(seconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rate: f64, ramp_s: u64, index: u64, expected_ms: u64) {
        let schedule = Schedule::new(Some(rate), Duration::from_secs(ramp_s));
        let due = schedule.due(index).unwrap().as_secs_f64() * 1_000.0;
        #[allow(clippy::cast_precision_loss)]
        let expected = expected_ms as f64;
        assert!(
            (due - expected).abs() < 0.001,
            "{index}: {due} != {expected}"
        );
    }

    #[test]
    fn arrivals_are_even_and_climb_first() {
        check(1_000.0, 0, 0, 0);
        check(1_000.0, 0, 1, 1);
        check(1_000.0, 0, 5_000, 5_000);
        check(1_000.0, 10, 0, 0);
        check(1_000.0, 10, 1_250, 5_000); // a quarter of the climb's requests in half its time
        check(1_000.0, 10, 5_000, 10_000);
        check(1_000.0, 10, 6_000, 11_000);
        assert!(Schedule::new(None, Duration::ZERO).due(9).is_none());
    }
}
