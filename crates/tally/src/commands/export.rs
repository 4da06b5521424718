//! `tally export`: rows for spreadsheets and auditors, written one by one.
//!
//! Rows stand in digest order within a ballot, and an accepted vote carries no time: a file of
//! exports must not say more about who and what than the ledger does.

use std::io::{self, BufWriter, Write};

use anyhow::ensure;
use durable::output::OutputFile;
use serde::Serialize;

use crate::cli::{Export, Format, What};
use crate::counts::choice_text;
use crate::inputs::read_box_key;
use crate::recount::{Recount, open_inputs};
use crate::state::{BallotState, Roll};
use crate::time_text::rfc3339;

/// Reads the ledger and writes the rows to `--out`, or standard output.
pub(crate) fn run(args: &Export) -> anyhow::Result<()> {
    ensure!(
        args.what != What::Results || args.box_key.is_some(),
        "results are sealed: name the box key with --box"
    );
    // Refused before the long part.
    let file = args
        .out
        .as_ref()
        .map(|path| OutputFile::create(path, args.force))
        .transpose()?;
    let (package, directory) = open_inputs(&args.ledger)?;
    let key = args
        .box_key
        .as_ref()
        .map(|path| read_box_key(path, package.event()))
        .transpose()?;
    let recount = Recount::read(package, directory, key.as_ref())?;
    match file {
        Some(mut file) => {
            write(&recount, args, &mut file)?;
            Ok(file.finish()?)
        }
        None => {
            let mut out = BufWriter::new(io::stdout().lock());
            write(&recount, args, &mut out)?;
            Ok(out.flush()?)
        }
    }
}

fn write(recount: &Recount, args: &Export, out: &mut dyn Write) -> anyhow::Result<()> {
    let mut rows = Rows::new(args.format, out);
    match args.what {
        What::Results => results(recount, &mut rows)?,
        What::Audit => audit(recount, &mut rows)?,
        What::Duplicates => duplicates(recount, &mut rows)?,
        What::Turnout => turnout(recount, &mut rows)?,
    }
    rows.finish()
}

#[derive(Serialize)]
struct ResultRow<'a> {
    ballot_id: &'a str,
    /// 0: the roll names no region.
    region_id: u16,
    choice: String,
    votes: u64,
}

#[derive(Serialize)]
struct AuditRow<'a> {
    ballot_id: &'a str,
    /// Empty where the status is invalid: no credential was named.
    digest: String,
    status: &'static str,
    reason: &'static str,
    attempts: u64,
}

#[derive(Serialize)]
struct DuplicateRow<'a> {
    ballot_id: &'a str,
    digest: String,
    /// All submissions, the accepted one included.
    attempt_count: u64,
    first_duplicate_at: String,
    last_duplicate_at: String,
}

#[derive(Serialize)]
struct TurnoutRow<'a> {
    ballot_id: &'a str,
    region_id: u16,
    hour: String,
    votes: u64,
}

/// Every ballot with its state.
fn ballots(recount: &Recount) -> impl Iterator<Item = (u16, &str, &BallotState)> {
    let states = &recount.state.ballots;
    let ballots = recount.package.event().ballots().iter().zip(states);
    ballots.map(|(ballot, state)| (ballot.index.0, ballot.id.as_str(), state))
}

fn results(recount: &Recount, rows: &mut Rows<'_>) -> anyhow::Result<()> {
    for (_, ballot_id, state) in ballots(recount) {
        for (region, counts) in &state.regions {
            for (choice, votes) in counts.iter() {
                let choice = choice_text(choice);
                rows.push(&ResultRow {
                    ballot_id,
                    region_id: *region,
                    choice,
                    votes,
                })?;
            }
        }
    }
    Ok(())
}

fn audit(recount: &Recount, rows: &mut Rows<'_>) -> anyhow::Result<()> {
    for (ballot, ballot_id, state) in ballots(recount) {
        for (shard, ordinal) in state.voters() {
            let digest = digest(recount, ballot, shard, ordinal);
            let (status, reason, attempts) = ("accepted", "", 1);
            rows.push(&AuditRow {
                ballot_id,
                digest: digest.clone(),
                status,
                reason,
                attempts,
            })?;
            if let Some(repeats) = state.repeats.get(&(shard, ordinal)) {
                let (status, attempts) = ("duplicate", repeats.count);
                rows.push(&AuditRow {
                    ballot_id,
                    digest,
                    status,
                    reason,
                    attempts,
                })?;
            }
        }
    }
    for ((ballot, reason), attempts) in &recount.state.invalid {
        let ballot = ballot.and_then(|at| recount.package.event().ballots().get(usize::from(at)));
        let ballot_id = ballot.map_or("", |ballot| ballot.id.as_str());
        let (digest, status) = (String::new(), "invalid");
        let row = AuditRow {
            ballot_id,
            digest,
            status,
            reason: reason.name(),
            attempts: *attempts,
        };
        rows.push(&row)?;
    }
    Ok(())
}

fn duplicates(recount: &Recount, rows: &mut Rows<'_>) -> anyhow::Result<()> {
    for (ballot, ballot_id, state) in ballots(recount) {
        for ((shard, ordinal), repeats) in &state.repeats {
            rows.push(&DuplicateRow {
                ballot_id,
                digest: digest(recount, ballot, *shard, *ordinal),
                attempt_count: repeats.count + 1,
                first_duplicate_at: rfc3339(repeats.first_ms),
                last_duplicate_at: rfc3339(repeats.last_ms),
            })?;
        }
    }
    Ok(())
}

fn turnout(recount: &Recount, rows: &mut Rows<'_>) -> anyhow::Result<()> {
    for (_, ballot_id, state) in ballots(recount) {
        for ((region_id, hour), votes) in &state.turnout {
            let (region_id, hour, votes) = (*region_id, rfc3339(*hour), *votes);
            rows.push(&TurnoutRow {
                ballot_id,
                region_id,
                hour,
                votes,
            })?;
        }
    }
    Ok(())
}

fn digest(recount: &Recount, ballot: u16, shard: u32, ordinal: u32) -> String {
    let digest = recount.package.digest(ballot, shard, ordinal);
    digest.map_or_else(String::new, |digest| digest.to_string())
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
