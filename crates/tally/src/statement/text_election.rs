//! An election in a statement's text: seats by party, then every region with its winners, ties,
//! recounts and rounds.

use std::fmt::{self, Write};

use super::text::{NAME_CHARS, region_name, region_turnout};
use super::wording::Language;
use crate::recount::RegionReport;
use crate::results::{CandidateResult, ElectionResult, RegionResult};
use crate::seats::{DecidedTie, Round};

pub(super) fn write_election(
    page: &mut String,
    election: &ElectionResult,
    turnout: &[RegionReport],
    language: Language,
) -> fmt::Result {
    let (of, seats) = (
        language.pick("de tous les votes", "of all votes"),
        language.pick("sièges", "seats"),
    );
    for party in &election.parties {
        let name = party.name.as_ref().map_or_else(
            || language.pick("Indépendants", "Independents"),
            |name| language.title(name),
        );
        let share = language.percent(party.percentage);
        writeln!(
            page,
            "  {name:<NAME_CHARS$} {:>10} {share:>9} {of} {:>5} {seats}",
            party.votes, party.seats
        )?;
    }
    for region in &election.regions {
        let of_region = turnout.iter().find(|t| t.region_id == region.region_id);
        match of_region {
            Some(turnout) => writeln!(
                page,
                "  {}: {}",
                region_name(turnout, language),
                region_turnout(turnout, language)
            )?,
            // Nobody on the roll votes there.
            None => writeln!(
                page,
                "  {} {}: 0",
                region.region_id,
                language.title(&region.region_name)
            )?,
        }
        write_region(page, region, language)?;
    }
    Ok(())
}

fn write_region(page: &mut String, region: &RegionResult, language: Language) -> fmt::Result {
    for candidate in &region.candidates {
        write_candidate(page, region, candidate, language)?;
    }
    let elected = region.candidates.iter().any(|candidate| candidate.elected);
    if !elected && region.tied.is_empty() {
        let nobody = language.pick("Personne n'est élu", "Nobody is elected");
        writeln!(page, "    {nobody}")?;
    }
    write_flags(page, region, language)?;
    for round in region.rounds.iter().flatten() {
        write_round(page, round, language)?;
    }
    for tie in &region.ties {
        write_tie(page, tie, language)?;
    }
    Ok(())
}

fn write_candidate(
    page: &mut String,
    region: &RegionResult,
    candidate: &CandidateResult,
    language: Language,
) -> fmt::Result {
    let mark = if candidate.elected {
        language.pick("  ÉLU", "  ELECTED")
    } else if region.tied.contains(&candidate.candidate_id) {
        language.pick("  À ÉGALITÉ", "  TIED")
    } else {
        ""
    };
    let share = language.percent(candidate.percentage);
    // A ranked count goes on from the first preferences, which are what stands here.
    let of = if region.rounds.is_some() {
        language.pick("des premières préférences", "of first preferences")
    } else {
        language.pick("des votes de la région", "of the region's votes")
    };
    writeln!(
        page,
        "    {:>5} {:<NAME_CHARS$} {:>10} {share:>9} {of}{mark}",
        candidate.candidate_id, candidate.name, candidate.votes
    )
}

fn write_flags(page: &mut String, region: &RegionResult, language: Language) -> fmt::Result {
    if let Some(statute) = region.recount_statute {
        let line = language.pick(
            format!(
                "Écart inférieur à 1/1000 des votes valides : dépouillement judiciaire ({statute})"
            ),
            format!("Margin below 1/1000 of the valid votes: automatic recount ({statute})"),
        );
        writeln!(page, "    {line}")?;
    }
    if let Some(statute) = region.tie_statute {
        let line = language.pick(
            format!("Égalité pour un siège : le dépouillement ne tranche pas ({statute})"),
            format!("A seat is tied: the count does not decide it ({statute})"),
        );
        writeln!(page, "    {line}")?;
    }
    Ok(())
}

fn write_round(page: &mut String, round: &Round, language: Language) -> fmt::Result {
    let counts: Vec<String> = round
        .counts
        .iter()
        .map(|count| format!("{} = {}", count.candidate_id, count.votes))
        .collect();
    let (title, exhausted) = (
        language.pick("tour", "round"),
        language.pick("épuisés", "exhausted"),
    );
    write!(
        page,
        "    {title} {}: {}; {exhausted} {}",
        round.round,
        counts.join(", "),
        round.exhausted
    )?;
    if let Some(threshold) = &round.threshold {
        write!(
            page,
            "; {} {threshold}",
            language.pick("seuil", "threshold")
        )?;
    }
    if !round.elected.is_empty() {
        let label = language.pick("élu", "elected");
        write!(page, "; {label} {}", numbers(&round.elected))?;
    }
    if !round.eliminated.is_empty() {
        let label = language.pick("éliminé", "eliminated");
        write!(page, "; {label} {}", numbers(&round.eliminated))?;
    }
    writeln!(page)
}

fn write_tie(page: &mut String, tie: &DecidedTie, language: Language) -> fmt::Result {
    let (round, tied, picked) = (tie.round, numbers(&tie.tied), tie.picked);
    let won = tie.picked_as == "winner";
    let line = language.pick(
        format!(
            "égalité au tour {round} entre {tied} : {picked} {} par la règle du scrutin",
            if won { "l'emporte" } else { "est éliminé" }
        ),
        format!(
            "tie in round {round} between {tied}: {picked} {} by the ballot's rule",
            if won { "wins" } else { "is eliminated" }
        ),
    );
    writeln!(page, "    {line}")
}

fn numbers(candidates: &[u32]) -> String {
    let numbers: Vec<String> = candidates.iter().map(u32::to_string).collect();
    numbers.join(", ")
}
