//! Every bound of the ledger in one place: nothing from a file, a network or a voter grows past them.

/// Ballots of one event (`election` takes as many).
pub const BALLOTS_MAX: usize = 256;
/// Bytes of an event or ballot id.
pub const ID_BYTES_MAX: usize = 32;
/// Shards of one ballot.
pub const SHARDS_MAX: usize = 1 << 16;
/// Credentials of one shard: the bitset of a full one takes 32 MiB.
pub const SHARD_CREDENTIALS_MAX: u32 = 1 << 28;
/// Ranks of one choice (`election` takes 100).
pub const RANKS_MAX: usize = 128;
/// Candidates who can be ranked in one region: a rank is a number of two bytes.
pub const RANKED_CANDIDATES_MAX: usize = 65_535;
/// Bytes of the counts in a frame in which every region of every ballot votes.
pub(crate) const CELLS_BYTES_MAX: u64 = 4 << 20;
/// Bytes of one frame. A batch of 4,096 full rankings stays below.
pub const FRAME_BYTES_MAX: u32 = 8 << 20;
/// Submissions decided in one frame.
pub const BATCH_SUBMISSIONS_MAX: usize = 4_096;
