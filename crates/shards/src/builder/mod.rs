//! Making packages: from sorted records to a directory that only lacks its signatures.
//!
//! Shards are independent and are built in parallel by the caller; the manifest is written last.
//! The directory is synced and named by the caller too (`durable::output::OutputDir`): a builder
//! writes files, and a directory becomes a package when it gets its name.

mod encode;
mod error;
#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Path, PathBuf};

use companions::{Baseline, Companions, Geometry, Logo};
use credentials::digestset::Record;
use credentials::{BallotId, Digest, KeyId, MAX_SHARD_BITS, Scheme};
use election::Event;

use crate::filter::FilterKind;
use crate::hash::Sha256Sum;
use crate::manifest::{
    BASELINE_FILE, BallotManifest, EVENT_FILE, FileEntry, GEOMETRY_FILE, LOGO_FILE, MANIFEST_FILE,
    Manifest, SHARDS_DIR, SUMS_FILE, ShardManifest, shard_path,
};

pub use error::BuildError;

/// Which shard is being built.
#[derive(Debug, Clone)]
pub struct ShardPlace {
    /// The ballot whose credentials it holds.
    pub ballot: BallotId,
    /// Leading digest bits that choose the shard.
    pub shard_bits: u8,
    /// Number of the shard, from 0, below 2^`shard_bits`.
    pub shard: u32,
    /// Whether the ballot's credentials have regions.
    pub regions: bool,
}

/// What was built of one shard.
#[derive(Debug, Clone)]
pub struct BuiltShard {
    place: ShardPlace,
    listed: ShardManifest,
    files: Vec<FileEntry>,
}

/// Builds one package in an empty directory.
#[derive(Debug)]
pub struct PackageBuilder {
    dir: PathBuf,
    event: Event,
    companions: Companions,
    scheme: Scheme,
    key_id: Option<KeyId>,
    filter: FilterKind,
    partitions: u16,
}

impl PackageBuilder {
    /// Starts a package in `dir`, which exists and is empty. `partitions`: how many the ledger has.
    pub fn new(
        dir: &Path,
        event: Event,
        scheme: Scheme,
        key_id: Option<KeyId>,
        filter: FilterKind,
        partitions: u16,
    ) -> Result<PackageBuilder, BuildError> {
        for ballot in event.ballots() {
            let path = dir.join(SHARDS_DIR).join(&ballot.id);
            fs::create_dir_all(&path).map_err(|source| BuildError::Io { path, source })?;
        }
        Ok(PackageBuilder {
            dir: dir.to_owned(),
            event,
            companions: Companions::default(),
            scheme,
            key_id,
            filter,
            partitions,
        })
    }

    /// Says what accompanies the event. A package without it has no files for it.
    #[must_use]
    pub fn accompanied_by(self, companions: Companions) -> PackageBuilder {
        PackageBuilder { companions, ..self }
    }

    /// Writes the files of one shard. `records` are in strictly ascending order of digest.
    ///
    /// Holds the shard's files in memory meanwhile, about 50 bytes a credential.
    pub fn shard(&self, place: ShardPlace, records: &[Record]) -> Result<BuiltShard, BuildError> {
        let count = check_records(&place, records)?;
        let shard = place.shard;
        let digests = encode::digest_file(shard, count, records);
        let column = encode::digests_of(&digests);
        let index = encode::index_file(shard, count, column)
            .map_err(|source| BuildError::Index { shard, source })?;
        let filter = encode::filter_file(shard, count, column, self.filter)?;
        let mut files = Vec::with_capacity(4);
        let mut write = |kind: &str, bytes: &[u8]| {
            files.push(self.write(shard_path(&place.ballot, shard, kind), bytes)?);
            Ok::<(), BuildError>(())
        };
        write("dig", &digests)?;
        write("fst", &index)?;
        write("fuse", &filter)?;
        if place.regions {
            write("reg", &encode::region_file(shard, count, records))?;
        }
        let listed = ShardManifest {
            credentials: count,
            records: encode::records_sum(records),
        };
        Ok(BuiltShard {
            place,
            listed,
            files,
        })
    }

