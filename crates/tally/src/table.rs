//! The recount as a page of text that officials can read, print and sign.

use std::fmt::Write;

use crate::recount::{BallotReport, Report};
use crate::results::{BallotResult, ElectionResult, LawResult, RegionResult};

/// Widest name shown in a column; longer ones are cut, `--json` has them whole.
const NAME_CHARS_MAX: usize = 34;

/// The whole page.
pub(crate) fn render(report: &Report) -> String {
    let mut page = String::new();
    // Writing to a String cannot fail.
    let _ = write_page(&mut page, report);
    page
}

fn write_page(page: &mut String, report: &Report) -> std::fmt::Result {
    writeln!(page, "Event {}", report.event_id)?;
    writeln!(page, "Package manifest SHA-256 {}", report.manifest_sha256)?;
    for head in &report.ledger {
        writeln!(
            page,
            "Ledger partition {} ends at frame {}, SHA-256 {}",
            head.partition, head.sequence, head.hash
        )?;
    }
    let last = report.last_commit_at.as_deref().unwrap_or("never");
    writeln!(page, "Last commit {last}")?;
    writeln!(
        page,
        "Votes {}, duplicate attempts {}",
        report.votes, report.duplicates
    )?;
    for invalid in &report.invalid {
        let ballot = invalid.ballot_id.as_deref().unwrap_or("no ballot");
        writeln!(
            page,
            "Refused: {} {} ({ballot})",
            invalid.attempts, invalid.reason
        )?;
    }
    for ballot in &report.ballots {
        write_ballot(page, ballot)?;
    }
    Ok(())
}

fn write_ballot(page: &mut String, ballot: &BallotReport) -> std::fmt::Result {
    match &ballot.result {
        BallotResult::Law(law) => {
            write_heading(page, ballot, "Law", &law.title.fr)?;
            write_law(page, law)
        }
        BallotResult::Election(election) => {
            write_heading(page, ballot, "Election", &election.title.fr)?;
            write_election(page, election)
        }
    }
}

fn write_heading(
    page: &mut String,
    ballot: &BallotReport,
    kind: &str,
    title: &str,
) -> std::fmt::Result {
    writeln!(page, "\n{kind} {}: {title}", ballot.ballot_id)?;
    let share = percent(ballot.turnout_percentage_of_registered);
    writeln!(
        page,
        "  votes {} of {} registered ({share} of registered), duplicate attempts {}",
        ballot.votes, ballot.registered, ballot.duplicates
    )
}

fn write_law(page: &mut String, law: &LawResult) -> std::fmt::Result {
    let (Some(oui), Some(non), Some(valid)) = (law.oui_count, law.non_count, law.valid_votes)
    else {
        return writeln!(page, "  choices are sealed: name the box key with --box");
    };
    let share = law.oui_percentage_of_valid_votes;
    writeln!(
        page,
        "  {:<NAME_CHARS_MAX$} {oui:>10}  {:>7} of valid votes",
        "oui",
        percent(share)
    )?;
    let rest = crate::results::percentage(non, valid);
    writeln!(
        page,
        "  {:<NAME_CHARS_MAX$} {non:>10}  {:>7} of valid votes",
        "non",
        percent(rest)
    )?;
    writeln!(
        page,
        "  {:<NAME_CHARS_MAX$} {:>10}",
        "blanc",
        law.blanc_count.unwrap_or(0)
    )?;
    let reached = if law.threshold.reached == Some(true) {
        "reached"
    } else {
        "not reached"
    };
    write!(page, "  needs {} of valid votes", law.threshold.votes)?;
    if let Some(regions) = &law.threshold.regions {
        let carried = law.threshold.regions_carried.unwrap_or(0);
        write!(page, " and {regions} ({carried} carried)")?;
    }
    writeln!(page, ": {reached}")?;
    if law.threshold.recount == Some(true) {
        writeln!(
            page,
            "  margin below 1/1000 of the valid votes: a recount is due"
        )?;
    }
    Ok(())
}

fn write_election(page: &mut String, election: &ElectionResult) -> std::fmt::Result {
    for party in &election.parties {
        let name = party
            .name
            .as_ref()
            .map_or("(independent)", |name| name.fr.as_str());
        writeln!(
            page,
            "  {:<NAME_CHARS_MAX$} {:>10}  {:>7} of all votes  {:>4} seats",
            cut(name),
            party.votes,
            percent(party.percentage),
            party.seats
        )?;
    }
    for region in &election.regions {
        write_region(page, region)?;
    }
    Ok(())
}

fn write_region(page: &mut String, region: &RegionResult) -> std::fmt::Result {
    writeln!(
        page,
        "  Region {} {}: {} votes",
        region.region_id, region.region_name.fr, region.total_votes
    )?;
    if let Some(statute) = region.recount_statute {
        writeln!(
            page,
            "    margin below 1/1000 of the valid votes: a recount is due ({statute})"
        )?;
    }
    if let Some(statute) = region.tie_statute {
        writeln!(
            page,
            "    a seat is tied: the count cannot decide it ({statute})"
        )?;
    }
    for candidate in &region.candidates {
        let mark = if candidate.elected {
            "  elected"
        } else if region.tied.contains(&candidate.candidate_id) {
            "  tied"
        } else {
            ""
        };
        writeln!(
            page,
            "    {:>4} {:<NAME_CHARS_MAX$} {:>10}  {:>7} of the region's votes{mark}",
            candidate.candidate_id,
            cut(&candidate.name),
            candidate.votes,
            percent(candidate.percentage)
        )?;
    }
    for round in region.rounds.iter().flatten() {
        let counts: Vec<String> = round
            .counts
            .iter()
            .map(|c| format!("{}: {}", c.candidate_id, c.votes))
            .collect();
        writeln!(page, "    round {}: {}", round.round, counts.join(", "))?;
        let list = |ids: &[u32]| {
            ids.iter()
                .map(u32::to_string)
                .collect::<Vec<_>>()
                .join(", ")
        };
        let (elected, out) = (list(&round.elected), list(&round.eliminated));
        if !elected.is_empty() {
            writeln!(page, "      elected {elected}")?;
        }
        if !out.is_empty() {
            writeln!(page, "      eliminated {out}")?;
        }
    }
    Ok(())
}

fn cut(name: &str) -> String {
    name.chars().take(NAME_CHARS_MAX).collect()
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "-".to_owned(), |share| format!("{share:.2}%"))
}
