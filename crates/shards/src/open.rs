//! Opening a package: from a directory nobody vouches for to bytes that officers signed.
//!
//! 1. `manifest.json` and its signatures: enough trusted officers signed these very bytes.
//! 2. The manifest against itself, and the directory against the manifest: nothing missing,
//!    nothing extra, regular files only.
//! 3. The SHA-256 of every file, computed on two threads *through the memory map* that will answer
//!    lookups; and of the very bytes that were hashed the checksums by which each lookup sees that
//!    what was verified is what is served.
//! 4. The event definition, what accompanies it, and the structure of every shard.
//!
//! Anything that fails ends the opening; there is no partial package.

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use companions::{Baseline, Companions, Geometry, Logo};
use election::Event;
use sha2::{Digest as _, Sha256};

use crate::blocks::{BLOCK_BYTES, BlockSums, CheckedFile};
use crate::bounded::read_bounded;
use crate::error::PackageError;
use crate::hash::Sha256Sum;
use crate::manifest::{
    BASELINE_FILE, EVENT_FILE, FileEntry, GEOMETRY_FILE, LOGO_FILE, MANIFEST_BYTES_MAX,
    MANIFEST_FILE, Manifest, SHARDS_DIR, SUMS_FILE, shard_path,
};
use crate::map::Mapping;
use crate::package::Package;
use crate::shard::{Shard, ShardFiles};
use crate::trust::{Trust, is_signature_name};

/// Verification competes with nothing at start-up; two threads are what a small machine has.
const THREADS: usize = 2;
/// Bytes that are hashed at once: they are copied first, so that hash and checksums are of the same.
const PIECE_BYTES: usize = 256 * BLOCK_BYTES;

impl Package {
    /// Opens a package after verifying it: enough trusted signatures over the manifest, the SHA-256
    /// of every file, no file missing, none extra, every file's structure.
    ///
    /// Reads every byte once, on two threads.
    ///
    /// # Errors
    /// [`PackageError`] names the file and the remedy. Nothing of a refused package is served.
    pub fn open(dir: &Path, trust: &Trust) -> Result<Package, PackageError> {
        open(dir, Some(trust))
    }

    /// The manifest of a package and its SHA-256, unverified: what it says of itself, for whoever only wants to know
    /// whether this program could read it.
    ///
    /// # Errors
    /// It cannot be read; another format, or no manifest at all.
    pub fn unverified_manifest(dir: &Path) -> Result<(Manifest, [u8; 32]), PackageError> {
        let path = dir.join(MANIFEST_FILE);
        let bytes = read_bounded(&path, MANIFEST_BYTES_MAX)?;
        match Manifest::from_json(&bytes) {
            Ok(manifest) => Ok((manifest, Sha256::digest(&bytes).into())),
            Err(reason) => Err(PackageError::Document { path, reason }),
        }
    }

    /// Opens a package as [`Package::open`] does, whoever signed it or nobody. For tools that look
    /// at packages before they are signed; a program that serves voters must not call it.
    pub fn open_unsigned(dir: &Path) -> Result<Package, PackageError> {
        open(dir, None)
    }
}

fn open(dir: &Path, trust: Option<&Trust>) -> Result<Package, PackageError> {
    let manifest_path = dir.join(MANIFEST_FILE);
    let manifest_bytes = read_bounded(&manifest_path, MANIFEST_BYTES_MAX)?;
    let signers = match trust {
        Some(trust) => trust.check(dir, &manifest_bytes)?,
        None => Vec::new(),
    };
    let in_manifest = |reason| PackageError::Document {
        path: manifest_path.clone(),
        reason,
    };
    let manifest = Manifest::from_json(&manifest_bytes).map_err(in_manifest)?;
    check_listing(dir, &manifest)?;
    let mut files = map_files(dir, &manifest.files)?;
    check_sums(&files)?;
    let (event, mut documents) = read_documents(&mut files, dir)?;
    manifest.check_event(&event).map_err(in_manifest)?;
    let companions = read_companions(&mut files, &event, &mut documents)?;
    let ballots = read_ballots(&manifest, files)?;
    Ok(Package {
        dir: dir.to_owned(),
        event,
        companions,
        manifest,
        manifest_sha256: Sha256Sum::of(&manifest_bytes),
        signers,
        ballots,
        documents,
        rot: OnceLock::new(),
    })
}

