//! `manifest.json`: what officers sign. It names every byte of the package.
//!
//! Canonical form: the fields in the order below, two spaces of indentation, one line feed at the
//! end, files sorted by path. Reading refuses any other form, so that one package has one manifest.

use credentials::{BallotId, KeyId, MAX_SHARD_BITS, Scheme};
use election::Event;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::filter::FilterKind;
use crate::hash::Sha256Sum;

/// Name of the manifest.
pub const MANIFEST_FILE: &str = "manifest.json";
/// Name of the event definition.
pub const EVENT_FILE: &str = "election.json";
/// Name of the map of the regions, which a package may have.
pub const GEOMETRY_FILE: &str = "geometry.json";
/// Name of the results of an earlier event, which a package may have.
pub const BASELINE_FILE: &str = "baseline.json";
/// Name of the authority's logo, which a package may have.
pub const LOGO_FILE: &str = "logo.svg";
/// Name of the list for `sha256sum -c`.
pub const SUMS_FILE: &str = "SHA256SUMS";
/// Name of the directory of shards.
pub const SHARDS_DIR: &str = "shards";

/// Bytes of a manifest: room for 256 ballots in 64 shards each, with all of their files.
pub(crate) const MANIFEST_BYTES_MAX: u64 = 64 << 20;
/// Most partitions of a ledger.
pub const PARTITIONS_MAX: u16 = 64;

/// The format that this program reads and writes, as a manifest names it.
pub const FORMAT: &str = "scrutin-package-1";
const COMMITMENT_TAG: &[u8] = b"scrutin-roll-commitment-1\0";

/// The signed content list of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Name and version of this format: `scrutin-package-1`.
    pub format: String,
    /// The event's id, as in `election.json`.
    pub event: String,
    /// How credentials were hashed.
    pub scheme: Scheme,
    /// Which roll key hashed them; none under scheme `sha256`.
    pub key_id: Option<KeyId>,
    /// The filters of all shards.
    pub filter: FilterKind,
    /// How many partitions the ledger has, a power of two up to [`PARTITIONS_MAX`]: the leading bits of a digest
    /// choose the one in which its vote is recorded. No ballot has fewer shards.
    pub partitions: u16,
    /// Every ballot of the event, in the event's order.
    pub ballots: Vec<BallotManifest>,
    /// SHA-256 over all credentials of all ballots: see [`Manifest::commitment_of`].
    pub roll_commitment: Sha256Sum,
    /// Every file of the package but the manifest and its signatures, sorted by path.
    pub files: Vec<FileEntry>,
}

/// What the manifest says of one ballot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BallotManifest {
    /// Law id or election code.
    pub id: BallotId,
    /// Credentials of all shards.
    pub credentials: u64,
    /// Leading digest bits that choose the shard, 0 to 10.
    pub shard_bits: u8,
    /// Whether each credential has a region.
    pub regions: bool,
    /// The shards in order; there are 2^`shard_bits`.
    pub shards: Vec<ShardManifest>,
}

/// What the manifest says of one shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShardManifest {
    /// Credentials in the shard.
    pub credentials: u32,
    /// SHA-256 of the shard's records: digest (16 bytes) and region (two bytes, little-endian, 0
    /// where there is none) of each credential, in order.
    pub records: Sha256Sum,
}

/// One file of the package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Path within the package, with `/`.
    pub path: String,
    /// Length of the file in bytes.
    pub size: u64,
    /// SHA-256 of the file.
    pub sha256: Sha256Sum,
}

/// Tells a package of another format before its unknown fields are complained of.
fn check_format(bytes: &[u8]) -> Result<(), String> {
    #[derive(Deserialize)]
    struct Named {
        format: String,
    }
    match serde_json::from_slice(bytes) {
        Ok(Named { format }) if format != FORMAT => {
            let format: String = format.chars().take(60).collect();
            Err(format!(
                "format is {format:?}, expected {FORMAT:?}: use the release that made this package"
            ))
        }
        // What names no format, the manifest's own reader refuses.
        _ => Ok(()),
    }
}

