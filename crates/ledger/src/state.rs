//! What a running partition tells about itself: counters that its commit thread writes and
//! everybody reads without a lock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds of the buckets of [`SyncTimes`], in microseconds; the last bucket has none.
pub const SYNC_BOUNDS_US: [u64; 11] = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 500_000,
];

/// Durations of the commits' fdatasync calls since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SyncTimes {
    /// Calls by duration: bucket `i` holds those up to `SYNC_BOUNDS_US[i]` and above the bound
    /// before; not cumulative.
    pub buckets: [u64; SYNC_BOUNDS_US.len() + 1],
    /// Sum of all durations, in microseconds.
    pub sum_us: u64,
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
    sync_buckets: [AtomicU64; SYNC_BOUNDS_US.len() + 1],
    sync_sum_us: AtomicU64,
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
            sync_buckets: Default::default(),
            sync_sum_us: AtomicU64::new(0),
        }
    }

    /// Submissions that wait or are being decided.
    pub fn queue_depth(&self) -> u64 {
        let decided = self.decided.load(Ordering::Relaxed);
        self.submitted
            .load(Ordering::Relaxed)
            .saturating_sub(decided)
    }

    /// Frames committed.
    pub fn frames(&self) -> u64 {
        self.frames.load(Ordering::Relaxed)
    }

    /// Bytes of the frames committed.
    pub fn frame_bytes(&self) -> u64 {
        self.frame_bytes.load(Ordering::Relaxed)
    }

    /// Votes accepted.
    pub fn votes(&self) -> u64 {
        self.votes.load(Ordering::Relaxed)
    }

    /// Duplicate attempts recorded.
    pub fn duplicates(&self) -> u64 {
        self.duplicates.load(Ordering::Relaxed)
    }

    /// Submissions answered [`crate::Outcome::Full`].
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

    /// Durations of fdatasync.
    pub fn sync_times(&self) -> SyncTimes {
        let mut times = SyncTimes::default();
        for (to, from) in times.buckets.iter_mut().zip(&self.sync_buckets) {
            *to = from.load(Ordering::Relaxed);
        }
        times.sum_us = self.sync_sum_us.load(Ordering::Relaxed);
        times
    }

    pub(crate) fn note_submitted(&self) {
        self.submitted.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn note_decided(&self, count: u64) {
        self.decided.fetch_add(count, Ordering::Relaxed);
    }

    pub(crate) fn note_voted(&self, ballot: u16, count: u64) {
        if let Some(voted) = self.voted.get(usize::from(ballot)) {
            voted.fetch_add(count, Ordering::Relaxed);
        }
    }

    pub(crate) fn note_frame(&self, bytes: u64) {
        self.frames.fetch_add(1, Ordering::Relaxed);
        self.frame_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn note_sync(&self, took: Duration) {
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = SYNC_BOUNDS_US.partition_point(|bound| *bound < us);
        if let Some(count) = self.sync_buckets.get(bucket) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.sync_sum_us.fetch_add(us, Ordering::Relaxed);
    }
}
