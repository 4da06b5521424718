//! The recount as a page of text that officials can read, print and sign.

use std::fmt::Write;

use counting::plurality;
use election::instant_text;
use election::{Ballot, BallotKind, CandidateStatus, Election, Event, Law};

use crate::documents::hex;
use crate::fraction::Fraction;
use crate::recount::{BallotReport, Report};
use crate::results::{ElectionResults, LawResults, RegionResults, Standing};

/// Widest name shown in a column; longer ones are cut, `--json` has them whole.
const NAME_CHARS_MAX: usize = 34;

/// The recount of every ballot, in the order of the event.
pub(crate) fn render(event: &Event, report: &Report) -> String {
    let mut page = String::new();
    write_page(&mut page, event, report).expect("writing to a String cannot fail");
    page
}

fn write_page(page: &mut String, event: &Event, report: &Report) -> std::fmt::Result {
    writeln!(page, "Event {}", event.id)?;
    let manifest = hex(&report.manifest_sha256);
    writeln!(page, "Package manifest SHA-256 {manifest}")?;
    for (partition, head) in &report.ledger {
        writeln!(
            page,
            "Ledger partition {partition} ends at frame {}, SHA-256 {}",
            head.sequence, head.link
        )?;
    }
    for partition in &report.ends_unknown {
        writeln!(
            page,
            "Ledger partition {partition}: whether frames are missing behind this end cannot be told"
        )?;
    }
    let last = report.last_commit_ms.map(instant_text);
    writeln!(page, "Last commit {}", last.as_deref().unwrap_or("never"))?;
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
            invalid.attempts,
            invalid.reason.name()
        )?;
    }
    for (ballot, counted) in event.ballots().iter().zip(&report.ballots) {
        write_ballot(page, event, ballot, counted)?;
    }
    Ok(())
}

fn write_ballot(
    page: &mut String,
    event: &Event,
    ballot: &Ballot,
    counted: &BallotReport,
) -> std::fmt::Result {
    match &ballot.kind {
        BallotKind::Law(law) => {
            write_heading(page, "Law", ballot, counted)?;
            match counted.results.law() {
                Some(results) => write_law(
                    page,
                    law,
                    results,
                    counted.results.standing.stage.is_complete(),
                ),
                None => write_sealed(page),
            }
        }
        BallotKind::Election(election) => {
            write_heading(page, "Election", ballot, counted)?;
            match counted.results.election() {
                Some(counts) => {
                    let is_complete = counted.results.standing.stage.is_complete();
                    write_election(page, event, election, (counts, is_complete))
                }
                None => write_sealed(page),
            }
        }
    }
}

fn write_heading(
    page: &mut String,
    kind: &str,
    ballot: &Ballot,
    counted: &BallotReport,
) -> std::fmt::Result {
    writeln!(page, "\n{kind} {}: {}", ballot.id, ballot.title.fr)?;
    let turnout = counted.results.turnout.whole();
    writeln!(
        page,
        "  votes {} of {} registered ({} of registered), duplicate attempts {}",
        turnout.part,
        turnout.whole,
        percent(turnout),
        counted.duplicates
    )?;
    write_standing(page, &counted.results.standing)
}

fn write_standing(page: &mut String, standing: &Standing) -> std::fmt::Result {
    if !standing.stage.is_complete() {
        return writeln!(
            page,
            "  COUNTING: the closing frame of this ballot was not read, its numbers may still grow"
        );
    }
    let frames = standing.position.iter();
    let frames: Vec<String> = frames
        .map(|(partition, at)| format!("frame {} of partition {partition}", at.sequence))
        .collect();
    let time = standing.time_ms.map(instant_text);
    writeln!(
        page,
        "  every vote is counted: closed by {} at {}",
        frames.join(", "),
        time.expect("a closing frame has a time")
    )
}

fn write_sealed(page: &mut String) -> std::fmt::Result {
    writeln!(
        page,
        "  choices are sealed: name the mask key with --mask and the releases with --releases"
    )
}