impl Manifest {
    /// Puts a manifest together; [`Manifest::from_json`] checks it.
    #[cfg(feature = "builder")]
    pub(crate) fn new(
        event: &Event,
        scheme: Scheme,
        key_id: Option<KeyId>,
        filter: FilterKind,
        partitions: u16,
        ballots: Vec<BallotManifest>,
        files: Vec<FileEntry>,
    ) -> Manifest {
        Manifest {
            format: FORMAT.to_owned(),
            event: event.id.clone(),
            scheme,
            key_id,
            filter,
            partitions,
            roll_commitment: Manifest::commitment_of(&ballots),
            ballots,
            files,
        }
    }

    /// Reads a manifest and checks it against itself. Errors say what is wrong.
    pub fn from_json(bytes: &[u8]) -> Result<Manifest, String> {
        check_format(bytes)?;
        let manifest: Manifest = serde_json::from_slice(bytes)
            .map_err(|error| format!("not a manifest of this version: {error}"))?;
        if manifest.to_json() != bytes {
            return Err("not in canonical form, leave the file as shardpack wrote it".to_owned());
        }
        manifest.check_itself()?;
        Ok(manifest)
    }

    /// The manifest in its canonical form, the bytes that officers sign.
    pub fn to_json(&self) -> Vec<u8> {
        let mut bytes =
            serde_json::to_vec_pretty(self).expect("texts and integers are written to memory");
        bytes.push(b'\n');
        bytes
    }

    /// The commitment to the whole roll: whoever has the digest sets can compute it and see that
    /// not one credential was added, dropped or moved to another region.
    ///
    /// SHA-256 over the tag `scrutin-roll-commitment-1` and a zero byte; then for each ballot the
    /// id's length (one byte), the id, the shard bits (one byte), and for each shard the number of
    /// credentials (eight bytes, little-endian) and the 32 bytes of its records' sum.
    pub fn commitment_of(ballots: &[BallotManifest]) -> Sha256Sum {
        let mut hash = Sha256::new_with_prefix(COMMITMENT_TAG);
        for ballot in ballots {
            let id = ballot.id.as_str().as_bytes();
            hash.update([u8::try_from(id.len()).expect("a ballot id has at most 32 bytes")]);
            hash.update(id);
            hash.update([ballot.shard_bits]);
            for shard in &ballot.shards {
                hash.update(u64::from(shard.credentials).to_le_bytes());
                hash.update(shard.records.0);
            }
        }
        Sha256Sum(hash.finalize().into())
    }

    /// Credentials of all ballots.
    pub fn credentials(&self) -> u64 {
        self.ballots.iter().map(|ballot| ballot.credentials).sum()
    }

    /// Bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }

    /// Bytes of all files for each credential; 0 where there is none.
    pub fn bytes_per_credential(&self) -> f64 {
        match self.credentials() {
            0 => 0.0,
            credentials => self.bytes() as f64 / credentials as f64,
        }
    }

    /// The content of [`SUMS_FILE`]: all files but itself, as `sha256sum` writes them.
    pub fn sums_text(files: &[FileEntry]) -> String {
        let listed = files.iter().filter(|file| file.path != SUMS_FILE);
        listed
            .map(|file| format!("{}  {}\n", file.sha256, file.path))
            .collect()
    }

    /// Paths that a package of these ballots must have.
    pub(crate) fn expected_paths(ballots: &[BallotManifest]) -> Vec<String> {
        let mut paths = vec![EVENT_FILE.to_owned(), SUMS_FILE.to_owned()];
        for ballot in ballots {
            for shard in 0..ballot.shard_count() {
                let kinds = ["dig", "fst", "fuse", "reg"];
                let present = if ballot.regions { 4 } else { 3 };
                paths.extend(
                    kinds
                        .iter()
                        .take(present)
                        .map(|kind| shard_path(&ballot.id, shard, kind)),
                );
            }
        }
        paths
    }

