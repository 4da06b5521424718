//! An opened package as the tally asks it: roll, event, ballot papers, and what identifies its ledgers.

use std::collections::BTreeMap;

use anyhow::ensure;
use companions::{Baseline, Geometry, Logo};
use credentials::Digest;
use election::{BallotIndex, Event};
use ledger::{HandPublicKeys, Papers, SegmentHeader, Shape};
use shards::{Membership, Package, Rot};
use transparency::Policy;

use crate::roll::Roll;
use crate::signature::Signature;

/// An opened package as the fold asks it.
pub(crate) struct PackageRoll {
    package: Package,
    signature: Signature,
    /// Credentials of each ballot's roll by region, counted at the start.
    registered: Vec<BTreeMap<u16, u64>>,
    /// In the order of the event.
    papers: Vec<Papers>,
}

impl PackageRoll {
    /// Whether officers are known to have signed it.
    pub(crate) fn signature(&self) -> Signature {
        self.signature
    }

    pub(crate) fn event(&self) -> &Event {
        self.package.event()
    }

    /// Where the regions lie and what they look like; none where the package does not say.
    pub(crate) fn geometry(&self) -> Option<&Geometry> {
        self.package.geometry()
    }

    /// What an earlier event resulted in; none where the package does not say.
    pub(crate) fn baseline(&self) -> Option<&Baseline> {
        self.package.baseline()
    }

    /// The authority's logo; none where the package has none.
    pub(crate) fn logo(&self) -> Option<&Logo> {
        self.package.logo()
    }

    /// What identifies the ledgers of this package.
    pub(crate) fn identity(&self) -> Identity {
        let event = self.package.event();
        Identity {
            event_id: event.id.clone(),
            manifest_sha256: self.package.manifest_sha256(),
            keys: HandPublicKeys::of(event),
        }
    }

    /// SHA-256 of the package's manifest.
    pub(crate) fn manifest_sha256(&self) -> [u8; 32] {
        self.package.manifest_sha256()
    }

    /// Which checkpoints of the ledger count; none where the event names no log.
    pub(crate) fn log_policy(&self) -> Option<Policy> {
        self.event().policy(self.package.manifest().partitions)
    }

    /// The same as the text that is published.
    pub(crate) fn log_policy_text(&self) -> Option<String> {
        let log = self.event().log.as_ref()?;
        Some(log.policy_text(self.package.manifest().partitions))
    }

    /// Numbers of the partitions that the ledger has, ascending.
    pub(crate) fn partitions(&self) -> Vec<u16> {
        (0..self.package.manifest().partitions).collect()
    }

    /// The ballot papers of a ballot of the event.
    pub(crate) fn papers(&self, ballot: u16) -> &Papers {
        &self.papers[usize::from(ballot)]
    }

    /// What the ledger must know of the event.
    pub(crate) fn shape(&self) -> Shape {
        Shape::of(
            self.event(),
            self.manifest_sha256(),
            self.package.manifest().partitions,
            |ballot| self.shard_sizes(ballot.0),
        )
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

    /// Counts the roll of an opened package.
    ///
    /// # Errors
    /// Bytes that are not any more those that officers signed.
    pub(crate) fn of(package: Package, signature: Signature) -> Result<PackageRoll, Rot> {
        let ballots = package.event().ballots().iter();
        let registered = ballots.map(|ballot| count_registered(&package, ballot.index));
        Ok(PackageRoll {
            registered: registered.collect::<Result<_, Rot>>()?,
            papers: package.event().ballots().iter().map(Papers::of).collect(),
            package,
            signature,
        })
    }

    /// The same package with as many credentials by ballot and region as a rehearsal invents.
    #[cfg(any(test, feature = "night"))]
    pub(crate) fn with_registered(self, registered: Vec<BTreeMap<u16, u64>>) -> PackageRoll {
        PackageRoll { registered, ..self }
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

    fn partition_of(&self, ballot: u16, shard: u32) -> Option<u16> {
        self.package.partition_of(BallotIndex(ballot), shard)
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
    pub(crate) keys: HandPublicKeys,
}

impl Identity {
    /// Refuses a segment of another event, package, or one sealed to other keys.
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
            header.keys == self.keys,
            "ledger is sealed to other keys than the package names: name the package that the validator served"
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use companions::{Companions, builder};
    use specimen::{EXAMPLE, Recipe, Roll, Specimen};

    use super::*;

    #[test]
    fn a_roll_hands_out_what_accompanies_its_event() {
        let event = Event::from_toml(EXAMPLE).expect("the example");
        let regions = include_bytes!("../../../fixtures/regions.geojson");
        let votes = include_bytes!("../../../fixtures/baseline.csv");
        let drawing = builder::geometry(regions, &event).expect("the example's map");
        let date = "2021-10-04".parse().expect("a day");
        let baseline = builder::baseline(votes, &event, event.title.clone(), date);
        let companions = Companions {
            geometry: Some(drawing.geometry),
            baseline: Some(baseline.expect("the example's earlier results")),
            logo: builder::logo(include_bytes!("../../../fixtures/logo.svg")).ok(),
        };
        let open = |companions: Companions| {
            let specimen = Specimen::new(&Recipe {
                definition: EXAMPLE.to_owned(),
                companions,
                roll: Roll::example(6),
                ..Recipe::default()
            });
            let package = Package::open_unsigned(&specimen.package()).expect("a sound package");
            PackageRoll::of(package, Signature::Unchecked).expect("sound bytes")
        };
        let roll = open(companions.clone());
        assert_eq!(roll.geometry(), companions.geometry.as_ref());
        assert_eq!(roll.baseline(), companions.baseline.as_ref());
        assert!(roll.logo().is_some() && roll.logo() == companions.logo.as_ref());
        let roll = open(Companions::default());
        assert!(roll.geometry().is_none() && roll.baseline().is_none() && roll.logo().is_none());
    }
}
