//! What a running partition tells about itself: counters that its commit thread writes and
//! everybody reads without a lock.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use crate::commit::clock_state::ClockState;

/// Upper bounds of the buckets of [`PartitionState::sync_times`], in microseconds; the last bucket has
/// none.
pub const SYNC_BOUNDS_US: [u64; 11] = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 500_000,
];

/// Upper bounds of the buckets of [`PartitionState::frame_sizes`], in votes and duplicates; the last
/// bucket has none.
pub const FRAME_BOUNDS: [u64; 8] = [1, 4, 16, 64, 128, 256, 1_024, 4_096];

/// How often values came, by size, since the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distribution {
    /// Bucket `i` counts values up to bound `i` and above the bound before; not cumulative.
    pub buckets: Vec<u64>,
    /// Sum of all values.
    pub sum: u64,
}

/// A distribution while it grows. `N` is one more than its bounds.
#[derive(Debug)]
struct Buckets<const N: usize> {
    counts: [AtomicU64; N],
    sum: AtomicU64,
}

impl<const N: usize> Buckets<N> {
    fn new() -> Buckets<N> {
        Buckets {
            counts: std::array::from_fn(|_| AtomicU64::new(0)),
            sum: AtomicU64::new(0),
        }
    }

    fn note(&self, bounds: &[u64], value: u64) {
        let bucket = bounds.partition_point(|bound| *bound < value);
        let count = self.counts.get(bucket);
        let count = count.expect("there is one bucket more than bounds");
        count.fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(value, Ordering::Relaxed);
    }

    fn read(&self) -> Distribution {
        let counts = self.counts.iter();
        Distribution {
            buckets: counts.map(|count| count.load(Ordering::Relaxed)).collect(),
            sum: self.sum.load(Ordering::Relaxed),
        }
    }
}

/// Counters of a partition. All but `voted` and `last_sequence` count from this start.
#[derive(Debug)]
pub struct PartitionState {
    submitted: AtomicU64,
    decided: AtomicU64,
    frames: AtomicU64,
    frame_bytes: AtomicU64,
    pub(crate) votes: AtomicU64,
    pub(crate) duplicates: AtomicU64,
    pub(crate) full: AtomicU64,
    pub(crate) last_sequence: AtomicU64,
    voted: Vec<AtomicU64>,
    sync_times: Buckets<{ SYNC_BOUNDS_US.len() + 1 }>,
    frame_sizes: Buckets<{ FRAME_BOUNDS.len() + 1 }>,
    pub(crate) is_full: AtomicBool,
    pub(crate) is_out_of_reach: AtomicBool,
    pub(crate) system_ahead_ms: AtomicI64,
    pub(crate) closes_held: AtomicU64,
}

impl PartitionState {
    pub(crate) fn new(ballots: usize) -> PartitionState {
        PartitionState {
            submitted: AtomicU64::new(0),
            decided: AtomicU64::new(0),
            frames: AtomicU64::new(0),
            frame_bytes: AtomicU64::new(0),
            votes: AtomicU64::new(0),
            duplicates: AtomicU64::new(0),
            full: AtomicU64::new(0),
            last_sequence: AtomicU64::new(0),
            voted: (0..ballots).map(|_| AtomicU64::new(0)).collect(),
            sync_times: Buckets::new(),
            frame_sizes: Buckets::new(),
            is_full: AtomicBool::new(false),
            is_out_of_reach: AtomicBool::new(false),
            system_ahead_ms: AtomicI64::new(0),
            closes_held: AtomicU64::new(0),
        }
    }

    /// Submissions that wait or are being decided.
    pub fn queue_depth(&self) -> u64 {
        let decided = self.decided.load(Ordering::Relaxed);
        // Read without a lock: a submission may be decided between the two.
        self.submitted
            .load(Ordering::Relaxed)
            .saturating_sub(decided)
    }

    /// Frames committed since the start.
    pub fn frames(&self) -> u64 {
        self.frames.load(Ordering::Relaxed)
    }

    /// Bytes of the frames committed.
    pub fn frame_bytes(&self) -> u64 {
        self.frame_bytes.load(Ordering::Relaxed)
    }

    /// Votes accepted since the start.
    pub fn votes(&self) -> u64 {
        self.votes.load(Ordering::Relaxed)
    }

    /// Duplicate attempts recorded since the start.
    pub fn duplicates(&self) -> u64 {
        self.duplicates.load(Ordering::Relaxed)
    }

    /// Submissions answered [`crate::Decision::Full`] since the start.
    pub fn full(&self) -> u64 {
        self.full.load(Ordering::Relaxed)
    }

    /// Sequence of the last frame on stable storage; 0 where there is none. Whoever reads this
    /// number may read that frame.
    pub fn last_sequence(&self) -> u64 {
        self.last_sequence.load(Ordering::Acquire)
    }

    /// Votes on a ballot since the ledger began; 0 for an unknown ballot.
    pub fn voted(&self, ballot: u16) -> u64 {
        self.voted
            .get(usize::from(ballot))
            .map_or(0, |count| count.load(Ordering::Relaxed))
    }

    /// Whether the disk has no room for the next frame or segment, so that votes are turned away or
    /// soon will be.
    pub fn is_full(&self) -> bool {
        self.is_full.load(Ordering::Relaxed)
    }

    /// Whether what keeps the log cannot be asked, or has not said what became of the last link: votes wait,
    /// and are then answered that nobody knows.
    pub fn is_out_of_reach(&self) -> bool {
        self.is_out_of_reach.load(Ordering::Relaxed)
    }

    /// By how many milliseconds the system's clock is ahead of the ledger's time; negative where it
    /// is behind. Looked at with every frame, and once a second at least.
    pub fn system_ahead_ms(&self) -> i64 {
        self.system_ahead_ms.load(Ordering::Relaxed)
    }

    /// Ballots that are neither open nor closed, because their windows had ended when this owner
    /// started: for a quarter of an hour, nothing is written of that.
    pub fn closes_held(&self) -> u64 {
        self.closes_held.load(Ordering::Relaxed)
    }

    /// Whether the system's clock and the ledger's time are so far apart that it matters.
    pub fn clock(&self) -> ClockState {
        ClockState::of(self.system_ahead_ms())
    }

    /// Durations of the commits' fdatasync calls, microseconds.
    pub fn sync_times(&self) -> Distribution {
        self.sync_times.read()
    }

    /// Votes and duplicates of each frame.
    pub fn frame_sizes(&self) -> Distribution {
        self.frame_sizes.read()
    }

    pub(crate) fn note_submitted(&self) {
        self.submitted.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn note_decided(&self, count: u64) {
        self.decided.fetch_add(count, Ordering::Relaxed);
    }

    pub(crate) fn note_voted(&self, ballot: u16, count: u64) {
        let voted = self.voted.get(usize::from(ballot));
        let voted = voted.expect("the arbiter decides by the same ballots");
        voted.fetch_add(count, Ordering::Relaxed);
    }

    pub(crate) fn note_frame(&self, bytes: u64, submissions: u64) {
        self.frames.fetch_add(1, Ordering::Relaxed);
        self.frame_bytes.fetch_add(bytes, Ordering::Relaxed);
        self.frame_sizes.note(&FRAME_BOUNDS, submissions);
    }

    pub(crate) fn note_sync(&self, took: Duration) {
        let us = u64::try_from(took.as_micros());
        let us = us.expect("a u64 of microseconds is 584,942 years");
        self.sync_times.note(&SYNC_BOUNDS_US, us);
    }
}
