//! What the tally asks of the package's roll.

use credentials::Digest;
use shards::Rot;

/// The credentials of an event. A ledger names one by ballot, shard and ordinal. Where the package's
/// bytes are not any more those that officers signed, there is no answer.
pub(crate) trait Roll: Send + Sync {
    /// Credentials of each shard of a ballot; empty where there is no such ballot.
    fn shard_sizes(&self, ballot: u16) -> Vec<u32>;
    /// Region of a credential, 0 where the roll has none; none where there is no such credential.
    fn region(&self, ballot: u16, shard: u32, ordinal: u32) -> Result<Option<u16>, Rot>;
    /// Digest of a credential; none where there is no such credential.
    fn digest(&self, ballot: u16, shard: u32, ordinal: u32) -> Result<Option<Digest>, Rot>;
}
