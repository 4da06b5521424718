//! Sorts any number of records within a bound: sorted runs on disk, brought together by shard.
//!
//! A run holds digests and regions only, never a NAS or a code. It lies in a file that has no name,
//! beside the output: whatever happens to the program, the system removes it.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use credentials::MAX_SHARD_BITS;
use credentials::digestset::{RECORD_LEN, Record};
use rayon::prelude::*;

/// Runs are indexed by as many leading bits as can choose a shard.
const BUCKETS: usize = 1 << MAX_SHARD_BITS;

/// Spilled digests go beside the output, where there must be room for as much anyway.
pub fn spill_dir(out: &Path) -> &Path {
    match out.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Collects the records of one ballot in any order.
pub struct Sorter {
    records: Vec<Record>,
    capacity: usize,
    runs: Vec<Run>,
    spill: Option<File>,
    spill_len: u64,
    spill_dir: PathBuf,
}

/// The records of one ballot, ready to be taken shard by shard.
pub struct Sorted {
    records: Vec<Record>,
    runs: Vec<Run>,
    spill: Option<File>,
}

/// A sorted run in the spill file.
struct Run {
    /// Where it begins, in bytes.
    offset: u64,
    /// For each bucket, how many records of the run lie before it; then their whole number.
    bounds: Vec<u32>,
}

impl Sorter {
    /// A sorter that keeps at most `capacity` records in memory and spills into `spill_dir`.
    pub fn new(capacity: usize, spill_dir: &Path) -> Result<Self> {
        let mut records = Vec::new();
        // Address space only: memory is taken page by page as records come.
        records.try_reserve_exact(capacity).with_context(|| {
            format!("the system grants no memory for {capacity} records: lower --memory")
        })?;
        let spill_dir = spill_dir.to_owned();
        Ok(Self {
            records,
            capacity,
            runs: Vec::new(),
            spill: None,
            spill_len: 0,
            spill_dir,
        })
    }

    /// Adds a record; spills a sorted run first where memory is full.
    pub fn push(&mut self, record: Record) -> Result<()> {
        if self.records.len() == self.capacity {
            self.spill_run()?;
        }
        self.records.push(record);
        Ok(())
    }

    /// Ends the input and sorts what is in memory.
    pub fn finish(mut self) -> Result<Sorted> {
        if self.runs.is_empty() {
            sort(&mut self.records);
        } else {
            self.spill_run()?;
            self.records = Vec::new();
        }
        Ok(Sorted {
            records: self.records,
            runs: self.runs,
            spill: self.spill,
        })
    }

    fn spill_run(&mut self) -> Result<()> {
        sort(&mut self.records);
        let dir = &self.spill_dir;
        let what = || {
            format!(
                "cannot spill sorted digests into {}: is the disk full?",
                dir.display()
            )
        };
        let file = match &mut self.spill {
            Some(file) => file,
            none => none.insert(tempfile::tempfile_in(dir).with_context(what)?),
        };
        write_records(file, &self.records).with_context(what)?;
        self.runs.push(Run {
            offset: self.spill_len,
            bounds: bounds(&self.records),
        });
        self.spill_len += (self.records.len() * RECORD_LEN) as u64;
        self.records.clear();
        Ok(())
    }
}

impl Sorted {
    /// Whether shards must be loaded from disk.
    pub fn spilled(&self) -> bool {
        self.spill.is_some()
    }

    /// Records of a shard.
    pub fn shard_len(&self, shard_bits: u8, shard: u32) -> usize {
        match self.spill {
            None => self.shard_in_memory(shard_bits, shard).len(),
            Some(_) => self
                .runs
                .iter()
                .map(|run| run.range(buckets(shard_bits, shard)).len())
                .sum(),
        }
    }

    /// Number of records, in memory and on disk.
    pub fn total(&self) -> usize {
        self.shard_len(0, 0)
    }

    /// Calls `visit` with the records of a shard in ascending order.
    pub fn with_shard<T>(
        &self,
        shard_bits: u8,
        shard: u32,
        visit: impl FnOnce(&[Record]) -> Result<T>,
    ) -> Result<T> {
        match &self.spill {
            None => visit(self.shard_in_memory(shard_bits, shard)),
            Some(file) => {
                let mut records = Vec::with_capacity(self.shard_len(shard_bits, shard));
                for run in &self.runs {
                    let range = run.range(buckets(shard_bits, shard));
                    read_records(file, run.offset, range, &mut records)
                        .context("cannot read back the sorted digests")?;
                }
                sort(&mut records);
                visit(&records)
            }
        }
    }

    fn shard_in_memory(&self, shard_bits: u8, shard: u32) -> &[Record] {
        let below = |shard: u32| {
            self.records
                .partition_point(|record| record.digest.shard(shard_bits) < shard)
        };
        &self.records[below(shard)..below(shard + 1)]
    }
}

impl Run {
    /// The records of a range of buckets, by number within the run.
    fn range(&self, buckets: Range<usize>) -> Range<u32> {
        self.bounds[buckets.start]..self.bounds[buckets.end]
    }
}

/// By digest; equal digests by region, so that the order is the same on every machine.
fn sort(records: &mut [Record]) {
    records.par_sort_unstable_by_key(|r| (u128::from_be_bytes(r.digest.0), r.region));
}

fn buckets(shard_bits: u8, shard: u32) -> Range<usize> {
    let width = BUCKETS >> shard_bits.min(MAX_SHARD_BITS);
    let start = shard as usize * width;
    start..start + width
}

fn bounds(records: &[Record]) -> Vec<u32> {
    let mut bounds = vec![0; BUCKETS + 1];
    for record in records {
        bounds[record.digest.shard(MAX_SHARD_BITS) as usize + 1] += 1;
    }
    let mut before = 0;
    for bound in &mut bounds {
        before += *bound;
        *bound = before;
    }
    bounds
}

fn write_records(file: &File, records: &[Record]) -> io::Result<()> {
    let mut writer = BufWriter::with_capacity(64 * 1024, file);
    records
        .iter()
        .try_for_each(|record| writer.write_all(&record.to_bytes()))?;
    writer.flush()
}

fn read_records(
    file: &File,
    offset: u64,
    range: Range<u32>,
    records: &mut Vec<Record>,
) -> io::Result<()> {
    const BATCH: usize = 3640; // 64 KiB
    let mut buffer = [0; BATCH * RECORD_LEN];
    let mut at = offset + u64::from(range.start) * RECORD_LEN as u64;
    let mut left = range.len();
    while left > 0 {
        let batch = &mut buffer[..left.min(BATCH) * RECORD_LEN];
        file.read_exact_at(batch, at)?;
        records.extend(batch.as_chunks().0.iter().map(Record::from_bytes));
        at += batch.len() as u64;
        left -= batch.len() / RECORD_LEN;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use credentials::Digest;
    use proptest::prelude::*;

    fn check(digests: &[[u8; 16]], capacity: usize, shard_bits: u8) {
        let dir = tempfile::tempdir().unwrap();
        let mut sorter = Sorter::new(capacity, dir.path()).unwrap();
        let record = |d: &[u8; 16]| Record {
            digest: Digest(*d),
            region: u16::from(d[15]),
        };
        digests
            .iter()
            .try_for_each(|digest| sorter.push(record(digest)))
            .unwrap();
        let sorted = sorter.finish().unwrap();
        assert_eq!(sorted.spilled(), digests.len() > capacity);
        assert_eq!(sorted.total(), digests.len());
        let mut got = Vec::new();
        for shard in 0..1 << shard_bits {
            let len = sorted.shard_len(shard_bits, shard);
            let visit = |records: &[Record]| {
                assert_eq!(records.len(), len);
                assert!(records.iter().all(|r| r.digest.shard(shard_bits) == shard));
                got.extend_from_slice(records);
                Ok(())
            };
            sorted.with_shard(shard_bits, shard, visit).unwrap();
        }
        let mut expected: Vec<_> = digests.iter().map(record).collect();
        expected.sort();
        assert_eq!(got, expected);
        assert_eq!(
            std::fs::read_dir(dir.path()).unwrap().count(),
            0,
            "the spill file has a name"
        );
    }

    proptest! {
        #[test]
        fn spilled_or_not_the_order_is_the_same(
            digests in proptest::collection::vec(any::<[u8; 16]>(), 0..300),
            capacity in 1..400_usize,
            shard_bits in 0..=MAX_SHARD_BITS,
        ) {
            check(&digests, capacity, shard_bits);
        }
    }

    #[test]
    fn a_run_longer_than_the_read_buffer() {
        let digest = |i: u32| {
            let mut digest = [0; 16];
            digest[..4].copy_from_slice(&i.wrapping_mul(2_654_435_761).to_be_bytes());
            digest
        };
        let digests: Vec<_> = (0..20_000).map(digest).collect();
        check(&digests, 9_000, 1);
    }
}
