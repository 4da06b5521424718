//! Owners that no longer renew their lease, noticed by a clock of our own: that of the database may be set back, and
//! then a lease seems to last that nobody renews.

use std::collections::BTreeMap;
use std::time::Duration;

/// The longest lease that a member takes. What seems to last longer was written before a clock was set back, and a
/// living owner renews it soon.
const LEASE_MAX: Duration = Duration::from_secs(60);

/// The leases of others, as they were seen last.
#[derive(Default)]
pub(crate) struct Silence(BTreeMap<u16, Seen>);

/// What was seen first of a renewal, and how long it may stay the last one.
struct Seen {
    renewal: String,
    since: Duration,
    silence: Duration,
}

impl Silence {
    /// Whether a lease has been seen with this same renewal for twice its time. `left_s`: how long it seems to last;
    /// `own`: how long our own leases last.
    pub(crate) fn lasts(
        &mut self,
        partition: u16,
        (renewal, left_s): (&str, f64),
        own: Duration,
        now: Duration,
    ) -> bool {
        if let Some(seen) = self.0.get(&partition)
            && seen.renewal == renewal
        {
            return now.saturating_sub(seen.since) >= seen.silence;
        }
        let lease = Duration::try_from_secs_f64(left_s).unwrap_or_default();
        let lease = if lease > LEASE_MAX { own } else { lease };
        let seen = Seen {
            renewal: renewal.to_owned(),
            since: now,
            silence: 2 * lease.max(own),
        };
        self.0.insert(partition, seen);
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: Duration = Duration::from_secs(3);

    /// After how many seconds an owner is gone whose lease was seen to last for `left_s`.
    fn gone_after(left_s: f64) -> u64 {
        let (mut silence, start) = (Silence::default(), Duration::from_secs(7));
        assert!(!silence.lasts(0, ("one", left_s), OWN, start));
        let mut seconds = 0..1_000;
        let gone = seconds.find(|seconds| {
            let now = start + Duration::from_secs(*seconds);
            silence.lasts(0, ("one", left_s), OWN, now)
        });
        gone.expect("some time")
    }

    #[test]
    fn an_owner_is_gone_after_twice_its_lease_or_ours() {
        assert_eq!(gone_after(2.5), 6);
        assert_eq!(gone_after(30.0), 60);
        assert_eq!(gone_after(60.0), 120);
        assert_eq!(gone_after(1e9), 6);
        assert_eq!(gone_after(-1.0), 6);
        assert_eq!(gone_after(f64::NAN), 6);
    }

    #[test]
    fn an_owner_that_renews_is_never_gone() {
        let (mut silence, start) = (Silence::default(), Duration::from_secs(7));
        for second in 0..100 {
            let now = start + Duration::from_secs(second);
            let renewal = (second / 5).to_string();
            assert!(!silence.lasts(0, (&renewal, 2.5), OWN, now), "{second}");
        }
    }
}
