//! Writes the digest sets of all ballots below one directory, shards in parallel.

use std::fs::{self, File};
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use credentials::digestset::{DigestSetWriter, Header, RECORD_LEN, Record, file_path};
use credentials::{BallotId, KeyId, Scheme, shard_bits_for};
use rayon::prelude::*;
use serde::Serialize;

use crate::sorter::Sorted;

/// What all digest sets of one directory have in common.
#[derive(Debug, Clone, Copy)]
pub struct SetKind {
    /// How the digests were made.
    pub scheme: Scheme,
    /// The roll key under which they were made; none under scheme `sha256`.
    pub key_id: Option<KeyId>,
    /// Whether the records have regions.
    pub has_region: bool,
}

/// One ballot's digest sets, as the report tells them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BallotSummary {
    /// The ballot that these credentials may vote on.
    pub ballot: BallotId,
    /// Credentials that may vote on it.
    pub credentials: u64,
    /// Digests that occurred more than once in an import; the others were dropped.
    pub duplicates: u64,
    /// Shards, each a file of its own.
    pub shards: u32,
}

/// Whether equal digests are one credential (ready digests) or a fault (a roll).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duplicates {
    /// Keep one of them.
    Drop,
    /// Stop with an error: chance does not make two digests equal.
    Refuse,
}

/// Writes all shards of all ballots; `memory` bounds what is loaded back from disk at one time.
pub fn write_all(
    dir: &Path,
    ballots: &[(BallotId, Sorted)],
    kind: SetKind,
    duplicates: Duplicates,
    memory: u64,
) -> Result<Vec<BallotSummary>> {
    ballots
        .iter()
        .map(|(ballot, sorted)| {
            let shard_bits = shard_bits_for(sorted.total() as u64);
            let path = dir.join(ballot.as_str());
            fs::create_dir(&path).with_context(|| format!("cannot create {}", path.display()))?;
            let work = Work {
                dir,
                ballot,
                sorted,
                kind,
                duplicates,
                shard_bits,
            };
            let written = work.write_shards(memory)?;
            assert!(
                duplicates == Duplicates::Drop || written == sorted.total() as u64,
                "ballot {ballot}: {written} of {} records were written",
                sorted.total()
            );
            Ok(BallotSummary {
                ballot: ballot.clone(),
                credentials: written,
                duplicates: sorted.total() as u64 - written,
                shards: 1 << shard_bits,
            })
        })
        .collect()
}

struct Work<'a> {
    dir: &'a Path,
    ballot: &'a BallotId,
    sorted: &'a Sorted,
    kind: SetKind,
    duplicates: Duplicates,
    shard_bits: u8,
}

impl Work<'_> {
    /// Writes every shard; the number of records written.
    fn write_shards(&self, memory: u64) -> Result<u64> {
        let shards: Vec<u32> = (0..1 << self.shard_bits).collect();
        let at_once = self.shards_at_once(&shards, memory)?;
        let mut written = 0;
        for together in shards.chunks(at_once) {
            let counts = together.par_iter().map(|shard| self.write_shard(*shard));
            written += counts.try_reduce(|| 0, |a, b| Ok(a + b))?;
        }
        Ok(written)
    }

    /// How many shards may be loaded at the same time.
    fn shards_at_once(&self, shards: &[u32], memory: u64) -> Result<usize> {
        if !self.sorted.spilled() {
            return Ok(shards.len());
        }
        let len =
            |shard: &u32| (self.sorted.shard_len(self.shard_bits, *shard) * RECORD_LEN) as u64;
        let largest = shards.iter().map(len).fold(1, u64::max);
        ensure!(
            largest <= memory,
            "the digests of {} are spread so unevenly that one shard takes {largest} bytes: \
             are they hashes? if so, give a --memory larger than that",
            self.ballot
        );
        let fitting = (memory / largest).min(shards.len() as u64);
        Ok(usize::try_from(fitting).expect("at most the number of shards"))
    }

    fn write_shard(&self, shard: u32) -> Result<u64> {
        let path = self.dir.join(file_path(self.ballot, shard));
        self.sorted
            .with_shard(self.shard_bits, shard, |records| {
                self.write_file(&path, shard, records)
            })
            .with_context(|| format!("cannot write {}: is the disk full?", path.display()))
    }

    fn write_file(&self, path: &Path, shard: u32, records: &[Record]) -> Result<u64> {
        let repeats = |pair: &[Record; 2]| pair[0].digest == pair[1].digest;
        let repeated = records.array_windows().filter(|pair| repeats(pair)).count();
        ensure!(
            repeated == 0 || self.duplicates == Duplicates::Drop,
            "two voters have one digest, which chance does not do: check the roll key"
        );
        let header = Header {
            ballot: self.ballot.clone(),
            scheme: self.kind.scheme,
            key_id: self.kind.key_id,
            has_region: self.kind.has_region,
            shard_bits: self.shard_bits,
            shard,
            count: (records.len() - repeated) as u64,
        };
        // The output directory syncs every file before it takes its name.
        let mut writer = DigestSetWriter::create(File::create_new(path)?, header)?;
        let mut last = None;
        for record in records {
            if last != Some(record.digest) {
                writer.push(*record)?;
            }
            last = Some(record.digest);
        }
        let (_, summary) = writer.finish()?;
        Ok(summary.count)
    }
}
