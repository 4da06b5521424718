//! What the tally asks of the package's roll.

use credentials::Digest;
use shards::Rot;

/// The credentials of an event. A ledger names one by ballot, shard and ordinal. Where the package's
/// bytes are not any more those that officers signed, there is no answer.
pub(crate) trait Roll: Send + Sync {
    /// Credentials of each shard of a ballot; empty where there is no such ballot.
    fn shard_sizes(&self, ballot: u16) -> Vec<u32>;
    /// The partition in which the votes of a shard are recorded; none where there is no such shard.
    fn partition_of(&self, ballot: u16, shard: u32) -> Option<u16>;
    /// Region of a credential, 0 where the roll has none; none where there is no such credential.
    fn region(&self, ballot: u16, shard: u32, ordinal: u32) -> Result<Option<u16>, Rot>;
    /// Digest of a credential; none where there is no such credential.
    fn digest(&self, ballot: u16, shard: u32, ordinal: u32) -> Result<Option<Digest>, Rot>;
}

/// A roll without a voter, for tests that count none by name.
#[cfg(test)]
pub(crate) struct NoVoters;

#[cfg(test)]
impl Roll for NoVoters {
    fn shard_sizes(&self, _: u16) -> Vec<u32> {
        Vec::new()
    }

    fn partition_of(&self, _: u16, _: u32) -> Option<u16> {
        None
    }

    fn region(&self, _: u16, _: u32, _: u32) -> Result<Option<u16>, Rot> {
        Ok(None)
    }

    fn digest(&self, _: u16, _: u32, _: u32) -> Result<Option<Digest>, Rot> {
        Ok(None)
    }
}
