//! `shardpack check`: what voters will see, or every fault of the definition.

use std::io::{self, Write};

use anyhow::Result;
use election::{Ballot, BallotKind, CandidateStatus, Event};

use crate::args::CheckArgs;
use crate::definition;

pub(crate) fn run(args: &CheckArgs) -> Result<()> {
    let event = definition::read(&args.election)?;
    let mut out = io::stdout().lock();
    if args.json {
        out.write_all(&event.to_canonical_json())?;
        writeln!(out)?;
        return Ok(());
    }
    writeln!(out, "{}: {} / {}", event.id, event.title.fr, event.title.en)?;
    writeln!(out, "time zone {}, times below in UTC", event.time_zone)?;
    for region in &event.regions {
        writeln!(
            out,
            "region {}: {} ({})",
            region.number, region.name.fr, region.code
        )?;
    }
    for ballot in event.ballots() {
        write_ballot(&mut out, &event, ballot)?;
    }
    Ok(())
}

fn write_ballot(out: &mut impl Write, event: &Event, ballot: &Ballot) -> Result<()> {
    writeln!(out)?;
    writeln!(
        out,
        "ballot {}: {} / {}",
        ballot.id, ballot.title.fr, ballot.title.en
    )?;
    writeln!(
        out,
        "  open from {} until {}",
        instant(ballot.opens),
        instant(ballot.closes)
    )?;
    match &ballot.kind {
        BallotKind::Law(law) => {
            writeln!(out, "  {} / {}", law.question.fr, law.question.en)?;
            let blank = if law.allow_blank { ", blanc" } else { "" };
            writeln!(out, "  choices: oui, non{blank}")?;
        }
        BallotKind::Election(election) => {
            writeln!(
                out,
                "  election {}, {} seats a region",
                election.number, election.seats
            )?;
            for candidate in election.candidates() {
                let party = candidate.party.as_deref().unwrap_or("independent");
                let region = event
                    .regions
                    .iter()
                    .find(|region| region.number == candidate.region);
                let region = region.map_or("?", |region| region.code.as_str());
                let withdrawn = match candidate.status {
                    CandidateStatus::Active => "",
                    CandidateStatus::Withdrawn => ", withdrawn",
                };
                let (first, last) = (&candidate.first_name, &candidate.last_name);
                let number = candidate.number;
                writeln!(
                    out,
                    "  {region} {number}: {first} {last} ({party}{withdrawn})"
                )?;
            }
        }
    }
    Ok(())
}

/// A UTC instant to the second, as in RFC 3339.
fn instant(ms: i64) -> String {
    match jiff::Timestamp::from_millisecond(ms) {
        Ok(instant) => instant.to_string(),
        Err(_) => format!("{ms} ms"),
    }
}
