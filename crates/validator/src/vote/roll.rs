//! The voters' roll: who may vote on a ballot.

use std::sync::Arc;

use credentials::Hasher;
use ledger::Tracker;
use shards::{Membership, Package, Rot};

use super::fields::Credential;
use super::idempotency_key::IdempotencyKey;
use crate::ballots::BallotKey;

/// A verified package and the hasher that fits it.
pub(crate) struct ElectoralRoll {
    pub(crate) package: Arc<Package>,
    pub(crate) hasher: Hasher,
}

/// A voter of the roll, as the ledger numbers voters.
pub(super) struct RollEntry {
    pub(super) shard: u32,
    pub(super) ordinal: u32,
    /// 0 where the roll names none.
    pub(super) region: u16,
    /// What the receipt names the vote by, where the sender has given a key.
    pub(super) tracker: Option<Tracker>,
}

impl ElectoralRoll {
    /// The voter whom a credential names on a ballot, where there is one. NAS and code are wiped when
    /// this returns.
    ///
    /// # Errors
    /// The package cannot be read as officers signed it.
    pub(super) fn voter(
        &self,
        ballot: &BallotKey,
        credential: Credential,
        key: Option<&IdempotencyKey>,
    ) -> Result<Option<RollEntry>, Rot> {
        let digest = self
            .hasher
            .digest(&credential.nas, &credential.code, &ballot.id);
        Ok(match self.package.lookup(ballot.index, &digest)? {
            Membership::Member {
                shard,
                ordinal,
                region,
            } => Some(RollEntry {
                shard,
                ordinal,
                region,
                tracker: key.map(|key| self.hasher.tracker(&digest, key.as_bytes())),
            }),
            Membership::NotOnRoll | Membership::NoSuchBallot => None,
        })
    }
}
