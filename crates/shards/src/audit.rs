//! The full pass over a package's content, beyond what serving it needs.
//!
//! Opening proves that the bytes are those that officers signed. The audit proves that what they
//! signed makes sense: every credential can be found at its ordinal, none is there twice, filter and
//! index hide nobody, regions are the event's, and all of it is the roll that was committed to.

use election::{BallotIndex, Event};
use sha2::{Digest as _, Sha256};

use crate::column::RegionColumn;
use crate::error::{FormatError, PackageError};
use crate::hash::Sha256Sum;
use crate::manifest::shard_path;
use crate::map::Mapping;
use crate::package::Package;
use crate::shard::Shard;

/// Digests are copied into the hash of the records this many at a time.
const BATCH: usize = 4096;

const AS_MANY_REGIONS: &str = "Shard::read refuses another number of regions than of digests";

impl Package {
    /// Audits one shard, in one streaming pass over its files and in bounded memory. Shards are
    /// independent: audit them in parallel. Returns the number of credentials.
    ///
    /// Checks payload checksums, strict order and leading bits of the digests, that the filter
    /// denies none of them, that the index holds exactly their distinguishing prefixes with the
    /// right ordinals, that every region is one of the event's, and that the records' sum is the
    /// manifest's (from which the roll commitment follows).
    ///
    /// # Errors
    /// The file and the first fault in it; a shard that the package does not have.
    pub fn audit_shard(&self, ballot: BallotIndex, shard: u32) -> Result<u32, PackageError> {
        let at = usize::from(ballot.0);
        let missing = || PackageError::Missing {
            path: self.dir.join(format!("{ballot:?}/{shard}")),
        };
        let listed = self.manifest.ballots.get(at).ok_or_else(missing)?;
        let content = self
            .ballots
            .get(at)
            .and_then(|shards| shards.get(shard as usize));
        let content = content.ok_or_else(missing)?;
        let sum = listed
            .shards
            .get(shard as usize)
            .ok_or_else(missing)?
            .records;
        let path = |kind| self.dir.join(shard_path(&listed.id, shard, kind));
        let in_file = |kind| {
            move |source| PackageError::Format {
                path: path(kind),
                source,
            }
        };

        content
            .check_payloads()
            .map_err(|(kind, source)| in_file(kind)(source))?;
        content
            .digests
            .check_order(shard, listed.shard_bits)
            .map_err(in_file("dig"))?;
        check_filter(content).map_err(in_file("fuse"))?;
        content
            .index
            .check_against(content.digests.as_slice())
            .map_err(in_file("fst"))?;
        check_regions(content, &self.event).map_err(in_file("reg"))?;
        let got = records_sum(content);
        if got != sum {
            return Err(PackageError::Mismatch {
                path: path("dig"),
                what: "SHA-256 of the records",
                expected: sum.to_string(),
                got: got.to_string(),
            });
        }
        Ok(content.digests.count())
    }
}

fn check_filter(shard: &Shard<Mapping>) -> Result<(), FormatError> {
    let digests = shard.digests.as_slice();
    match digests
        .iter()
        .position(|digest| !shard.filter.may_contain(digest))
    {
        Some(ordinal) => Err(FormatError::FilterDenies {
            ordinal: ordinal as u64,
        }),
        None => Ok(()),
    }
}

fn check_regions(shard: &Shard<Mapping>, event: &Event) -> Result<(), FormatError> {
    let Some(regions) = &shard.regions else {
        return Ok(());
    };
    // One flag a number: an event may have thousands of regions, a shard a million credentials.
    let mut known = vec![false; 1 << 16];
    for region in &event.regions {
        if let Some(flag) = known.get_mut(usize::from(region.number)) {
            *flag = true;
        }
    }
    for (ordinal, got) in (0u64..).zip(regions.iter()) {
        if known.get(usize::from(got)) != Some(&true) {
            return Err(FormatError::UnknownRegion { ordinal, got });
        }
    }
    Ok(())
}

/// SHA-256 over digest and region of each credential: what [`crate::ShardManifest`] lists.
fn records_sum(shard: &Shard<Mapping>) -> Sha256Sum {
    let mut hash = Sha256::new();
    let mut batch = Vec::with_capacity(BATCH * 18);
    let mut regions = shard.regions.as_ref().map(RegionColumn::iter);
    for digests in shard.digests.as_slice().chunks(BATCH) {
        batch.clear();
        for digest in digests {
            let region = match &mut regions {
                Some(regions) => regions.next().expect(AS_MANY_REGIONS),
                None => 0,
            };
            batch.extend_from_slice(digest);
            batch.extend_from_slice(&region.to_le_bytes());
        }
        hash.update(&batch);
    }
    Sha256Sum(hash.finalize().into())
}
