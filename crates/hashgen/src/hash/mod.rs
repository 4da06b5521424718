//! `hashgen hash`: a voter roll to one digest set per ballot.

mod event;
mod intake;
mod pass;
mod plan;
mod report;
mod voter;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use commandline::note;
use credentials::{BallotId, Hasher, Nas, Scheme};
use durable::output::OutputDir;
use election::Event;

use crate::byte_size::ByteSize;
use crate::progress::Progress;
use crate::roll::{ColumnMap, EMPTY_ROLL, Header, Source};
use crate::roll_key::read_key;
use crate::seen::Seen;
use crate::sets::{self, Duplicates, SetKind};
use crate::sorter::{Sorter, spill_dir};
use crate::usage::Usage;

pub use report::{Basis, Report, RollVerdict};
pub use voter::{HashedChunk, Luhn, Regions, RowHasher};

use intake::{Intake, Totals};
use plan::Plan;

/// Hash a voter roll: one digest set per ballot, and a report to sign.
///
/// The roll is CSV with a header; delimiter (, ; or tab), quotation marks, a byte order mark, CR LF,
/// gzip and zstd are recognised. NAS and codes stay in memory and are wiped; only digests and line
/// numbers are written.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:
  hashgen hash --roll roll.csv --ballot L2025-001 --key roll.key --out digests/
  hashgen hash --roll roll.csv.zst --election election.toml --key roll.key --out digests/
  gpg -d roll.csv.gpg | hashgen hash --roll - --ballot L2025-001 --key roll.key --out digests/
  hashgen hash --roll liste.csv --columns nas=NAS,code=Code,region=Circonscription \\
      --ballot L2025-001 --key roll.key --out digests/ --max-rejects 20")]
pub struct Args {
    /// The voter roll, or - for standard input
    #[arg(long, value_name = "FILE")]
    roll: PathBuf,
    /// Law id or election code to hash for; repeat for several (default: all of --election)
    #[arg(long = "ballot", value_name = "ID")]
    ballots: Vec<BallotId>,
    /// The event definition: names the ballots, and the regions by number and code
    #[arg(long, value_name = "FILE")]
    election: Option<PathBuf>,
    /// The roll key, as made by hashgen keygen
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// hmac-sha256, or sha256 for existing hash databases
    #[arg(long, value_name = "SCHEME", default_value = "hmac-sha256")]
    scheme: Scheme,
    /// Directory to write the digest sets and the report into
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Which header names are NAS, code and region
    #[arg(long, value_name = "nas=N,code=C,region=R", default_value = "")]
    columns: String,
    /// What to do about a NAS with a wrong check digit
    #[arg(long, value_enum, default_value_t)]
    luhn: Luhn,
    /// How many rejected rows to accept; with more, only the report is written
    ///
    /// The default refuses a roll with any fault: a voter left out can then not go unnoticed.
    #[arg(long, value_name = "N", default_value_t = 0)]
    max_rejects: u64,
    /// Bound on memory; larger rolls spill sorted digests beside the output
    #[arg(long, value_name = "SIZE", default_value = "1GiB")]
    memory: ByteSize,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    /// Replace the output where it exists
    #[arg(long)]
    force: bool,
}

/// Hashes the roll, writes the digest sets and prints the report.
pub fn run(args: &Args) -> Result<()> {
    let hasher = hasher(args.scheme, args.key.as_deref())?;
    let (scheme, key_id) = (hasher.scheme(), hasher.key_id());
    let event = args.election.as_deref().map(event::load).transpose()?;
    let ballots = event::ballots(event.as_ref(), &args.ballots)?;
    let map = column_map(&args.columns)?;
    let out = OutputDir::create(&args.out, args.force)?;
    let hashed = hash_roll(args, hasher, event.as_ref(), &ballots, &map)?;
    let basis = Basis {
        scheme,
        key_id,
        columns_ignored: hashed.columns_ignored,
        luhn: args.luhn,
        max_rejects: args.max_rejects,
    };
    let mut report = Report::new(&hashed.totals, basis);
    if report.rows_read == 0 {
        anyhow::bail!("{}: {EMPTY_ROLL}", hashed.name);
    }
    if report.outcome == RollVerdict::Refused {
        return refuse(args, &report, &hashed.name);
    }
    let kind = SetKind {
        scheme,
        key_id,
        has_region: hashed.has_region,
    };
    let sorted = hashed.sorters.into_iter().map(Sorter::finish);
    let sorted: Vec<_> = ballots
        .into_iter()
        .zip(sorted.collect::<Result<Vec<_>>>()?)
        .collect();
    report.ballots = sets::write_all(
        out.aside(),
        &sorted,
        kind,
        Duplicates::Refuse,
        hashed.write_bytes,
    )?;
    report.write_into(out.aside())?;
    warn(&report, &hashed.totals, &hashed.name);
    // Totals that nobody can read are worth no digests.
    print(args, &report)?;
    Ok(out.finish()?)
}