    /// Compares with the event: the same ballots in the same order.
    pub(crate) fn check_event(&self, event: &Event) -> Result<(), String> {
        if self.event != event.id {
            return Err(format!(
                "event is {:?}, {EVENT_FILE} says {:?}",
                self.event, event.id
            ));
        }
        let listed = self.ballots.iter().map(|ballot| ballot.id.as_str());
        let defined = event.ballots().iter().map(|ballot| ballot.id.as_str());
        if listed.eq(defined) {
            return Ok(());
        }
        Err(format!(
            "its ballots are not those of {EVENT_FILE} in the same order"
        ))
    }

    fn check_itself(&self) -> Result<(), String> {
        if (self.scheme == Scheme::HmacSha256) != self.key_id.is_some() {
            return Err("key_id must be given exactly under scheme hmac-sha256".to_owned());
        }
        let partitions = self.partitions;
        if !partitions.is_power_of_two() || partitions > PARTITIONS_MAX {
            return Err(format!(
                "partitions is {partitions}, expected a power of two up to {PARTITIONS_MAX}"
            ));
        }
        for ballot in &self.ballots {
            ballot.check_itself()?;
            if ballot.shard_count() < u32::from(partitions) {
                return Err(format!(
                    "ballot {} has {} shards, fewer than the {partitions} partitions: pack the digests again",
                    ballot.id,
                    ballot.shard_count()
                ));
            }
        }
        if self.roll_commitment != Manifest::commitment_of(&self.ballots) {
            return Err("roll_commitment is not that of the ballots listed".to_owned());
        }
        let mut expected = Manifest::expected_paths(&self.ballots);
        let listed = |path: &&str| self.files.iter().any(|file| file.path == **path);
        let optional = [BASELINE_FILE, GEOMETRY_FILE, LOGO_FILE]
            .into_iter()
            .filter(listed);
        expected.extend(optional.map(str::to_owned));
        expected.sort_unstable();
        if !self.files.iter().map(|file| &file.path).eq(&expected) {
            return Err("files are not those that the ballots call for, sorted by path".to_owned());
        }
        let sums = Sha256Sum::of(Manifest::sums_text(&self.files).as_bytes());
        match self.files.iter().find(|file| file.path == SUMS_FILE) {
            Some(entry) if entry.sha256 == sums => Ok(()),
            _ => Err(format!("{SUMS_FILE} does not list the same files")),
        }
    }

    pub(crate) fn entry(&self, path: &str) -> Option<&FileEntry> {
        let found = self
            .files
            .binary_search_by(|file| file.path.as_str().cmp(path))
            .ok()?;
        self.files.get(found)
    }
}

impl BallotManifest {
    /// Number of shards: 2^`shard_bits`.
    ///
    /// # Panics
    /// `shard_bits` is more than [`MAX_SHARD_BITS`]: no manifest that was read has as many.
    pub fn shard_count(&self) -> u32 {
        assert!(self.shard_bits <= MAX_SHARD_BITS, "too many shard bits");
        1 << self.shard_bits
    }

    fn check_itself(&self) -> Result<(), String> {
        let id = &self.id;
        if self.shard_bits > MAX_SHARD_BITS {
            let got = self.shard_bits;
            return Err(format!(
                "ballot {id}: shard_bits is {got}, at most {MAX_SHARD_BITS}"
            ));
        }
        let (expected, got) = (self.shard_count() as usize, self.shards.len());
        if expected != got {
            return Err(format!(
                "ballot {id}: {got} shards are listed, expected {expected}"
            ));
        }
        let sum: u64 = self
            .shards
            .iter()
            .map(|shard| u64::from(shard.credentials))
            .sum();
        if sum != self.credentials {
            let got = self.credentials;
            return Err(format!(
                "ballot {id}: credentials is {got}, its shards hold {sum}"
            ));
        }
        Ok(())
    }
}

/// Path of a shard's file: `shards/<ballot>/NNNN.<kind>`.
pub(crate) fn shard_path(ballot: &BallotId, shard: u32, kind: &str) -> String {
    format!("{SHARDS_DIR}/{}/{shard:04}.{kind}", ballot.as_str())
}
