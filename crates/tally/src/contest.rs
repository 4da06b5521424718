//! `tally contest`: one ranked contest from a file, whoever held it.
//!
//! The counting crate does everything; this reads the files and chooses the form of the answer.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use counting::case::{self, Case, FILE_BYTES_MAX};

/// Arguments of `tally contest`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tally contest contest.json                 # a table, round by round
  tally contest contest.json --json          # the result as fixtures/ranked/README.md describes it
  tally contest contest.blt --explain        # in words: who was elected or eliminated, and why
  tally contest contest.json --lots lots.json --format csv")]
pub(crate) struct ContestArgs {
    /// The contest: rcv-case/1 JSON, or BLT.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Drawn lots: a JSON array of {round, tied, picked, as}, added to those in the contest.
    #[arg(long, value_name = "FILE")]
    pub(crate) lots: Option<PathBuf>,
    /// Print JSON; the same as --format json.
    #[arg(long, conflicts_with_all = ["format", "explain"])]
    pub(crate) json: bool,
    /// Form of the result.
    #[arg(long, value_enum, default_value = "table", conflicts_with = "explain")]
    pub(crate) format: ContestFormat,
    /// Tell the count in words, round by round.
    #[arg(long)]
    pub(crate) explain: bool,
}

/// Form of a contest's result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ContestFormat {
    /// One block of text a round.
    Table,
    /// One JSON object, as fixtures/ranked/README.md describes it.
    Json,
    /// One row a round and candidate.
    Csv,
}

/// Counts the contest and prints the result; warnings go to standard error.
pub(crate) fn run(args: &ContestArgs) -> anyhow::Result<()> {
    let path = args.file.display();
    let mut case = Case::parse(&read(&args.file)?).with_context(|| format!("contest {path}"))?;
    if let Some(lots) = &args.lots {
        let bytes = read(lots)?;
        case.add_lots(&bytes)
            .with_context(|| format!("lots {}", lots.display()))?;
    }
    for warning in &case.warnings {
        commandline::note!("warning: {path}: {warning}");
    }
    let tabulation = case.tabulate().with_context(|| format!("contest {path}"))?;
    for lot in case::unused_lots(&case.lots, &tabulation) {
        commandline::note!(
            "warning: a lot for round {} decided nothing: no such tie arose",
            lot.round
        );
    }
    let text = if args.explain {
        case::explain(&case.contest, &tabulation)
    } else if args.json || args.format == ContestFormat::Json {
        case::json(&case.contest, &tabulation)
    } else if args.format == ContestFormat::Csv {
        case::csv(&case.contest, &tabulation)
    } else {
        case::table(&case.name, &case.contest, &tabulation)
    };
    Ok(commandline::print(text)?)
}

/// The bytes of a file, as far as a contest may be long: one byte more tells that it is longer.
fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let context = || format!("cannot read {}", path.display());
    let file = File::open(path).with_context(context)?;
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX as u64 + 1)
        .read_to_end(&mut bytes)
        .with_context(context)?;
    if bytes.is_empty() {
        bail!(
            "{} is empty: expected a contest in JSON or BLT",
            path.display()
        );
    }
    Ok(bytes)
}
