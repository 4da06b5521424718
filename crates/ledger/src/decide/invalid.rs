//! Invalid attempts, counted until the next frame takes the counts along. Bounded: one counter per
//! reason and ballot, whatever arrives.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::format::body::{InvalidAttempts, InvalidReason};

/// Counters that any thread raises and the commit thread empties.
#[derive(Debug)]
pub(crate) struct InvalidCounters {
    /// Per reason: one for no ballot, then one per ballot.
    counts: Vec<AtomicU64>,
    ballots: usize,
}

impl InvalidCounters {
    pub(crate) fn new(ballots: usize) -> InvalidCounters {
        let len = InvalidReason::ALL.len() * (ballots + 1);
        InvalidCounters {
            counts: (0..len).map(|_| AtomicU64::new(0)).collect(),
            ballots,
        }
    }

    /// An unknown ballot counts as none.
    pub(crate) fn add(&self, ballot: Option<u16>, reason: InvalidReason, count: u64) {
        let within = ballot
            .map(usize::from)
            .filter(|ballot| *ballot < self.ballots);
        let column = within.map_or(0, |ballot| ballot + 1);
        let row = InvalidReason::ALL
            .iter()
            .position(|known| *known == reason)
            .expect("ALL lists every reason");
        let counter = self.counts.get(row * (self.ballots + 1) + column);
        let counter = counter.expect("there is a counter for each reason and ballot");
        counter.fetch_add(count, Ordering::Relaxed);
    }

    /// Takes everything counted, ascending as the frame wants it.
    pub(crate) fn take(&self) -> Vec<InvalidAttempts> {
        let mut taken = Vec::new();
        for (row, reason) in self.counts.chunks(self.ballots + 1).zip(InvalidReason::ALL) {
            for (counter, column) in row.iter().zip(0u16..) {
                let count = counter.swap(0, Ordering::Relaxed);
                if count > 0 {
                    taken.push(InvalidAttempts {
                        reason,
                        ballot: column.checked_sub(1),
                        count,
                    });
                }
            }
        }
        taken
    }

    /// Puts counts back whose frame was not written.
    pub(crate) fn put_back(&self, taken: &[InvalidAttempts]) {
        for attempt in taken {
            self.add(attempt.ballot, attempt.reason, attempt.count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_taken_once_in_order() {
        let counters = InvalidCounters::new(2);
        counters.add(Some(1), InvalidReason::NotOnRoll, 2);
        counters.add(None, InvalidReason::NoSuchBallot, 1);
        counters.add(Some(9), InvalidReason::NotOnRoll, 1);
        let taken = counters.take();
        let expected = [
            (InvalidReason::NotOnRoll, None, 1),
            (InvalidReason::NotOnRoll, Some(1), 2),
            (InvalidReason::NoSuchBallot, None, 1),
        ];
        assert!(
            taken
                .iter()
                .map(|a| (a.reason, a.ballot, a.count))
                .eq(expected)
        );
        assert!(counters.take().is_empty());
        counters.put_back(&taken);
        assert_eq!(counters.take(), taken);
    }
}
