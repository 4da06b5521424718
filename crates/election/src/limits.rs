//! Bounds of every list and text of a definition: larger input is refused.

/// Bytes of an `election.toml` or `election.json`.
pub(crate) const DEFINITION_BYTES_MAX: usize = 32 << 20;
/// Laws and elections together.
pub(crate) const BALLOTS_MAX: usize = 256;
pub(crate) const PARTIES_MAX: usize = 1_024;
pub(crate) const REGIONS_MAX: usize = 4_096;
/// Candidates of one election.
pub(crate) const CANDIDATES_MAX: usize = 100_000;
/// Fewest votes that are shown together, where the definition names no number.
pub(crate) const RELEASE_MIN: u32 = 20;
/// Most that a definition may ask for: results of a whole country would stand still.
pub(crate) const RELEASE_MIN_MAX: u32 = 1_000_000;
/// Most witnesses of an event: as many as the policy of a log may name.
pub(crate) const WITNESSES_MAX: usize = 64;
/// Seats of one region.
pub(crate) const SEATS_MAX: u32 = 1_000;
/// Ranks of one ballot.
pub(crate) const RANKS_MAX: u32 = 100;
/// Decimals of transferred votes.
pub(crate) const DECIMALS_MAX: u8 = 9;
/// Bytes of a title or name.
pub(crate) const NAME_BYTES_MAX: usize = 200;
/// Bytes of a question.
pub(crate) const QUESTION_BYTES_MAX: usize = 4_000;
/// Bytes of an id, a ballot's or an event's.
pub(crate) const ID_BYTES_MAX: usize = 32;
/// Bytes of the name of a file beside the definition.
pub(crate) const FILE_NAME_BYTES_MAX: usize = 100;
/// Most faults that are reported at once.
pub(crate) const FAULTS_MAX: usize = 1_000;