/// Compares the directory with the manifest: every listed file a regular file, nothing else there
/// but signatures.
fn check_listing(dir: &Path, manifest: &Manifest) -> Result<(), PackageError> {
    let mut found = 0;
    let mut open = vec![(dir.to_owned(), String::new())];
    while let Some((path, prefix)) = open.pop() {
        let failed = |source| PackageError::Io {
            action: "list",
            path: path.clone(),
            source,
        };
        for entry in fs::read_dir(&path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let extra = || PackageError::Extra { path: entry.path() };
            let name = entry.file_name().into_string().map_err(|_| extra())?;
            let inside = format!("{prefix}{name}");
            let kind = entry.file_type().map_err(failed)?;
            if kind.is_dir() && is_directory_of(manifest, &inside) {
                open.push((entry.path(), format!("{inside}/")));
            } else if kind.is_file() && manifest.entry(&inside).is_some() {
                found += 1;
            } else if !kind.is_file() || !is_at_the_top(&inside) {
                return Err(extra());
            }
        }
    }
    if found == manifest.files.len() {
        return Ok(());
    }
    let missing = manifest
        .files
        .iter()
        .map(|file| dir.join(&file.path))
        .find(|path| !path.is_file());
    Err(PackageError::Missing {
        path: missing.unwrap_or_else(|| dir.to_owned()),
    })
}

fn is_directory_of(manifest: &Manifest, inside: &str) -> bool {
    inside == SHARDS_DIR
        || inside
            .strip_prefix(SHARDS_DIR)
            .and_then(|rest| rest.strip_prefix('/'))
            .is_some_and(|id| {
                manifest
                    .ballots
                    .iter()
                    .any(|ballot| ballot.id.as_str() == id)
            })
}

fn is_at_the_top(inside: &str) -> bool {
    inside == MANIFEST_FILE || is_signature_name(inside)
}

/// A listed file and its map.
struct MappedFile<'m> {
    entry: &'m FileEntry,
    path: PathBuf,
    map: Mapping,
    /// Filled in as its SHA-256 is computed.
    sums: OnceLock<BlockSums>,
}

impl MappedFile<'_> {
    fn checked(self) -> CheckedFile<Mapping> {
        CheckedFile::new(self.map, self.sums.into_inner().unwrap_or_default())
    }
}

/// Files in the manifest's order, which is sorted by path.
struct MappedFiles<'m>(Vec<MappedFile<'m>>);

impl MappedFiles<'_> {
    /// Takes a file out that not every package has.
    fn take_listed(&mut self, path: &str) -> Option<(PathBuf, Mapping)> {
        let at = self.0.iter().position(|file| file.entry.path == path)?;
        let file = self.0.swap_remove(at);
        Some((file.path, file.map))
    }

    /// Takes a file out; each is taken once.
    fn take(&mut self, path: &str, dir: &Path) -> Result<(PathBuf, Mapping), PackageError> {
        self.take_listed(path).ok_or_else(|| PackageError::Missing {
            path: dir.join(path),
        })
    }
}

fn map_files<'m>(dir: &Path, entries: &'m [FileEntry]) -> Result<MappedFiles<'m>, PackageError> {
    let mut files = Vec::with_capacity(entries.len());
    for entry in entries {
        let path = dir.join(&entry.path);
        let map = Mapping::open(&path).map_err(|source| PackageError::Io {
            action: "map",
            path: path.clone(),
            source,
        })?;
        let got = map.as_ref().len() as u64;
        if got != entry.size {
            return Err(PackageError::Size {
                path,
                expected: entry.size,
                got,
            });
        }
        files.push(MappedFile {
            entry,
            path,
            map,
            sums: OnceLock::new(),
        });
    }
    Ok(MappedFiles(files))
}

fn check_sums(files: &MappedFiles<'_>) -> Result<(), PackageError> {
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(file) = files.0.get(next.fetch_add(1, Ordering::Relaxed)) {
            check_sum(file)?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let others: Vec<_> = (1..THREADS).map(|_| scope.spawn(work)).collect();
        let mut outcome = work();
        for other in others {
            // A panic in there is a defect of ours: let it show.
            let theirs = other
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            outcome = outcome.and(theirs);
        }
        outcome
    })
}

fn check_sum(file: &MappedFile<'_>) -> Result<(), PackageError> {
    file.map.expect_sequential();
    let (got, sums) = sums_of(file.map.as_ref());
    let expected = file.entry.sha256;
    if expected != got {
        return Err(PackageError::Hash {
            path: file.path.clone(),
            expected,
            got,
        });
    }
    file.sums.get_or_init(|| sums);
    file.map.expect_random();
    Ok(())
}

