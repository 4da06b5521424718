//! What every command reads first: the package, the box key, and what they must agree on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use credentials::Digest;
use election::{Ballot, BallotIndex, Event};
use ledger::{BallotShape, BoxPublicKey, BoxSecretKey, SegmentHeader, Shape};
use secrets::SecretFileError;
use shards::{Membership, Package, Rot, Trust};
use zeroize::Zeroizing;

use crate::cli::{PackageArgs, ReaderArgs};
use crate::roll::Roll;
use crate::signature::Signature;

/// Longest key or password file read.
const SECRET_BYTES_MAX: usize = 4096;

/// An opened package as the fold asks it.
pub(crate) struct PackageRoll {
    package: Package,
    signature: Signature,
    /// Credentials of each ballot's roll by region, counted at the start.
    registered: Vec<BTreeMap<u16, u64>>,
}

impl PackageRoll {
    /// Whether officers are known to have signed it.
    pub(crate) fn signature(&self) -> Signature {
        self.signature
    }

    pub(crate) fn event(&self) -> &Event {
        self.package.event()
    }

    /// What identifies the ledgers of this package.
    pub(crate) fn identity(&self) -> Identity {
        let event = self.package.event();
        Identity {
            event_id: event.id.clone(),
            manifest_sha256: self.package.manifest_sha256(),
            box_public_key: BoxPublicKey::from_bytes(event.box_public_key),
        }
    }

    /// What the ledger must know of the event.
    pub(crate) fn shape(&self) -> Shape {
        let Identity {
            event_id,
            manifest_sha256,
            box_public_key,
        } = self.identity();
        let ballots = self.event().ballots().iter();
        let ballot = |ballot: &Ballot| BallotShape {
            id: ballot.id.clone(),
            opens_ms: ballot.opens,
            closes_ms: ballot.closes,
            shard_sizes: self.shard_sizes(ballot.index.0),
        };
        Shape {
            event_id,
            manifest_sha256,
            box_public_key,
            ballots: ballots.map(ballot).collect(),
        }
    }

    /// Credentials on a ballot's roll by region (0 = the roll names none).
    pub(crate) fn registered(&self, ballot: u16) -> BTreeMap<u16, u64> {
        let ballot = self.registered.get(usize::from(ballot));
        ballot.cloned().unwrap_or_default()
    }

    /// Shard and ordinal of a digest on a ballot's roll.
    pub(crate) fn find(&self, ballot: u16, digest: &[u8]) -> Result<Option<(u32, u32)>, Rot> {
        let Ok(digest) = digest.try_into().map(Digest) else {
            return Ok(None);
        };
        Ok(match self.package.lookup(BallotIndex(ballot), &digest)? {
            Membership::Member { shard, ordinal, .. } => Some((shard, ordinal)),
            Membership::NotOnRoll | Membership::NoSuchBallot => None,
        })
    }

    fn of(package: Package, signature: Signature) -> Result<PackageRoll, Rot> {
        let ballots = package.event().ballots().iter();
        let registered = ballots.map(|ballot| count_registered(&package, ballot.index));
        Ok(PackageRoll {
            registered: registered.collect::<Result<_, Rot>>()?,
            package,
            signature,
        })
    }
}

fn count_registered(package: &Package, ballot: BallotIndex) -> Result<BTreeMap<u16, u64>, Rot> {
    let mut regions = BTreeMap::new();
    for shard in 0..package.shard_count(ballot) {
        for ordinal in 0..package.credentials_in(ballot, shard) {
            let region = package.region_at(ballot, shard, ordinal)?.unwrap_or(0);
            *regions.entry(region).or_default() += 1;
        }
    }
    Ok(regions)
}

impl Roll for PackageRoll {
    fn shard_sizes(&self, ballot: u16) -> Vec<u32> {
        let ballot = BallotIndex(ballot);
        (0..self.package.shard_count(ballot))
            .map(|shard| self.package.credentials_in(ballot, shard))
            .collect()
    }

    fn region(&self, ballot: u16, shard: u32, ordinal: u32) -> Result<Option<u16>, Rot> {
        self.package.region_at(BallotIndex(ballot), shard, ordinal)
    }

    fn digest(&self, ballot: u16, shard: u32, ordinal: u32) -> Result<Option<Digest>, Rot> {
        self.package.digest_at(BallotIndex(ballot), shard, ordinal)
    }
}

/// Which event a ledger must be of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) event_id: String,
    pub(crate) manifest_sha256: [u8; 32],
    pub(crate) box_public_key: BoxPublicKey,
}

impl Identity {
    /// Refuses a segment of another event, package or box key.
    pub(crate) fn check(&self, header: &SegmentHeader) -> anyhow::Result<()> {
        ensure!(
            header.event_id == self.event_id,
            "ledger of event {}, the package is of event {}: name the ledger and the package of one event",
            header.event_id,
            self.event_id
        );
        ensure!(
            header.manifest_sha256 == self.manifest_sha256,
            "ledger was written with another package of this event: name the package that the validator served"
        );
        ensure!(
            header.box_public_key == self.box_public_key,
            "ledger is sealed to another box key than the package names: name the package that the validator served"
        );
        Ok(())
    }
}

/// Opens the package, which the officers named must have signed.
pub(crate) fn open_package(args: &PackageArgs) -> anyhow::Result<Arc<PackageRoll>> {
    open_signed(&args.package, &args.trust, args.require)
}

/// Opens the package of a reader, who may have chosen to trust nobody.
pub(crate) fn open_readers_package(args: &ReaderArgs) -> anyhow::Result<Arc<PackageRoll>> {
    if !args.untrusted {
        return open_signed(&args.package, &args.trust, args.require);
    }
    let package =
        Package::open_unsigned(&args.package).with_context(|| cannot_use(&args.package))?;
    Ok(Arc::new(PackageRoll::of(package, Signature::Unchecked)?))
}

fn open_signed(path: &Path, trust: &[PathBuf], require: usize) -> anyhow::Result<Arc<PackageRoll>> {
    let trust = Trust::from_files(trust, require)?;
    let package = Package::open(path, &trust).with_context(|| cannot_use(path))?;
    Ok(Arc::new(PackageRoll::of(package, Signature::Checked)?))
}

fn cannot_use(path: &Path) -> String {
    format!("cannot use package {}", path.display())
}

/// Reads the box key and checks that the event was sealed to it.
pub(crate) fn read_box_key(path: &Path, event: &Event) -> anyhow::Result<BoxSecretKey> {
    let context = || format!("cannot use box key {}", path.display());
    let text = read_secret(path).context("box key")?;
    let key = BoxSecretKey::parse(&text).with_context(context)?;
    if key.public() != BoxPublicKey::from_bytes(event.box_public_key) {
        bail!(
            "box key {} is not of event {}: its public half is {}, election.toml names {}",
            path.display(),
            event.id,
            key.public(),
            BoxPublicKey::from_bytes(event.box_public_key)
        );
    }
    Ok(key)
}

/// Reads a small secret file, which must be its owner's alone, into memory that is wiped.
pub(crate) fn read_secret(path: &Path) -> Result<Zeroizing<Vec<u8>>, SecretFileError> {
    secrets::read(path, SECRET_BYTES_MAX)
}
