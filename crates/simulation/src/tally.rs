//! Counts of what simulations saw: one in which nothing goes wrong proves nothing.

/// What a run saw.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Owners that ended before the last one.
    pub crashes: u64,
    /// Votes that were told to be accepted.
    pub acknowledged: u64,
    /// Votes that were told to be second ones.
    pub duplicates: u64,
    /// Votes turned away for want of room.
    pub refused_full: u64,
    /// Votes turned away because nobody knew what time it was.
    pub in_doubt: u64,
    /// Starts refused because the last frame lay in the future.
    pub clock_behind: u64,
    /// Ledgers that were missing or older than the voted bitsets, and refused.
    pub contradictions: u64,
    /// Starts that cut the end of a file.
    pub torn_tails: u64,
    /// Starts that a crash or a fault ended.
    pub starts_cut: u64,
    /// Segments that starts found.
    pub segments: u64,
    /// Bitsets that starts took from snapshots.
    pub snapshots_used: u64,
    /// Flipped bytes that a start refused.
    pub rot_refused: u64,
    /// Flipped bytes that changed no history.
    pub rot_harmless: u64,
    /// Frames at the end of the run.
    pub frames: u64,
    /// Links of which it was not known for a while whether they were appended.
    pub unsettled: u64,
    /// Owners that a log stopped because another one had taken over.
    pub fenced: u64,
}

impl Tally {
    /// What two runs saw together.
    #[must_use]
    pub fn plus(mut self, other: Tally) -> Tally {
        self.crashes += other.crashes;
        self.acknowledged += other.acknowledged;
        self.duplicates += other.duplicates;
        self.refused_full += other.refused_full;
        self.in_doubt += other.in_doubt;
        self.clock_behind += other.clock_behind;
        self.contradictions += other.contradictions;
        self.torn_tails += other.torn_tails;
        self.starts_cut += other.starts_cut;
        self.segments += other.segments;
        self.snapshots_used += other.snapshots_used;
        self.rot_refused += other.rot_refused;
        self.rot_harmless += other.rot_harmless;
        self.frames += other.frames;
        self.unsettled += other.unsettled;
        self.fenced += other.fenced;
        self
    }
}