fn column_map(written: &str) -> Result<ColumnMap> {
    if written.is_empty() {
        return Ok(ColumnMap::default());
    }
    written
        .parse()
        .map_err(|error| Usage(format!("--columns: {error}")).into())
}

/// What one pass over the roll leaves.
struct HashedRoll {
    /// The roll, as messages name it.
    name: String,
    /// Whether the roll has a column of regions.
    has_region: bool,
    columns_ignored: Vec<String>,
    /// The records of each ballot, in the order of the ballots.
    sorters: Vec<Sorter>,
    totals: Totals,
    /// Bytes that writing the sets may take, now that the pass is over.
    write_bytes: u64,
}

/// Reads the roll once, and hashes every row for all ballots.
fn hash_roll(
    args: &Args,
    hasher: Hasher,
    event: Option<&Event>,
    ballots: &[BallotId],
    map: &ColumnMap,
) -> Result<HashedRoll> {
    // Before any thread starts: the C library reserves address space for each of them, and under a
    // limit (ulimit -v) this one large piece must come first.
    let seen = Seen::new(Nas::NUMBERS)?;
    let source = Source::open(&args.roll)?;
    let threads = rayon::current_num_threads();
    let plan = Plan::new(args.memory, ballots.len(), threads, source.window_bytes)
        .map_err(|error| Usage(error.to_string()))?;
    let name = source.name.clone();
    let progress = Progress::new(source.len, source.consumed());
    let (header, mut reader) = Header::read(source)?;
    let (columns, columns_ignored) = header
        .columns(map)
        .with_context(|| format!("{name}, line 1"))?;
    if columns.region.is_none() {
        event::refuse_without_regions(event, ballots, &name)?;
    }
    let rows = RowHasher {
        hasher,
        ballots: ballots.to_vec(),
        columns,
        regions: event.map_or(Ok(Regions::Any), event::regions)?,
        luhn: args.luhn,
        delimiter: header.delimiter,
    };
    let sorters = ballots
        .iter()
        .map(|_| Sorter::new(plan.records_per_run, spill_dir(&args.out)));
    let mut intake = Intake::new(seen, sorters.collect::<Result<_>>()?);
    let count = plan.chunks_per_group;
    pass::run(&mut reader, &rows, &mut intake, count, |n| progress.rows(n))
        .with_context(|| name.clone())?;
    progress.finish();
    let (sorters, totals) = intake.finish();
    Ok(HashedRoll {
        name,
        has_region: columns.region.is_some(),
        columns_ignored,
        sorters,
        totals,
        write_bytes: plan.write_bytes,
    })
}

fn hasher(scheme: Scheme, key: Option<&Path>) -> Result<Hasher> {
    match (scheme, key) {
        (Scheme::HmacSha256, Some(path)) => Ok(Hasher::hmac(&read_key(path)?)),
        (Scheme::HmacSha256, None) => Err(Usage(
            "scheme hmac-sha256 needs --key roll.key: make one with hashgen keygen --out roll.key"
                .to_owned(),
        )
        .into()),
        (Scheme::Sha256, None) => Ok(Hasher::sha256()),
        (Scheme::Sha256, Some(_)) => {
            Err(Usage("scheme sha256 uses no key: leave out --key or --scheme".to_owned()).into())
        }
    }
}

/// Writes the report alone, beside the output that there will not be.
fn refuse(args: &Args, report: &Report, name: &str) -> Result<()> {
    let mut path = OsString::from(args.out.components().as_path());
    path.push(".refused");
    let path = PathBuf::from(path);
    // The report of an earlier refusal is out of date: it is replaced.
    let dir = OutputDir::create(&path, true)?;
    report.write_into(dir.aside())?;
    dir.finish()?;
    print(args, report)?;
    anyhow::bail!(
        "{name}: {} of {} rows are rejected, --max-rejects allows {}; no digests were written; \
         the lines and reasons are in {}: correct the roll, or allow as many",
        report.rows_rejected,
        report.rows_read,
        args.max_rejects,
        path.join(report::REJECTS_FILE).display()
    )
}

fn warn(report: &Report, totals: &Totals, name: &str) {
    if report.scheme == Scheme::Sha256 {
        note!(
            "warning: scheme sha256 has no key: whoever holds these digests and a NAS can try all \
             6-character codes in under a second; use it only where an existing system needs it"
        );
    }
    if !report.columns_ignored.is_empty() {
        note!(
            "note: {name}: columns not used: {}",
            report.columns_ignored.join(", ")
        );
    }
    for (reason, count) in &totals.warnings_by_reason {
        note!(
            "warning: {name}: {}: {}",
            commandline::count(*count, "row"),
            reason.explanation()
        );
    }
}

fn print(args: &Args, report: &Report) -> Result<()> {
    let text = if args.json {
        serde_json::to_string_pretty(report)? + "\n"
    } else {
        report.totals()
    };
    Ok(commandline::print(text)?)
}
