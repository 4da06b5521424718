//! `tally rebuild`: empties a database and fills it from the ledger, because rows are derived.

use std::sync::Arc;

use crate::cli::Rebuild;
use crate::feed::Source;
use crate::inputs::{read_mask_hand, read_target};
use crate::postgres::{Until, Writer, empty};
use crate::recount::open_inputs;

/// Empties every table of Scrutin and writes them again up to the ledger's end.
pub(crate) fn run(args: &Rebuild) -> anyhow::Result<()> {
    let (package, directory) = open_inputs(&args.ledger)?;
    // Looked at before anything is emptied.
    directory.partitions()?;
    directory.check_checkpoints()?;
    let hand = read_mask_hand(&args.hand, package.event())?;
    if hand.is_none() {
        commandline::note!("note: no --mask, so the database gets no counts");
    }
    let target = read_target(&args.postgres, &args.postgres_files)?;
    let writer = Writer {
        target: target.clone(),
        source: Source::Directory(directory),
        package,
        hand,
        progress: Arc::default(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        empty(&target).await?;
        writer.run(Until::CaughtUp).await
    })?;
    let progress = writer
        .progress
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
        .clone();
    for (partition, sequence) in &progress.heads {
        commandline::print_line!("partition {partition}: rebuilt up to frame {sequence}")?;
    }
    let votes = commandline::count(progress.votes, "vote");
    commandline::print_line!("{votes} in {}", target.name())?;
    Ok(())
}
