//! What an official signs: rows read, accepted and rejected, by reason and by region.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use commandline::count;
use credentials::digestset::REPORT_FILE;
use credentials::{KeyId, Scheme};
use serde::Serialize;

use super::intake::{Listed, Totals};
use super::voter::{Luhn, Note, Reason};
use crate::sets::BallotSummary;

/// Name of the list of rejected rows, beside the report.
pub(super) const REJECTS_FILE: &str = "rejects.csv";

/// The report of one pass over a roll. Holds no NAS and no code.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Name and version of this format.
    pub format: &'static str,
    /// `hashed`, or `refused` where too many rows were rejected.
    pub outcome: RollVerdict,
    /// How the digests were made.
    pub scheme: Scheme,
    /// Id of the roll key.
    pub key_id: Option<KeyId>,
    /// The roll's columns that were not used.
    pub columns_ignored: Vec<String>,
    /// What was done about check digits.
    pub luhn: Luhn,
    /// How many rejected rows were allowed.
    pub max_rejects: u64,
    /// Rows below the header.
    pub rows_read: u64,
    /// Rows whose digests are in the sets.
    pub rows_accepted: u64,
    /// Rows that are in no set, each for a reason that is listed.
    pub rows_rejected: u64,
    /// Rows not hashed, by reason.
    pub rejected_by_reason: BTreeMap<&'static str, u64>,
    /// Rows hashed that someone should look at, by reason.
    pub warnings_by_reason: BTreeMap<&'static str, u64>,
    /// Rows accepted by region number; empty where the roll has no regions.
    pub accepted_by_region: BTreeMap<u16, u64>,
    /// The digest sets; empty where the roll was refused.
    pub ballots: Vec<BallotSummary>,
    /// The first rejected rows and warnings, by line.
    pub rows_listed: Vec<ListedRow>,
    /// Rejected rows and warnings beyond those listed.
    pub rows_not_listed: u64,
}

/// What became of the roll.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RollVerdict {
    /// Digest sets were written.
    Hashed,
    /// Nothing but the report was written.
    Refused,
}

/// One line of the list.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct ListedRow {
    line: u64,
    outcome: &'static str,
    reason: &'static str,
}

impl Report {
    /// Puts the totals of a pass into the report's form.
    pub(super) fn new(totals: &Totals, basis: Basis) -> Self {
        Self {
            format: "scrutin-hashgen-report-1",
            outcome: if totals.rejected > basis.max_rejects {
                RollVerdict::Refused
            } else {
                RollVerdict::Hashed
            },
            scheme: basis.scheme,
            key_id: basis.key_id,
            columns_ignored: basis.columns_ignored,
            luhn: basis.luhn,
            max_rejects: basis.max_rejects,
            rows_read: totals.accepted + totals.rejected,
            rows_accepted: totals.accepted,
            rows_rejected: totals.rejected,
            rejected_by_reason: by_name(&totals.rejected_by_reason),
            warnings_by_reason: by_name(&totals.warnings_by_reason),
            accepted_by_region: totals.regions().collect(),
            ballots: Vec::new(),
            rows_listed: totals.listed.iter().map(ListedRow::new).collect(),
            rows_not_listed: totals.not_listed,
        }
    }

    /// Writes `report.json` and `rejects.csv` into a directory.
    pub fn write_into(&self, dir: &Path) -> Result<()> {
        let mut json = serde_json::to_vec_pretty(self).context("cannot form the report")?;
        json.push(b'\n');
        write_new(&dir.join(REPORT_FILE), &json)?;
        let mut csv = String::from("line,outcome,reason,explanation\n");
        for row in &self.rows_listed {
            let explanation = Reason::ALL
                .iter()
                .find(|reason| reason.as_str() == row.reason);
            let explanation = explanation.map_or("", |reason| reason.explanation());
            // Writing to a String cannot fail.
            let _ = writeln!(
                csv,
                "{},{},{},{explanation}",
                row.line, row.outcome, row.reason
            );
        }
        write_new(&dir.join(REJECTS_FILE), csv.as_bytes())
    }

    /// The totals for reading and signing.
    pub(super) fn totals(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = self.write_totals(&mut text);
        text
    }

    fn write_totals(&self, out: &mut String) -> std::fmt::Result {
        let key = self
            .key_id
            .map_or_else(String::new, |id| format!(", roll key {id}"));
        writeln!(out, "scheme            {}{key}", self.scheme)?;
        writeln!(out, "rows read         {}", self.rows_read)?;
        writeln!(out, "rows accepted     {}", self.rows_accepted)?;
        writeln!(out, "rows rejected     {}", self.rows_rejected)?;
        for (reason, count) in &self.rejected_by_reason {
            writeln!(out, "  {reason:<15} {count}")?;
        }
        for (reason, count) in &self.warnings_by_reason {
            writeln!(out, "warning: {reason:<8} {count}")?;
        }
        for (region, count) in &self.accepted_by_region {
            writeln!(out, "region {region:<10} {count}")?;
        }
        for ballot in &self.ballots {
            let credentials = count(ballot.credentials, "credential");
            let shards = count(ballot.shards.into(), "shard");
            writeln!(
                out,
                "ballot {:<10} {credentials} in {shards}",
                ballot.ballot
            )?;
        }
        Ok(())
    }
}

/// What the report says besides totals.
pub struct Basis {
    /// How the digests are made.
    pub scheme: Scheme,
    /// Id of the roll key.
    pub key_id: Option<KeyId>,
    /// The roll's columns that were not used.
    pub columns_ignored: Vec<String>,
    /// What was done about check digits.
    pub luhn: Luhn,
    /// How many rejected rows are allowed.
    pub max_rejects: u64,
}

impl ListedRow {
    fn new(listed: &Listed) -> Self {
        let (outcome, reason) = match listed.note {
            Note::Rejected(reason) => ("rejected", reason),
            Note::Warning(reason) => ("warning", reason),
        };
        Self {
            line: listed.line,
            outcome,
            reason: reason.as_str(),
        }
    }
}

fn by_name(counts: &BTreeMap<Reason, u64>) -> BTreeMap<&'static str, u64> {
    counts
        .iter()
        .map(|(reason, count)| (reason.as_str(), *count))
        .collect()
}

fn write_new(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}
