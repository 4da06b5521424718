//! `tally export`: rows of a ledger on disk, into a file or to standard output; or its log or its site, into a directory.

use std::io::{BufWriter, Write};

use anyhow::{Context, ensure};
use commandline::StandardOutput;
use durable::output::OutputFile;

use super::{export_log, export_site};
use crate::cli::Export;
use crate::export_kind::{ExportKind, Format, What};
use crate::inputs::read_mask_hand;
use crate::recount::{Recount, open_readers_inputs};
use crate::rows::Exported;

/// Reads the ledger and writes the rows to `--out`, or standard output.
pub(crate) fn run(args: &Export) -> anyhow::Result<()> {
    ensure!(
        args.statement.is_empty() || args.what == ExportKind::Site,
        "only a site shows what a statement certifies: leave --statement out, or write --what site"
    );
    ensure!(
        args.format.is_none() || matches!(args.what, ExportKind::Rows(_)),
        "a log and a site have files of their own forms: leave --format out"
    );
    let what = match args.what {
        ExportKind::Rows(what) => what,
        ExportKind::Log => return export_log::run(args),
        ExportKind::Site => return export_site::run(args),
    };
    ensure!(
        what != What::Results || args.hand.mask.is_some(),
        "results are sealed: name the mask key with --mask, and the releases with --releases"
    );
    // Refused before the long part.
    let file = match &args.out {
        Some(path) => Some((path, OutputFile::create(path, args.force)?)),
        None => None,
    };
    let (package, directory) = open_readers_inputs(&args.ledger)?;
    let hand = read_mask_hand(&args.hand, package.event())?;
    let recount = Recount::read(package, directory, hand.as_ref())?;
    let exported = Exported {
        package: &recount.package,
        count: &recount.count,
    };
    let format = args.format.unwrap_or(Format::Csv);
    match file {
        Some((path, mut file)) => {
            let written = exported.write(what, format, &mut file);
            written.with_context(|| format!("cannot write {}", path.display()))?;
            Ok(file.finish()?)
        }
        None => {
            let mut out = BufWriter::new(StandardOutput::default());
            exported.write(what, format, &mut out)?;
            Ok(out.flush()?)
        }
    }
}
