//! When a frame starts: the votes of one frame share its cost, so a frame waits for company, but
//! not for longer than the frame interval and not for anybody who is not on the way.
//!
//! **The rule.** A frame starts when as many submissions wait as the largest of the last frames
//! answered, or when the frame interval has passed since the frame before began, whichever is first.
//!
//! **Why.** Clients that vote one after the other, each waiting for its answer, are all on their way
//! back once a frame has answered them. When as many wait again as a frame answered, nobody is
//! missing, and to wait any longer leaves processors and disk idle. Where fewer come back, the
//! interval bounds the wait, and after a few such frames the smaller number is what is expected. So
//! a voter alone never waits, and many voters share frames as large as their number.
//!
//! **What it costs.** A submission counts itself. The one that completes the number wakes the commit
//! thread: one system call a frame, not one a vote.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Frames whose sizes say what is to be expected.
const FRAMES_REMEMBERED: usize = 4;

/// What the last frames answered.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    answered: VecDeque<u64>,
}

impl Pace {
    /// A frame began with so many submissions.
    pub(crate) fn note_frame(&mut self, submissions: u64) {
        if self.answered.len() == FRAMES_REMEMBERED {
            self.answered.pop_front();
        }
        self.answered.push_back(submissions);
    }

    /// How many submissions must wait for a frame to start at once: at least 1.
    pub(crate) fn enough(&self) -> u64 {
        self.answered.iter().copied().max().unwrap_or(1).max(1) // no frame yet: a first vote does not wait
    }
}

/// Counts what is queued, and wakes the commit thread when there is enough of it.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    /// Submissions queued since the start.
    queued: AtomicU64,
    /// Rings when `queued` reaches this; 0 = nobody rests.
    rings_at: AtomicU64,
}

impl Bell {
    /// One more submission is in the queue. `true` = the commit thread rests until this very one:
    /// wake it.
    pub(crate) fn note_queued(&self) -> bool {
        // Sequentially consistent, as is `rest`: either this thread sees the bell set, or the
        // commit thread sees this submission before it rests.
        let queued = self.queued.fetch_add(1, Ordering::SeqCst) + 1;
        queued == self.rings_at.load(Ordering::SeqCst)
    }

    /// Rests on the commit thread until `queued` submissions in all have been queued since the
    /// start, or until `deadline`.
    pub(crate) fn rest(&self, queued: u64, deadline: Instant) {
        self.rings_at.store(queued, Ordering::SeqCst);
        while self.queued.load(Ordering::SeqCst) < queued {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            // May return early for no reason.
            std::thread::park_timeout(left);
        }
        self.rings_at.store(0, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::time::Duration;

    fn after(frames: &[u64]) -> u64 {
        let mut pace = Pace::default();
        frames.iter().for_each(|frame| pace.note_frame(*frame));
        pace.enough()
    }

    #[test]
    fn a_frame_waits_for_as_many_as_the_last_frames_answered() {
        for (frames, enough) in [
            (&[][..], 1),
            (&[0], 1),
            (&[1], 1),
            (&[1, 64], 64),
            (&[64, 64, 64], 64),
            (&[64, 60, 1], 64),
            (&[64, 1, 1, 1], 64),
            (&[64, 1, 1, 1, 1], 1),
            (&[64, 30, 30, 30, 30], 30),
        ] {
            assert_eq!(after(frames), enough, "{frames:?}");
        }
    }

    #[test]
    fn the_submission_that_completes_the_number_wakes_once() {
        let bell = Bell::default();
        bell.rings_at.store(3, Ordering::SeqCst);
        let rung: Vec<bool> = (0..5).map(|_| bell.note_queued()).collect();
        assert_eq!(rung, [false, false, true, false, false]);
    }

    /// Whoever rests is woken by the last of the expected submissions, long before the deadline, and
    /// does not rest at all where they are there already.
    #[test]
    fn a_rest_ends_with_the_last_of_the_expected() {
        let bell = Arc::new(Bell::default());
        let start = Instant::now();
        let deadline = start + Duration::from_secs(60);
        let resting = Arc::clone(&bell);
        let rest = std::thread::spawn(move || resting.rest(3, deadline));
        for _ in 0..3 {
            if bell.note_queued() {
                rest.thread().unpark();
            }
        }
        rest.join().expect("it does not panic");
        bell.rest(3, deadline);
        assert!(start.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn a_rest_ends_at_its_deadline() {
        let bell = Bell::default();
        bell.rest(1, Instant::now() + Duration::from_millis(5));
        assert_eq!(bell.rings_at.load(Ordering::SeqCst), 0);
    }
}
