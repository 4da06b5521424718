//! What hashing takes from an event definition: its ballots and its regions.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use credentials::BallotId;
use election::Event;

use super::voter::Regions;
use crate::usage::Usage;

/// Largest definition read, in bytes.
const DEFINITION_LEN_MAX: u64 = 64 << 20;

/// Most ballots hashed in one pass.
const BALLOTS_MAX: usize = 256;

/// Reads a definition; all its faults at once.
pub(super) fn load(path: &Path) -> Result<Event> {
    let name = path.display();
    let len = fs::metadata(path)
        .with_context(|| format!("cannot read {name}"))?
        .len();
    ensure!(
        len <= DEFINITION_LEN_MAX,
        "{name} has {len} bytes, more than any definition"
    );
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
    Event::from_toml(&text).map_err(|faults| {
        let list: Vec<_> = faults
            .iter()
            .map(|fault| format!("  {name}: {fault}"))
            .collect();
        anyhow::anyhow!(
            "{name} has {} fault(s), correct them:\n{}",
            list.len(),
            list.join("\n")
        )
    })
}

/// The ballots asked for, or all of the event.
pub(super) fn ballots(event: Option<&Event>, asked: &[BallotId]) -> Result<Vec<BallotId>> {
    let ballots = match event {
        Some(event) if asked.is_empty() => event
            .ballots()
            .iter()
            .map(|ballot| BallotId::parse(ballot.id.as_str()).context("the definition"))
            .collect::<Result<Vec<_>>>()?,
        _ => asked.to_vec(),
    };
    if ballots.is_empty() {
        return Err(Usage("no ballot is named: give --ballot ID or --election FILE".into()).into());
    }
    if ballots.len() > BALLOTS_MAX {
        return Err(Usage(format!(
            "more than {BALLOTS_MAX} ballots: hash them in turns"
        ))
        .into());
    }
    let mut known = HashSet::new();
    for ballot in &ballots {
        if !known.insert(ballot) {
            return Err(Usage(format!("--ballot {ballot} is given twice")).into());
        }
        if let Some(event) = event
            && event.ballot(ballot.as_str()).is_none()
        {
            bail!("the definition has no ballot {ballot}: correct --ballot or the definition");
        }
    }
    Ok(ballots)
}

/// The event's regions, by number and by code.
pub(super) fn regions(event: &Event) -> Result<Regions> {
    let numbers: HashSet<u16> = event.regions.iter().map(|region| region.number).collect();
    let mut codes = HashMap::new();
    for region in &event.regions {
        let other = region
            .code
            .parse()
            .ok()
            .filter(|number| *number != region.number);
        if other.is_some_and(|number| numbers.contains(&number)) {
            bail!(
                "the code {} of region {} is the number of another region: change the code",
                region.code,
                region.number
            );
        }
        codes.insert(region.code.clone().into_bytes(), region.number);
    }
    Ok(Regions::Known { codes, numbers })
}

/// An election is voted by region: a roll without regions cannot serve it.
pub(super) fn refuse_without_regions(
    event: Option<&Event>,
    ballots: &[BallotId],
    name: &str,
) -> Result<()> {
    let Some(event) = event else { return Ok(()) };
    let by_region = |ballot: &&BallotId| {
        event
            .ballot(ballot.as_str())
            .is_some_and(|ballot| ballot.election().is_some())
    };
    match ballots.iter().find(by_region) {
        Some(ballot) => bail!(
            "{name}, line 1: election {ballot} is voted by region, but no column is named Region: \
             add it, or name it with --columns region=NAME"
        ),
        None => Ok(()),
    }
}
