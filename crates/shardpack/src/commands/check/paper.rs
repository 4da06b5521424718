//! The ballot papers of an election: candidates of each region in the order in which they stand.

use std::fmt::{self, Write};

use election::{Candidate, CandidateStatus, Election, Event};

/// Events of more regions are summed up, unless one region is asked for: a page that nobody reads
/// to its end finds no fault.
pub(super) const REGIONS_SHOWN_MAX: usize = 12;

/// Every region's paper, one region's, or a summary where there are many.
pub(super) fn write_papers(
    page: &mut String,
    event: &Event,
    election: &Election,
    only: Option<u16>,
) -> fmt::Result {
    if let Some(region) = only {
        return write_paper(page, event, election, region);
    }
    let silent = event.regions.len() - election.regions().len();
    if silent > 0 {
        writeln!(
            page,
            "  no candidates, and no vote in this election: {}",
            commandline::count(silent as u64, "region")
        )?;
    }
    if event.regions.len() > REGIONS_SHOWN_MAX {
        return write_summary(page, event, election);
    }
    for region in election.regions() {
        write_paper(page, event, election, *region)?;
    }
    Ok(())
}

fn write_paper(page: &mut String, event: &Event, election: &Election, region: u16) -> fmt::Result {
    let name = event
        .region(region)
        .map_or("", |region| region.name.fr.as_str());
    if !election.regions().contains(&region) {
        return writeln!(
            page,
            "  region {region} {name}: does not vote in this election"
        );
    }
    writeln!(page, "  region {region} {name}:")?;
    for candidate in election.candidates_of(region) {
        write_candidate(page, event, candidate)?;
    }
    Ok(())
}

fn write_candidate(page: &mut String, event: &Event, candidate: &Candidate) -> fmt::Result {
    let party = candidate
        .party
        .as_deref()
        .and_then(|code| event.party(code));
    let party = party.map_or_else(
        || "indépendant / independent".to_owned(),
        |party| format!("{} / {}", party.name.fr, party.name.en),
    );
    let withdrawn = match candidate.status {
        CandidateStatus::Active => "",
        CandidateStatus::Withdrawn => ", WITHDRAWN: printed, votes refused",
    };
    writeln!(
        page,
        "    {:>5}  {} {} ({party}{withdrawn})",
        candidate.number, candidate.first_name, candidate.last_name
    )
}

/// The longest and the shortest paper, and the withdrawn candidates: faults in many papers mostly show
/// there.
fn write_summary(page: &mut String, event: &Event, election: &Election) -> fmt::Result {
    let sizes = || {
        let regions = election.regions().iter();
        regions.map(|region| (election.candidates_of(*region).count(), *region))
    };
    writeln!(
        page,
        "  {} in {}",
        commandline::count(election.candidates().len() as u64, "candidate"),
        commandline::count(election.regions().len() as u64, "region")
    )?;
    for (word, extreme) in [("fewest", sizes().min()), ("most", sizes().max())] {
        if let Some((candidates, region)) = extreme {
            writeln!(page, "    {word}: {candidates}, in region {region}")?;
        }
    }
    let is_withdrawn = |c: &&Candidate| c.status == CandidateStatus::Withdrawn;
    let withdrawn: Vec<&Candidate> = election.candidates().iter().filter(is_withdrawn).collect();
    writeln!(page, "    withdrawn: {}", withdrawn.len())?;
    for candidate in withdrawn.iter().take(REGIONS_SHOWN_MAX) {
        writeln!(
            page,
            "      {} in region {}",
            candidate.number, candidate.region
        )?;
    }
    match election.regions().first() {
        Some(first) => write_paper(page, event, election, *first),
        None => Ok(()),
    }
}