/// The SHA-256 of a file and the checksums of its blocks, both of the same copy of its bytes.
fn sums_of(file: &[u8]) -> (Sha256Sum, BlockSums) {
    let (mut hash, mut sums) = (Sha256::new(), BlockSums::default());
    let mut copy = Vec::with_capacity(PIECE_BYTES);
    for piece in file.chunks(PIECE_BYTES) {
        copy.clear();
        copy.extend_from_slice(piece);
        let piece = black_box(copy.as_slice());
        hash.update(piece);
        sums.append(piece);
    }
    (Sha256Sum(hash.finalize().into()), sums)
}

/// The files of no shard, by their paths in the package.
type Documents = Vec<(String, Mapping)>;

fn read_documents(
    files: &mut MappedFiles<'_>,
    dir: &Path,
) -> Result<(Event, Documents), PackageError> {
    let (path, definition) = files.take(EVENT_FILE, dir)?;
    let event = Event::from_json(definition.as_ref()).map_err(|faults| {
        let reasons: Vec<String> = faults.iter().map(ToString::to_string).collect();
        PackageError::Document {
            path,
            reason: reasons.join("; "),
        }
    })?;
    let (_, sums) = files.take(SUMS_FILE, dir)?;
    let documents = vec![
        (EVENT_FILE.to_owned(), definition),
        (SUMS_FILE.to_owned(), sums),
    ];
    Ok((event, documents))
}

/// Reads the files of what accompanies the event, where the manifest lists them.
fn read_companions(
    files: &mut MappedFiles<'_>,
    event: &Event,
    documents: &mut Documents,
) -> Result<Companions, PackageError> {
    let mut companions = Companions::default();
    if let Some((path, map)) = files.take_listed(GEOMETRY_FILE) {
        let read = Geometry::from_json(map.as_ref(), event);
        companions.geometry = Some(read.map_err(|reason| PackageError::Document { path, reason })?);
        documents.push((GEOMETRY_FILE.to_owned(), map));
    }
    if let Some((path, map)) = files.take_listed(BASELINE_FILE) {
        let read = Baseline::from_json(map.as_ref(), event);
        companions.baseline = Some(read.map_err(|reason| PackageError::Document { path, reason })?);
        documents.push((BASELINE_FILE.to_owned(), map));
    }
    if let Some((path, map)) = files.take_listed(LOGO_FILE) {
        let read = Logo::from_svg(map.as_ref());
        companions.logo = Some(read.map_err(|reason| PackageError::Document { path, reason })?);
        documents.push((LOGO_FILE.to_owned(), map));
    }
    Ok(companions)
}

fn read_ballots(
    manifest: &Manifest,
    files: MappedFiles<'_>,
) -> Result<Vec<Vec<Shard<Mapping>>>, PackageError> {
    let mut files: std::collections::HashMap<&str, MappedFile<'_>> = files
        .0
        .into_iter()
        .map(|file| (file.entry.path.as_str(), file))
        .collect();
    let mut ballots = Vec::with_capacity(manifest.ballots.len());
    for ballot in &manifest.ballots {
        let mut shards = Vec::with_capacity(ballot.shards.len());
        for (shard, listed) in (0u32..).zip(&ballot.shards) {
            let mut take = |kind: &str| {
                let path = shard_path(&ballot.id, shard, kind);
                let missing = || PackageError::Missing {
                    path: PathBuf::from(&path),
                };
                files.remove(path.as_str()).ok_or_else(missing)
            };
            let index = take("fst")?;
            let path = index.path.clone();
            let shard_files = ShardFiles {
                index: index.map,
                filter: take("fuse")?.map,
                digests: take("dig")?.checked(),
                regions: if ballot.regions {
                    Some(take("reg")?.checked())
                } else {
                    None
                },
            };
            shards.push(read_shard(
                manifest,
                shard_files,
                shard,
                listed.credentials,
                &path,
            )?);
        }
        ballots.push(shards);
    }
    Ok(ballots)
}

fn read_shard(
    manifest: &Manifest,
    files: ShardFiles<Mapping>,
    shard: u32,
    credentials: u32,
    path: &Path,
) -> Result<Shard<Mapping>, PackageError> {
    let shard =
        Shard::read(files, shard, credentials).map_err(|(kind, source)| PackageError::Format {
            path: path.with_extension(kind),
            source,
        })?;
    if shard.filter_kind() != manifest.filter {
        return Err(PackageError::Mismatch {
            path: path.with_extension("fuse"),
            what: "filter kind",
            expected: format!("{:?}", manifest.filter),
            got: format!("{:?}", shard.filter_kind()),
        });
    }
    Ok(shard)
}
