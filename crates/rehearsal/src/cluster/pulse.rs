//! The pulse of a ledger: when votes were recorded, and the longest time in which none was.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::services;

const COUNTER: &str = "ledger_votes_total";
const POLL: Duration = Duration::from_millis(20);
/// A validator that is about to end takes a connection and does not answer.
const ANSWER_WITHIN: Duration = Duration::from_millis(500);

/// Looks at both validators all the time, until this is dropped.
#[derive(Debug)]
pub struct Pulse {
    seen: Arc<Mutex<Seen>>,
    looking: JoinHandle<()>,
}

/// What was seen of votes.
#[derive(Debug)]
struct Seen {
    /// What each validator last told.
    told: [Option<u64>; 2],
    /// Votes that were seen to be recorded.
    votes: u64,
    /// When one was last seen, or the mark was set.
    last: Instant,
    /// The longest time without one since the mark.
    longest: Duration,
}

impl Pulse {
    /// Starts to look at validators that tell their metrics there.
    #[must_use]
    pub fn start(validators: [SocketAddr; 2]) -> Pulse {
        let seen = Arc::new(Mutex::new(Seen::from(Instant::now())));
        let looking = tokio::spawn(look(validators, Arc::clone(&seen)));
        Pulse { seen, looking }
    }

    /// Measures from now on.
    pub fn mark(&self) {
        let mut seen = lock(&self.seen);
        seen.last = Instant::now();
        seen.longest = Duration::ZERO;
    }

    /// The longest time since the mark in which no vote was recorded, that which lasts included.
    #[must_use]
    pub fn longest(&self) -> Duration {
        let seen = lock(&self.seen);
        seen.longest.max(seen.last.elapsed())
    }

    /// Votes that were seen to be recorded so far.
    #[must_use]
    pub fn votes(&self) -> u64 {
        lock(&self.seen).votes
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        self.looking.abort();
    }
}

impl Seen {
    fn from(now: Instant) -> Seen {
        Seen {
            told: [None; 2],
            votes: 0,
            last: now,
            longest: Duration::ZERO,
        }
    }

    /// A validator tells its counter. The first that it tells after a start counts what others recorded too.
    fn told(&mut self, place: usize, counter: Option<u64>, at: Instant) {
        let before = std::mem::replace(&mut self.told[place], counter);
        let (Some(before), Some(now)) = (before, counter) else {
            return;
        };
        if now > before {
            self.votes += now - before;
            self.longest = self.longest.max(at.duration_since(self.last));
            self.last = at;
        }
    }
}

async fn look(validators: [SocketAddr; 2], seen: Arc<Mutex<Seen>>) {
    loop {
        for (place, at) in validators.into_iter().enumerate() {
            let asked = services::metric(at, COUNTER);
            let answer = tokio::time::timeout(ANSWER_WITHIN, asked).await;
            lock(&seen).told(place, answer.ok().and_then(Result::ok), Instant::now());
        }
        tokio::time::sleep(POLL).await;
    }
}

fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_time_without_a_vote_is_told_and_a_start_is_no_vote() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut seen = Seen::from(start);
        for (place, counter, seconds) in [
            (0, Some(10), 1),
            (0, Some(11), 2), // a vote
            (0, None, 3),
            (1, Some(12), 4),
            (1, Some(13), 5), // a vote
        ] {
            seen.told(place, counter, at(seconds));
        }
        assert_eq!((seen.votes, seen.longest), (2, Duration::from_secs(3)));
        assert_eq!(seen.last, at(5));
    }
}
