//! Rows for spreadsheets and auditors, written one by one: `tally export` and the API's exports.
//!
//! Rows are in the order of digests within a ballot, and an accepted vote has no time: an export must
//! not say more about a voter than the ledger does.

use std::io::Write;

use election::instant_text;
use serde::Serialize;
use shards::Rot;

use crate::ballot_count::BallotCount;
use crate::counts::choice_text;
use crate::export_kind::{Format, What};
use crate::ledger_count::LedgerCount;
use crate::package_roll::PackageRoll;
use crate::roll::Roll;

/// Grain of the times of repeated submissions.
const MINUTE_MS: i64 = 60_000;

/// What rows are made from.
#[derive(Clone, Copy)]
pub(crate) struct Exported<'a> {
    pub(crate) package: &'a PackageRoll,
    pub(crate) count: &'a LedgerCount,
}

impl Exported<'_> {
    /// Of each row, which may be copied alone.
    fn signature(self) -> &'static str {
        self.package.signature().name()
    }

    /// Writes all rows of a kind.
    ///
    /// # Errors
    /// Those of `out`.
    pub(crate) fn write(
        self,
        what: What,
        format: Format,
        out: &mut dyn Write,
    ) -> anyhow::Result<()> {
        let mut rows = Rows::new(format, out);
        match what {
            What::Results => results(self, &mut rows)?,
            What::Audit => audit(self, &mut rows)?,
            What::Duplicates => duplicates(self, &mut rows)?,
            What::Turnout => turnout(self, &mut rows)?,
        }
        rows.finish()
    }
}

#[derive(Serialize)]
struct ResultRow<'a> {
    ballot_id: &'a str,
    /// 0: the roll names no region.
    region_id: u16,
    choice: String,
    votes: u64,
    package_signature: &'static str,
}

#[derive(Serialize)]
struct AuditRow<'a> {
    ballot_id: &'a str,
    /// Empty where the status is invalid: no credential was named.
    digest: String,
    status: &'static str,
    reason: &'static str,
    attempts: u64,
    package_signature: &'static str,
}

#[derive(Serialize)]
struct DuplicateRow<'a> {
    ballot_id: &'a str,
    digest: String,
    /// All submissions, the accepted one included.
    attempt_count: u64,
    first_duplicate_at: String,
    last_duplicate_at: String,
    package_signature: &'static str,
}

#[derive(Serialize)]
struct TurnoutRow<'a> {
    ballot_id: &'a str,
    region_id: u16,
    hour: String,
    votes: u64,
    package_signature: &'static str,
}

/// Index, id and count of every ballot.
fn ballots<'a>(exported: Exported<'a>) -> impl Iterator<Item = (u16, &'a str, &'a BallotCount)> {
    let counts = &exported.count.ballots;
    let ballots = exported.package.event().ballots().iter().zip(counts);
    ballots.map(|(ballot, count)| (ballot.index.0, ballot.id.as_str(), count))
}

fn results(exported: Exported<'_>, rows: &mut Rows<'_>) -> anyhow::Result<()> {
    for (at, ballot_id, _) in ballots(exported) {
        let ballot = &exported.package.event().ballots()[usize::from(at)];
        for (region, counts) in exported.count.counts_by_region(ballot) {
            for (choice, votes) in counts.iter() {
                let choice = choice_text(choice);
                rows.push(&ResultRow {
                    ballot_id,
                    region_id: region,
                    choice,
                    votes,
                    package_signature: exported.signature(),
                })?;
            }
        }
    }
    Ok(())
}

fn audit(exported: Exported<'_>, rows: &mut Rows<'_>) -> anyhow::Result<()> {
    for (ballot, ballot_id, count) in ballots(exported) {
        for (shard, ordinal) in count.voters() {
            let digest = digest(exported, ballot, shard, ordinal)?;
            let (status, reason, attempts) = ("accepted", "", 1);
            rows.push(&AuditRow {
                ballot_id,
                digest: digest.clone(),
                status,
                reason,
                attempts,
                package_signature: exported.signature(),
            })?;
            if let Some(repeats) = count.repeats.get(&(shard, ordinal)) {
                let (status, attempts) = ("duplicate", repeats.count);
                rows.push(&AuditRow {
                    ballot_id,
                    digest,
                    status,
                    reason,
                    attempts,
                    package_signature: exported.signature(),
                })?;
            }
        }
    }
    for ((ballot, reason), attempts) in &exported.count.invalid {
        let ballot = ballot.and_then(|at| exported.package.event().ballots().get(usize::from(at)));
        let ballot_id = ballot.map_or("", |ballot| ballot.id.as_str());
        let (digest, status) = (String::new(), "invalid");
        let row = AuditRow {
            ballot_id,
            digest,
            status,
            reason: reason.name(),
            attempts: *attempts,
            package_signature: exported.signature(),
        };
        rows.push(&row)?;
    }
    Ok(())
}

fn duplicates(exported: Exported<'_>, rows: &mut Rows<'_>) -> anyhow::Result<()> {
    for (ballot, ballot_id, count) in ballots(exported) {
        for ((shard, ordinal), repeats) in &count.repeats {
            rows.push(&DuplicateRow {
                ballot_id,
                digest: digest(exported, ballot, *shard, *ordinal)?,
                attempt_count: repeats.count + 1,
                first_duplicate_at: minute(repeats.first_ms),
                last_duplicate_at: minute(repeats.last_ms),
                package_signature: exported.signature(),
            })?;
        }
    }
    Ok(())
}

fn turnout(exported: Exported<'_>, rows: &mut Rows<'_>) -> anyhow::Result<()> {
    for (_, ballot_id, count) in ballots(exported) {
        for ((region_id, hour), votes) in &count.turnout {
            let (region_id, hour, votes) = (*region_id, instant_text(*hour), *votes);
            rows.push(&TurnoutRow {
                ballot_id,
                region_id,
                hour,
                votes,
                package_signature: exported.signature(),
            })?;
        }
    }
    Ok(())
}

/// The minute of a repeated submission. Finer, it would meet the public `updated_at` of the results.
fn minute(ms: i64) -> String {
    instant_text(ms - ms.rem_euclid(MINUTE_MS))
}

fn digest(exported: Exported<'_>, ballot: u16, shard: u32, ordinal: u32) -> Result<String, Rot> {
    let digest = exported.package.digest(ballot, shard, ordinal)?;
    let digest = digest.expect("the fold has refused credentials that are not on the roll");
    Ok(digest.to_string())
}

/// Rows in one of the two forms.
enum Rows<'a> {
    Csv(Box<csv::Writer<&'a mut dyn Write>>),
    Json { out: &'a mut dyn Write, first: bool },
}

impl<'a> Rows<'a> {
    fn new(format: Format, out: &'a mut dyn Write) -> Rows<'a> {
        match format {
            Format::Csv => Rows::Csv(Box::new(csv::Writer::from_writer(out))),
            Format::Json => Rows::Json { out, first: true },
        }
    }

    fn push(&mut self, row: &impl Serialize) -> anyhow::Result<()> {
        match self {
            Rows::Csv(writer) => writer.serialize(row)?,
            Rows::Json { out, first } => {
                out.write_all(if *first { b"[\n" } else { b",\n" })?;
                *first = false;
                serde_json::to_writer(&mut **out, row)?;
            }
        }
        Ok(())
    }

    fn finish(self) -> anyhow::Result<()> {
        match self {
            Rows::Csv(mut writer) => writer.flush()?,
            Rows::Json { out, first } => out.write_all(if first { b"[]\n" } else { b"\n]\n" })?,
        }
        Ok(())
    }
}
