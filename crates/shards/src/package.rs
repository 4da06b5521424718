//! The package as the programs see it: opened once, then asked who is a member.

use std::path::{Path, PathBuf};

use credentials::{Digest, Hasher};
use election::{BallotIndex, Event};

use crate::error::KeyError;
use crate::hash::Sha256Sum;
use crate::manifest::{BallotManifest, Manifest};
use crate::map::Mapping;
use crate::shard::Shard;

/// Whether a digest is on the roll of a ballot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Membership {
    /// It is; shard and ordinal name its bit in the voted bitset.
    Member {
        /// Shard of the ballot.
        shard: u32,
        /// Position among the shard's sorted digests, from 0.
        ordinal: u32,
        /// The voter's region, 1 to 65,535; 0 where the roll has none.
        region: u16,
    },
    /// The digest is of no credential of this ballot.
    NotOnRoll,
    /// The event has no such ballot.
    NoSuchBallot,
}

/// A verified package, mapped into memory. Share it behind an `Arc`; lookups take `&self`.
#[derive(Debug)]
pub struct Package {
    pub(crate) dir: PathBuf,
    pub(crate) event: Event,
    pub(crate) manifest: Manifest,
    pub(crate) manifest_sha256: Sha256Sum,
    pub(crate) signers: Vec<String>,
    pub(crate) ballots: Vec<Vec<Shard<Mapping>>>,
}

impl Package {
    /// Where the package lies.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The event definition, as officers signed it.
    pub fn event(&self) -> &Event {
        &self.event
    }

    /// The manifest that officers signed.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// SHA-256 of `manifest.json`: the package's identity, by which ledgers are bound to it.
    pub fn manifest_sha256(&self) -> [u8; 32] {
        self.manifest_sha256.0
    }

    /// File names of the trusted keys that signed.
    pub fn signers(&self) -> &[String] {
        &self.signers
    }

    /// Checks that a hasher makes this package's digests: the same scheme, the same roll key.
    pub fn verify_key(&self, hasher: &Hasher) -> Result<(), KeyError> {
        let (expected, got) = (self.manifest.scheme, hasher.scheme());
        if expected != got {
            return Err(KeyError::Scheme { expected, got });
        }
        let (expected, got) = (self.manifest.key_id, hasher.key_id());
        if expected != got {
            return Err(KeyError::RollKey { expected, got });
        }
        Ok(())
    }

    /// Looks a digest up. Allocates nothing, makes no system call, takes no lock.
    #[inline]
    pub fn lookup(&self, ballot: BallotIndex, digest: &Digest) -> Membership {
        let Some((shards, listed)) = self.ballot(ballot) else {
            return Membership::NoSuchBallot;
        };
        let shard = digest.shard(listed.shard_bits);
        match shards
            .get(shard as usize)
            .and_then(|files| files.find(digest.as_bytes()))
        {
            Some((ordinal, region)) => Membership::Member {
                shard,
                ordinal,
                region,
            },
            None => Membership::NotOnRoll,
        }
    }

    /// Credentials in a shard of a ballot; 0 where there is no such shard.
    pub fn credentials_in(&self, ballot: BallotIndex, shard: u32) -> u32 {
        let shards = self.ballots.get(usize::from(ballot.0));
        shards
            .and_then(|shards| shards.get(shard as usize))
            .map_or(0, |s| s.digests.count())
    }

    /// Number of shards of a ballot; 0 where there is no such ballot.
    pub fn shard_count(&self, ballot: BallotIndex) -> u32 {
        self.ballot(ballot)
            .map_or(0, |(_, listed)| listed.shard_count())
    }

    /// The digest at an ordinal, for audits that name who voted by digest.
    pub fn digest_at(&self, ballot: BallotIndex, shard: u32, ordinal: u32) -> Option<Digest> {
        let shards = self.ballots.get(usize::from(ballot.0))?;
        shards
            .get(shard as usize)?
            .digests
            .get(ordinal)
            .map(|bytes| Digest(*bytes))
    }

    /// The region at an ordinal; 0 where the ballot's roll has no regions.
    pub fn region_at(&self, ballot: BallotIndex, shard: u32, ordinal: u32) -> Option<u16> {
        let shards = self.ballots.get(usize::from(ballot.0))?;
        let shard = shards.get(shard as usize)?;
        shard.digests.get(ordinal)?;
        shard
            .regions
            .as_ref()
            .map_or(Some(0), |regions| regions.get(ordinal))
    }

    fn ballot(&self, ballot: BallotIndex) -> Option<(&[Shard<Mapping>], &BallotManifest)> {
        let at = usize::from(ballot.0);
        Some((self.ballots.get(at)?, self.manifest.ballots.get(at)?))
    }
}
