//! `tally count`: the recount from files alone.

use crate::cli::Count;
use crate::documents::ReportDocument;
use crate::inputs::read_mask_hand;
use crate::recount::{Recount, open_readers_inputs};
use crate::table;

/// Prints every ballot's totals as a table, or JSON.
pub(crate) fn run(args: &Count) -> anyhow::Result<()> {
    let (package, directory) = open_readers_inputs(&args.ledger)?;
    let hand = read_mask_hand(&args.hand, package.event())?;
    let recount = Recount::read(package, directory, hand.as_ref())?;
    let event = recount.package.event();
    let report = recount.report()?;
    if args.json {
        let document = ReportDocument::of(event, &report);
        commandline::print_line!("{}", serde_json::to_string_pretty(&document)?)?;
    } else {
        commandline::print(report.signature.mark(&table::render(event, &report)))?;
    }
    Ok(())
}
