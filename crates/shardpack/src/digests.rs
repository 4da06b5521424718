//! The digest sets of an event: which files there are, and whether they fit together.
//!
//! All faults are reported at once, because each costs a walk to the air-gapped machine.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use credentials::digestset::{self, DigestSetReader, Header, REPORT_FILE, Record};
use credentials::{BallotId, KeyId, MAX_SHARD_BITS, Scheme};
use election::{Ballot, BallotKind, Event};
use shards::builder::ShardPlace;

/// One shard to pack: a digest set, or a part of one where the ledger has more partitions than its ballot has sets.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) place: ShardPlace,
    pub(crate) path: PathBuf,
}

#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) scheme: Scheme,
    pub(crate) key_id: Option<KeyId>,
    pub(crate) sources: Vec<Source>,
    /// Of all digest sets.
    pub(crate) credentials: u64,
}

impl Plan {
    /// Finds the digest set of every ballot and shard and compares their headers. Each ballot gets as many shards as
    /// the ledger has partitions, at least.
    pub(crate) fn read(dir: &Path, event: &Event, partitions: u16) -> Result<Plan> {
        let mut faults = strangers(dir, event)?;
        let mut headers: Vec<(PathBuf, Header)> = Vec::new();
        for ballot in event.ballots() {
            match headers_of(dir, ballot) {
                Ok(found) => headers.extend(found),
                Err(error) => faults.push(format!("{error:#}")),
            }
        }
        if let Some((first_path, first)) = headers.first() {
            let made = |header: &Header| (header.scheme, header.key_id);
            for (path, header) in headers
                .iter()
                .filter(|(_, other)| made(other) != made(first))
            {
                faults.push(format!(
                    "{} was hashed with {}, {} with {}: hash all ballots in one run of hashgen",
                    path.display(),
                    describe(header),
                    first_path.display(),
                    describe(first),
                ));
            }
        }
        match (faults.as_slice(), headers.first()) {
            ([], Some((_, first))) => Ok(Plan {
                scheme: first.scheme,
                key_id: first.key_id,
                credentials: headers.iter().map(|(_, header)| header.count).sum(),
                sources: headers
                    .iter()
                    .flat_map(|(path, header)| Source::of_set(path, header, partitions))
                    .collect(),
            }),
            ([], None) => bail!("the definition has no ballot, add a law or an election"),
            _ => bail!("{} cannot be packed\n{}", dir.display(), faults.join("\n")),
        }
    }
}

impl Source {
    /// The shards that a digest set becomes.
    fn of_set(path: &Path, header: &Header, partitions: u16) -> Vec<Source> {
        let bits_min = partitions.trailing_zeros().try_into();
        let bits_min: u8 = bits_min.expect("16 bits have at most 16 zeros");
        let shard_bits = header.shard_bits.max(bits_min);
        let parts = 1 << (shard_bits - header.shard_bits);
        let part = |nth| Source {
            place: ShardPlace {
                ballot: header.ballot.clone(),
                shard_bits,
                shard: header.shard * parts + nth,
                regions: header.has_region,
            },
            path: path.to_owned(),
        };
        (0..parts).map(part).collect()
    }

    /// Reads and checks the records of the shard; their regions must be the event's.
    pub(crate) fn records(&self, regions: &BTreeSet<u16>) -> Result<Vec<Record>> {
        let at = || format!("digest set {}", self.path.display());
        let reader = DigestSetReader::open(&self.path).with_context(at)?;
        let mut records = Vec::new();
        for (index, record) in reader.enumerate() {
            let record = record.with_context(at)?;
            if record.region != 0 && !regions.contains(&record.region) {
                bail!(
                    "{}: record {index} has region {}, which the definition does not have: add the region, or hash again with --election",
                    self.path.display(),
                    record.region
                );
            }
            if record.digest.shard(self.place.shard_bits) == self.place.shard {
                records.push(record);
            }
        }
        Ok(records)
    }
}

fn describe(header: &Header) -> String {
    match header.key_id {
        Some(id) => format!("{} and roll key {id}", header.scheme.as_str()),
        None => header.scheme.as_str().to_owned(),
    }
}

/// Digest sets of ballots that the event does not have: they would be left out silently.
fn strangers(dir: &Path, event: &Event) -> Result<Vec<String>> {
    let cannot = || format!("cannot list the digest sets in {}", dir.display());
    let mut faults = Vec::new();
    for entry in fs::read_dir(dir).with_context(cannot)? {
        let entry = entry.with_context(cannot)?;
        let name = entry.file_name();
        let known = name
            .to_str()
            .is_some_and(|name| event.ballot(name).is_some());
        if !known && entry.file_type().with_context(cannot)?.is_dir() {
            let path = entry.path();
            faults.push(format!(
                "{}: the definition has no such ballot, add it or remove the directory",
                path.display()
            ));
        } else if !known && name.to_str().is_none_or(|name| !is_companion(name)) {
            let path = entry.path();
            faults.push(format!("{} is no digest set, remove it", path.display()));
        }
    }
    faults.sort_unstable();
    Ok(faults)
}

/// Files that hashgen leaves beside the ballots' directories.
fn is_companion(name: &str) -> bool {
    name == REPORT_FILE || name.ends_with(".csv")
}

/// The headers of all shards of a ballot, in order.
fn headers_of(dir: &Path, ballot: &Ballot) -> Result<Vec<(PathBuf, Header)>> {
    let id = BallotId::parse(&ballot.id)?;
    let first_path = dir.join(digestset::file_path(&id, 0));
    if !first_path.exists() {
        bail!(
            "ballot {id} has no digest set in {}: hash the roll with --ballot {id}",
            dir.display()
        );
    }
    let bits = read_header(&first_path, &id, 0)?
        .shard_bits
        .min(MAX_SHARD_BITS);
    let mut headers = Vec::new();
    for shard in 0..1 << bits {
        let path = dir.join(digestset::file_path(&id, shard));
        let header = read_header(&path, &id, shard)?;
        headers.push((path, header));
    }
    let found = fs::read_dir(dir.join(id.as_str()))?.count();
    if found != headers.len() {
        bail!(
            "ballot {id} has {found} files, expected {}: hash the roll again",
            headers.len()
        );
    }
    check_alike(ballot, &headers)?;
    Ok(headers)
}

fn check_alike(ballot: &Ballot, headers: &[(PathBuf, Header)]) -> Result<()> {
    let made = |header: &Header| (header.shard_bits, header.has_region);
    let mut kinds = headers.iter().map(|(_, header)| made(header));
    let first = kinds.next();
    if let Some(at) = kinds.position(|kind| Some(kind) != first) {
        bail!(
            "{} is of another run of hashgen: hash the roll again",
            headers[at + 1].0.display()
        );
    }
    let regional = matches!(ballot.kind, BallotKind::Election(_));
    if regional && headers.iter().any(|(_, header)| !header.has_region) {
        bail!(
            "ballot {} is an election by region, but its voters have none: hash the roll with its region column",
            ballot.id
        );
    }
    Ok(())
}

fn read_header(path: &Path, ballot: &BallotId, shard: u32) -> Result<Header> {
    let at = || format!("digest set {}", path.display());
    let reader = DigestSetReader::open(path).with_context(at)?;
    let header = reader.header().clone();
    if header.ballot != *ballot || header.shard != shard {
        bail!(
            "{} holds shard {} of ballot {}, its name says shard {shard} of {ballot}: copy it again",
            path.display(),
            header.shard,
            header.ballot
        );
    }
    Ok(header)
}