    /// Writes event, list of sums and manifest. `shards` are all shards of all ballots, in any
    /// order.
    pub fn finish(self, mut shards: Vec<BuiltShard>) -> Result<Manifest, BuildError> {
        shards.sort_by_key(|built| built.place.shard);
        let ids = self.event.ballots().iter().map(|ballot| ballot.id.as_str());
        let ballots: Vec<BallotManifest> = ids
            .map(|id| ballot_manifest(id, &shards))
            .collect::<Result<_, _>>()?;
        let mut files: Vec<FileEntry> = shards.into_iter().flat_map(|built| built.files).collect();
        files.push(self.write(EVENT_FILE.to_owned(), &self.event.to_canonical_json())?);
        files.extend(self.write_companions()?);
        files.sort_by(|one, other| one.path.cmp(&other.path));
        files.push(self.write(SUMS_FILE.to_owned(), Manifest::sums_text(&files).as_bytes())?);
        files.sort_by(|one, other| one.path.cmp(&other.path));
        let manifest = Manifest::new(
            &self.event,
            self.scheme,
            self.key_id,
            self.filter,
            self.partitions,
            ballots,
            files,
        );
        let bytes = manifest.to_json();
        // What cannot be opened must not be signed.
        let refused = |reason| BuildError::Manifest { reason };
        Manifest::from_json(&bytes)
            .map_err(refused)?
            .check_event(&self.event)
            .map_err(refused)?;
        self.write(MANIFEST_FILE.to_owned(), &bytes)?;
        Ok(manifest)
    }

    fn write_companions(&self) -> Result<Vec<FileEntry>, BuildError> {
        let refused = |file: &str, reason| BuildError::Manifest {
            reason: format!("{file}: {reason}"),
        };
        let mut files = Vec::new();
        if let Some(geometry) = &self.companions.geometry {
            let bytes = geometry.to_json();
            Geometry::from_json(&bytes, &self.event).map_err(|e| refused(GEOMETRY_FILE, e))?;
            files.push(self.write(GEOMETRY_FILE.to_owned(), &bytes)?);
        }
        if let Some(baseline) = &self.companions.baseline {
            let bytes = baseline.to_json();
            Baseline::from_json(&bytes, &self.event).map_err(|e| refused(BASELINE_FILE, e))?;
            files.push(self.write(BASELINE_FILE.to_owned(), &bytes)?);
        }
        if let Some(logo) = &self.companions.logo {
            Logo::from_svg(logo.to_svg()).map_err(|e| refused(LOGO_FILE, e))?;
            files.push(self.write(LOGO_FILE.to_owned(), logo.to_svg())?);
        }
        Ok(files)
    }

    fn write(&self, inside: String, bytes: &[u8]) -> Result<FileEntry, BuildError> {
        let path = self.dir.join(&inside);
        fs::write(&path, bytes).map_err(|source| BuildError::Io { path, source })?;
        Ok(FileEntry {
            path: inside,
            size: bytes.len() as u64,
            sha256: Sha256Sum::of(bytes),
        })
    }
}

/// Gathers the shards of one ballot; they are sorted by number.
fn ballot_manifest(id: &str, shards: &[BuiltShard]) -> Result<BallotManifest, BuildError> {
    let of_ballot: Vec<&BuiltShard> = shards
        .iter()
        .filter(|built| built.place.ballot.as_str() == id)
        .collect();
    let first = of_ballot.first().ok_or_else(|| BuildError::Manifest {
        reason: format!("ballot {id} has no shard, hash the roll for it"),
    })?;
    let listed: Vec<ShardManifest> = of_ballot.iter().map(|built| built.listed).collect();
    Ok(BallotManifest {
        id: first.place.ballot.clone(),
        credentials: listed
            .iter()
            .map(|shard| u64::from(shard.credentials))
            .sum(),
        shard_bits: first.place.shard_bits,
        regions: first.place.regions,
        shards: listed,
    })
}

fn check_records(place: &ShardPlace, records: &[Record]) -> Result<u32, BuildError> {
    let ShardPlace {
        shard,
        shard_bits: bits,
        ..
    } = *place;
    let count = u32::try_from(records.len())
        .ok()
        .filter(|count| *count <= 1 << 31);
    let in_range = bits <= MAX_SHARD_BITS && shard >> bits == 0;
    let (true, Some(count)) = (in_range, count) else {
        return Err(BuildError::Range {
            shard,
            bits,
            records: records.len(),
        });
    };
    let mut before: Option<Digest> = None;
    for (index, record) in records.iter().enumerate() {
        if before.is_some_and(|before| before >= record.digest) {
            return Err(BuildError::Unsorted { shard, index });
        }
        let got = record.digest.shard(bits);
        if got != shard {
            return Err(BuildError::WrongShard {
                index,
                expected: shard,
                got,
            });
        }
        if (record.region != 0) != place.regions {
            return Err(BuildError::Region {
                shard,
                index,
                got: record.region,
            });
        }
        before = Some(record.digest);
    }
    Ok(count)
}
