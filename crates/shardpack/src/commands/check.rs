//! `shardpack check`: what voters will see, or every fault of the definition.

mod paper;
mod text;

use std::io::{self, Write};

use anyhow::{Result, bail};

use crate::args::CheckArgs;
use crate::definition;

pub(crate) fn run(args: &CheckArgs) -> Result<()> {
    let event = definition::read(&args.election)?;
    if let Some(region) = args.region
        && event.region(region).is_none()
    {
        bail!(
            "{} has no region {region}: name one of its {} regions by number",
            args.election.display(),
            event.regions.len()
        );
    }
    let mut out = io::stdout().lock();
    if args.json {
        out.write_all(&event.to_canonical_json())?;
        writeln!(out)?;
    } else {
        out.write_all(text::of_event(&event, args.region).as_bytes())?;
    }
    Ok(())
}