fn write_law(
    page: &mut String,
    law: &Law,
    results: &LawResults,
    is_complete: bool,
) -> std::fmt::Result {
    let answers = results.total;
    for (name, share) in [
        ("oui", answers.oui_of_valid()),
        ("non", answers.non_of_valid()),
    ] {
        writeln!(
            page,
            "  {name:<NAME_CHARS_MAX$} {:>10}  {:>7} of valid votes",
            share.part,
            percent(share)
        )?;
    }
    writeln!(page, "  {:<NAME_CHARS_MAX$} {:>10}", "blanc", answers.blanc)?;
    write!(page, "  needs {} of valid votes", law.threshold.votes)?;
    let decision = &results.decision;
    if let Some(double) = &law.threshold.regions {
        let carried = match &decision.regions_carried {
            Some(carried) => format!("{} carried", carried.len()),
            None => "counted after the close".to_owned(),
        };
        write!(
            page,
            " and {} of the regions, each with {} of its valid votes ({carried})",
            double.share, double.votes,
        )?;
    }
    let reached = match (decision.passed, is_complete) {
        (true, true) => "reached",
        (false, true) => "not reached",
        (true, false) => "reached by the votes so far",
        (false, false) => "not reached by the votes so far",
    };
    writeln!(page, ": {reached}")?;
    if decision.recount && is_complete {
        writeln!(
            page,
            "  margin below 1/1000 of the valid votes: a recount is due"
        )?;
    }
    Ok(())
}

fn write_election(
    page: &mut String,
    event: &Event,
    election: &Election,
    (results, is_complete): (&ElectionResults, bool),
) -> std::fmt::Result {
    for party in &results.parties {
        let named = party.party.as_ref().and_then(|code| event.party(code));
        let name = named.map_or("(independent)", |named| named.name.fr.as_str());
        writeln!(
            page,
            "  {:<NAME_CHARS_MAX$} {:>10}  {:>7} of all votes  {:>4} {seats}",
            cut(name),
            party.votes,
            percent(Fraction::of(party.votes, results.total_votes)),
            party.seats,
            seats = match (is_complete, party.seats) {
                (false, _) => "leading",
                (true, 1) => "seat",
                (true, _) => "seats",
            }
        )?;
    }
    for (number, region) in &results.regions {
        let place = event.region(*number);
        let place = place.expect("a definition's candidates stand in regions that it names");
        writeln!(
            page,
            "  Region {number} {}: {}",
            place.name.fr,
            commandline::count(region.total_votes, "vote")
        )?;
        write_region(page, election, region, is_complete)?;
    }
    Ok(())
}

fn write_region(
    page: &mut String,
    election: &Election,
    region: &RegionResults,
    is_complete: bool,
) -> std::fmt::Result {
    if region.recount && is_complete {
        writeln!(
            page,
            "    margin below 1/1000 of the valid votes: a recount is due ({})",
            plurality::RECOUNT_STATUTE
        )?;
    }
    if !region.tied.is_empty() {
        writeln!(
            page,
            "    a seat is tied: the count cannot decide it ({})",
            plurality::TIE_STATUTE
        )?;
    }
    write_candidates(page, election, region, is_complete)?;
    for round in region.rounds.iter().flatten() {
        let counts = round.counts.iter();
        let counts: Vec<String> = counts
            .map(|(number, votes)| format!("{number}: {votes}"))
            .collect();
        writeln!(page, "    round {}: {}", round.number, counts.join(", "))?;
        let winners = if is_complete { "elected" } else { "leading" };
        for (what, candidates) in [(winners, &round.winners), ("eliminated", &round.eliminated)] {
            if !candidates.is_empty() {
                let numbers: Vec<String> = candidates.iter().map(u32::to_string).collect();
                writeln!(page, "      {what} {}", numbers.join(", "))?;
            }
        }
    }
    Ok(())
}

fn write_candidates(
    page: &mut String,
    election: &Election,
    region: &RegionResults,
    is_complete: bool,
) -> std::fmt::Result {
    for counted in &region.candidates {
        let mark = if counted.wins && is_complete {
            "  elected"
        } else if counted.wins {
            "  leading"
        } else if region.tied.contains(&counted.number) {
            "  tied"
        } else {
            ""
        };
        let candidate = election.candidate(counted.number);
        let candidate = candidate.expect("results name the candidates of their election");
        let withdrawn = match candidate.status {
            CandidateStatus::Active => "",
            CandidateStatus::Withdrawn => "  withdrawn",
        };
        writeln!(
            page,
            "    {:>4} {:<NAME_CHARS_MAX$} {:>10}  {:>7} of the region's votes{mark}{withdrawn}",
            counted.number,
            cut(&format!("{} {}", candidate.first_name, candidate.last_name)),
            counted.votes,
            percent(Fraction::of(counted.votes, region.total_votes))
        )?;
    }
    Ok(())
}

fn cut(name: &str) -> String {
    name.chars().take(NAME_CHARS_MAX).collect()
}

fn percent(share: Fraction) -> String {
    match share.hundredths() {
        Some(hundredths) => format!("{}.{:02}%", hundredths / 100, hundredths % 100),
        None => "-".to_owned(),
    }
}
