//! Receipts of the last minutes: a vote that is sent again under the tracker of its first try gets
//! the receipt of that try.

use std::collections::HashMap;

use crate::format::body::Tracker;
use crate::format::receipt::RequestId;

/// For how long a receipt can be given again at least, where no more than [`VOTES`] came since.
pub(crate) const KEPT_MS: i64 = 15 * 60 * 1_000;
/// Votes after which the older half is forgotten, however young it is: some 100 MB of trackers.
/// It is reached in less than a quarter of an hour by more than 1,100 votes a second.
const VOTES: usize = 1 << 20;

/// A recorded vote, as its voter was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Recorded {
    pub(crate) receipt: RequestId,
    /// Commit time of its frame, ms since 1970 UTC.
    pub(crate) time_ms: i64,
}

/// The trackers of the last frames, in two generations. When the young one is old enough or full,
/// it becomes the old one, and the old one is forgotten: so nothing is ever swept.
///
/// Who voted is not in here: a tracker tells it to nobody but the submitter who derived it.
#[derive(Debug)]
pub(crate) struct RecentReceipts {
    partition: u16,
    young: HashMap<Tracker, Frame>,
    old: HashMap<Tracker, Frame>,
    /// Commit time of the first frame of the young generation.
    young_since_ms: Option<i64>,
}

/// The frame that holds a tracker.
#[derive(Debug, Clone, Copy)]
struct Frame {
    sequence: u64,
    time_ms: i64,
}

impl RecentReceipts {
    /// None yet, of a partition.
    pub(crate) fn new(partition: u16) -> RecentReceipts {
        RecentReceipts {
            partition,
            young: HashMap::new(),
            old: HashMap::new(),
            young_since_ms: None,
        }
    }

    /// The vote that was recorded under a tracker, as far as it is remembered.
    pub(crate) fn find(&self, tracker: &Tracker) -> Option<Recorded> {
        let frame = self.young.get(tracker).or_else(|| self.old.get(tracker))?;
        let receipt = RequestId {
            partition: self.partition,
            sequence: frame.sequence,
            tracker: *tracker,
        };
        let time_ms = frame.time_ms;
        Some(Recorded { receipt, time_ms })
    }

    /// Notes trackers of a frame that is on stable storage.
    pub(crate) fn add(
        &mut self,
        sequence: u64,
        time_ms: i64,
        trackers: impl IntoIterator<Item = Tracker>,
    ) {
        let since = *self.young_since_ms.get_or_insert(time_ms);
        if time_ms.saturating_sub(since) >= KEPT_MS || self.young.len() >= VOTES {
            self.old = std::mem::take(&mut self.young);
            self.young_since_ms = Some(time_ms);
        }
        let frame = Frame { sequence, time_ms };
        self.young
            .extend(trackers.into_iter().map(|tracker| (tracker, frame)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tracker(n: u64) -> Tracker {
        u128::from(n).to_be_bytes()
    }

    #[test]
    fn a_receipt_is_kept_for_a_quarter_of_an_hour_at_least_and_half_an_hour_at_most() {
        let minute = 60_000;
        let mut recent = RecentReceipts::new(3);
        for at in 0..60 {
            recent.add(1 + at, minute * at as i64, [tracker(at)]);
            for past in 0..=at {
                let found = recent.find(&tracker(past));
                match at - past {
                    0..=15 => {
                        let found = found.expect("younger than a quarter of an hour");
                        assert_eq!(found.receipt.sequence, 1 + past);
                        assert_eq!(found.receipt.partition, 3);
                        assert_eq!(found.time_ms, minute * past as i64);
                    }
                    16..30 => {}
                    _ => assert_eq!(found, None, "minute {past} in minute {at}"),
                }
            }
        }
    }

    #[test]
    fn invariant_9_only_so_many_receipts_are_kept() {
        let mut recent = RecentReceipts::new(0);
        let frames = 3 * VOTES as u64 / 1_024;
        for sequence in 0..frames {
            let trackers = (0..1_024).map(|n| tracker(sequence * 1_024 + n));
            recent.add(sequence, 0, trackers);
            assert!(recent.young.len() + recent.old.len() <= 2 * VOTES + 1_024);
        }
        assert_eq!(recent.find(&tracker(0)), None);
        assert!(recent.find(&tracker(frames * 1_024 - 1)).is_some());
    }
}
