//! The package as the programs see it: opened once, then asked who is a member.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use companions::{Baseline, Companions, Geometry, Logo};
use credentials::{Digest, Hasher};
use election::{BallotIndex, Event};

use crate::error::{KeyError, Rot};
use crate::hash::Sha256Sum;
use crate::manifest::{BallotManifest, Manifest, shard_path};
use crate::map::Mapping;
use crate::shard::{ChangedColumn, Shard};

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
    pub(crate) companions: Companions,
    pub(crate) manifest: Manifest,
    pub(crate) manifest_sha256: Sha256Sum,
    pub(crate) signers: Vec<String>,
    pub(crate) ballots: Vec<Vec<Shard<Mapping>>>,
    /// The files that are no shard's, by their paths in the package.
    pub(crate) documents: Vec<(String, Mapping)>,
    /// The first that was noticed.
    pub(crate) rot: OnceLock<Rot>,
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

    /// Where the regions lie and what they look like; none where the package does not say.
    pub fn geometry(&self) -> Option<&Geometry> {
        self.companions.geometry.as_ref()
    }

    /// What an earlier event resulted in; none where the package does not say.
    pub fn baseline(&self) -> Option<&Baseline> {
        self.companions.baseline.as_ref()
    }

    /// The authority's logo; none where the package has none.
    pub fn logo(&self) -> Option<&Logo> {
        self.companions.logo.as_ref()
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

    /// Looks a digest up. Allocates nothing, makes no system call, takes no lock, where the bytes
    /// that answer are those that were verified.
    ///
    /// # Errors
    /// They are not any more, or nobody can tell that the digest is on no roll.
    #[inline]
    pub fn lookup(&self, ballot: BallotIndex, digest: &Digest) -> Result<Membership, Rot> {
        let Some((shards, listed)) = self.ballot(ballot) else {
            return Ok(Membership::NoSuchBallot);
        };
        let shard = digest.shard(listed.shard_bits);
        let Some(files) = shards.get(shard as usize) else {
            return Ok(Membership::NotOnRoll);
        };
        match files.find(digest.as_bytes()) {
            Ok(Some((ordinal, region))) => Ok(Membership::Member {
                shard,
                ordinal,
                region,
            }),
            Ok(None) => match files.unsure.get() {
                None => Ok(Membership::NotOnRoll),
                Some(rot) => Err(rot.clone()),
            },
            Err(changed) => Err(self.changed(listed, shard, changed)),
        }
    }

    /// What was noticed first of bytes that are not any more those that were verified, by any look-up or
    /// by [`Package::recheck`].
    pub fn rot(&self) -> Option<&Rot> {
        self.rot.get()
    }

    /// Notes a block that changed.
    #[cold]
    fn changed(&self, ballot: &BallotManifest, shard: u32, (kind, block): ChangedColumn) -> Rot {
        self.note_rot(Rot {
            path: self.dir.join(shard_path(&ballot.id, shard, kind)),
            offset: Some(block.offset),
        })
    }

    pub(crate) fn note_rot(&self, rot: Rot) -> Rot {
        self.rot.get_or_init(|| rot.clone());
        rot
    }

    /// Credentials in a shard of a ballot; 0 where there is no such shard.
    pub fn credentials_in(&self, ballot: BallotIndex, shard: u32) -> u32 {
        let shards = self.ballots.get(usize::from(ballot.0));
        shards
            .and_then(|shards| shards.get(shard as usize))
            .map_or(0, |s| s.digests.count())
    }

    /// The partition of the ledger in which the votes of a shard are recorded; none where there is no such shard.
    pub fn partition_of(&self, ballot: BallotIndex, shard: u32) -> Option<u16> {
        let shards = u64::from(self.shard_count(ballot));
        let partition = u64::from(shard) * u64::from(self.manifest().partitions);
        let partition = partition.checked_div(shards);
        let partition = partition.filter(|_| u64::from(shard) < shards);
        partition.and_then(|partition| u16::try_from(partition).ok())
    }

    /// Number of shards of a ballot; 0 where there is no such ballot.
    pub fn shard_count(&self, ballot: BallotIndex) -> u32 {
        self.ballot(ballot)
            .map_or(0, |(_, listed)| listed.shard_count())
    }

    /// The digest at an ordinal, for audits that name who voted by digest.
    ///
    /// # Errors
    /// The bytes that answer are not any more those that were verified.
    pub fn digest_at(
        &self,
        ballot: BallotIndex,
        shard: u32,
        ordinal: u32,
    ) -> Result<Option<Digest>, Rot> {
        let Some((files, listed)) = self.shard(ballot, shard) else {
            return Ok(None);
        };
        match files.digests.get(ordinal) {
            Ok(bytes) => Ok(bytes.map(Digest)),
            Err(block) => Err(self.changed(listed, shard, ("dig", block))),
        }
    }

    /// The region at an ordinal; 0 where the ballot's roll has no regions.
    ///
    /// # Errors
    /// The bytes that answer are not any more those that were verified.
    pub fn region_at(
        &self,
        ballot: BallotIndex,
        shard: u32,
        ordinal: u32,
    ) -> Result<Option<u16>, Rot> {
        let Some((files, listed)) = self.shard(ballot, shard) else {
            return Ok(None);
        };
        if ordinal >= files.digests.count() {
            return Ok(None);
        }
        files
            .region(ordinal)
            .map_err(|changed| self.changed(listed, shard, changed))
    }

    fn shard(&self, ballot: BallotIndex, shard: u32) -> Option<(&Shard<Mapping>, &BallotManifest)> {
        let (shards, listed) = self.ballot(ballot)?;
        Some((shards.get(shard as usize)?, listed))
    }

    fn ballot(&self, ballot: BallotIndex) -> Option<(&[Shard<Mapping>], &BallotManifest)> {
        let at = usize::from(ballot.0);
        Some((self.ballots.get(at)?, self.manifest.ballots.get(at)?))
    }
}
