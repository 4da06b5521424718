//! `shardpack check`: what voters will see, or every fault of the definition.

mod companion_text;
mod paper;
mod text;

use anyhow::{Result, bail};

use crate::args::CheckArgs;
use crate::definition;

pub(crate) fn run(args: &CheckArgs) -> Result<()> {
    let brought = definition::read(&args.election)?;
    let event = &brought.event;
    if let Some(region) = args.region
        && event.region(region).is_none()
    {
        bail!(
            "{} has no region {region}: name one of its {} regions by number",
            args.election.display(),
            event.regions.len()
        );
    }
    if args.json {
        commandline::print(event.to_canonical_json())?;
        commandline::print("\n")?;
    } else {
        let mut page = text::of_event(event, args.region);
        if args.region.is_none() {
            page += &companion_text::of(&brought);
        }
        commandline::print(page)?;
    }
    Ok(())
}
