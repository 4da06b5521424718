//! The pulse of a ledger: when frames were recorded, and the longest time in which some partition got none.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::services;

const POLL: Duration = Duration::from_millis(20);
/// A validator that is about to end takes a connection and does not answer.
const ANSWER_WITHIN: Duration = Duration::from_millis(500);

/// Looks at all validators all the time, until this is dropped.
#[derive(Debug)]
pub struct Pulse {
    seen: Arc<Mutex<Vec<Seen>>>,
    looking: Vec<JoinHandle<()>>,
}

/// What was seen of a partition.
#[derive(Clone, Copy, Debug)]
struct Seen {
    /// The last frame that any validator knows of: each knows those alone that were acknowledged.
    frame: u64,
    /// When one was last seen, or the mark was set.
    last: Instant,
    /// The longest time without one since the mark.
    longest: Duration,
}

impl Pulse {
    /// Starts to look at validators that tell their metrics there.
    #[must_use]
    pub fn start(validators: Vec<SocketAddr>, partitions: u16) -> Pulse {
        let nothing = Seen::from(Instant::now());
        let seen = Arc::new(Mutex::new(vec![nothing; usize::from(partitions)]));
        // Each by itself: one that is dead keeps nobody from seeing what another does.
        let looking = validators.into_iter().map(|at| {
            let seen = Arc::clone(&seen);
            tokio::spawn(look(at, seen))
        });
        Pulse {
            looking: looking.collect(),
            seen,
        }
    }

    /// Measures from now on.
    pub fn mark(&self) {
        for seen in lock(&self.seen).iter_mut() {
            seen.last = Instant::now();
            seen.longest = Duration::ZERO;
        }
    }

    /// The longest time since the mark in which no frame of some partition was recorded, that which lasts included.
    #[must_use]
    pub fn longest(&self) -> Duration {
        let all = lock(&self.seen);
        let longest = all.iter().map(|seen| seen.longest.max(seen.last.elapsed()));
        longest.max().unwrap_or_default()
    }

    /// The last frame of each partition.
    #[must_use]
    pub fn frames(&self) -> Vec<u64> {
        lock(&self.seen).iter().map(|seen| seen.frame).collect()
    }

    /// Whether each partition has at least `by` frames more than it had.
    #[must_use]
    pub fn has_grown(&self, before: &[u64], by: u64) -> bool {
        let now = self.frames();
        now.iter()
            .zip(before)
            .all(|(now, before)| *now >= before + by)
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        self.looking.iter().for_each(JoinHandle::abort);
    }
}

impl Seen {
    fn from(now: Instant) -> Seen {
        Seen {
            frame: 0,
            last: now,
            longest: Duration::ZERO,
        }
    }

    /// A validator tells the last frame that it knows of.
    fn told(&mut self, frame: u64, at: Instant) {
        if frame > self.frame {
            self.frame = frame;
            self.longest = self.longest.max(at.duration_since(self.last));
            self.last = at;
        }
    }
}

async fn look(at: SocketAddr, seen: Arc<Mutex<Vec<Seen>>>) {
    loop {
        let asked = services::last_frames(at);
        if let Ok(Ok(frames)) = tokio::time::timeout(ANSWER_WITHIN, asked).await {
            let mut seen = lock(&seen);
            for (partition, frame) in frames {
                if let Some(seen) = seen.get_mut(usize::from(partition)) {
                    seen.told(frame, Instant::now());
                }
            }
        }
        tokio::time::sleep(POLL).await;
    }
}

fn lock(seen: &Mutex<Vec<Seen>>) -> MutexGuard<'_, Vec<Seen>> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_time_without_a_frame_is_told() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut seen = Seen::from(start);
        for (frame, seconds) in [(10, 1), (11, 2), (10, 3), (11, 4), (12, 5)] {
            seen.told(frame, at(seconds));
        }
        assert_eq!((seen.frame, seen.longest), (12, Duration::from_secs(3)));
        assert_eq!(seen.last, at(5));
    }
}
