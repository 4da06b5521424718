//! Takes hashed rows in the order of the roll: repeated NAS, totals, and on to the sorters.

use std::collections::BTreeMap;

use anyhow::Result;
use credentials::digestset::Record;

use super::voter::{HashedChunk, HashedRow, Note, Reason};
use crate::seen::Seen;
use crate::sorter::Sorter;

/// Most rows that are listed by line: beyond it they are only counted. A roll with more faults
/// than this is mended at its source, not by line.
pub(super) const LISTED_MAX: usize = 100_000;

/// Everything that must happen row by row, in order. It decides which of two rows with one NAS is
/// the second, so it is not parallel.
pub(super) struct Intake {
    seen: Seen,
    sorters: Vec<Sorter>,
    totals: Totals,
}

/// Counts over the rows of a roll.
#[derive(Debug)]
pub(super) struct Totals {
    pub(super) accepted: u64,
    pub(super) rejected: u64,
    /// Rows not hashed, by reason.
    pub(super) rejected_by_reason: BTreeMap<Reason, u64>,
    /// Rows hashed with a warning, by reason.
    pub(super) warnings_by_reason: BTreeMap<Reason, u64>,
    /// The first rows with a note, in order.
    pub(super) listed: Vec<Listed>,
    /// Rows with a note that are not listed.
    pub(super) not_listed: u64,
    by_region: Vec<u64>,
}

/// A row that was rejected or warned of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Listed {
    /// Line on which it begins.
    pub(super) line: u64,
    /// Rejected or warned of, and why.
    pub(super) note: Note,
}

impl Intake {
    /// Begins with an empty set of all NAS and one sorter per ballot.
    pub(super) fn new(seen: Seen, sorters: Vec<Sorter>) -> Self {
        Self {
            seen,
            sorters,
            totals: Totals::new(),
        }
    }

    /// Takes the rows of a chunk.
    pub(super) fn take(&mut self, chunk: &HashedChunk) -> Result<()> {
        let mut digests = chunk.digests.chunks_exact(self.sorters.len());
        for row in &chunk.rows {
            if let Some(note @ Note::Rejected(_)) = row.note {
                self.totals.note(row.line, note);
                continue;
            }
            let digests = digests.next();
            let digests = digests.expect("the hasher gives every row its digests or rejects it");
            if !self.seen.insert(row.nas) {
                self.totals
                    .note(row.line, Note::Rejected(Reason::RepeatedNas));
                continue;
            }
            self.totals.accept(row);
            for (sorter, digest) in self.sorters.iter_mut().zip(digests) {
                sorter.push(Record {
                    digest: *digest,
                    region: row.region,
                })?;
            }
        }
        assert!(
            digests.next().is_none(),
            "the hasher gave more digests than rows that are not rejected"
        );
        Ok(())
    }

    /// Ends the pass; the record of who was seen is wiped.
    pub(super) fn finish(self) -> (Vec<Sorter>, Totals) {
        (self.sorters, self.totals)
    }
}

impl Totals {
    fn new() -> Self {
        Self {
            accepted: 0,
            rejected: 0,
            rejected_by_reason: BTreeMap::new(),
            warnings_by_reason: BTreeMap::new(),
            listed: Vec::new(),
            not_listed: 0,
            by_region: vec![0; usize::from(u16::MAX) + 1],
        }
    }

    /// Rows accepted by region, where there are regions.
    pub(super) fn regions(&self) -> impl Iterator<Item = (u16, u64)> {
        (1..=u16::MAX)
            .zip(self.by_region.iter().skip(1).copied())
            .filter(|(_, count)| *count > 0)
    }

    fn accept(&mut self, row: &HashedRow) {
        self.accepted += 1;
        self.by_region[usize::from(row.region)] += 1;
        if let Some(note) = row.note {
            self.note(row.line, note);
        }
    }

    fn note(&mut self, line: u64, note: Note) {
        match note {
            Note::Rejected(reason) => {
                self.rejected += 1;
                *self.rejected_by_reason.entry(reason).or_default() += 1;
            }
            Note::Warning(reason) => *self.warnings_by_reason.entry(reason).or_default() += 1,
        }
        if self.listed.len() < LISTED_MAX {
            self.listed.push(Listed { line, note });
        } else {
            self.not_listed += 1;
        }
    }
}
