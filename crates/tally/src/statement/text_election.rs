//! An election in a statement's text: seats by party, then every region with its winners, ties,
//! recounts and rounds.

use std::fmt::{self, Write};

use counting::plurality;
use counting::ranked::Side;
use election::{CandidateStatus, Election, Event, Language};

use super::lines::{NAME_CHARS, region_name};
use super::wording::Wording;
use crate::fraction::Fraction;
use crate::results::{
    CandidateResults, DecidedTie, ElectionResults, RegionResults, Results, Round,
};

pub(super) fn write_election(
    page: &mut String,
    event: &Event,
    election: &Election,
    (results, of): (&ElectionResults, &Results),
    language: Language,
) -> fmt::Result {
    let (turnout, is_complete) = (&of.turnout, of.standing.stage.is_complete());
    write_parties(page, event, (results, is_complete), language)?;
    for (number, region) in &results.regions {
        if turnout.registered.contains_key(number) {
            writeln!(
                page,
                "  {}: {}",
                region_name(event, *number, language),
                language.turnout(turnout.of(*number))
            )?;
        } else {
            // Nobody on the roll votes there.
            let place = event.region(*number);
            let place = place.expect("a definition's candidates stand in regions that it names");
            writeln!(page, "  {number} {}: 0", place.name.in_language(language))?;
        }
        write_region(page, election, (region, is_complete), language)?;
    }
    Ok(())
}

fn write_parties(
    page: &mut String,
    event: &Event,
    (results, is_complete): (&ElectionResults, bool),
    language: Language,
) -> fmt::Result {
    let of = language.pick("de tous les votes", "of all votes");
    for party in &results.parties {
        let named = party.party.as_ref().and_then(|code| event.party(code));
        let name = named.map_or_else(
            || language.pick("Indépendants", "Independents"),
            |named| named.name.in_language(language),
        );
        let share = language.percent(Fraction::of(party.votes, results.total_votes));
        writeln!(
            page,
            "  {name:<NAME_CHARS$} {:>10} {share:>9} {of} {:>5} {}",
            party.votes,
            party.seats,
            if is_complete {
                let (one, many) = language.pick(("siège", "sièges"), ("seat", "seats"));
                language.counted(party.seats, one, many)
            } else {
                language.pick("en tête", "leading")
            }
        )?;
    }
    Ok(())
}

fn write_region(
    page: &mut String,
    election: &Election,
    (region, is_complete): (&RegionResults, bool),
    language: Language,
) -> fmt::Result {
    for candidate in &region.candidates {
        write_candidate(page, election, (region, candidate), is_complete, language)?;
    }
    let anybody = region.candidates.iter().any(|candidate| candidate.wins);
    if is_complete && !anybody && region.tied.is_empty() {
        let nobody = language.pick("Personne n'est élu", "Nobody is elected");
        writeln!(page, "    {nobody}")?;
    }
    if is_complete {
        write_flags(page, region, language)?;
    }
    for round in region.rounds.iter().flatten() {
        write_round(page, round, is_complete, language)?;
    }
    for tie in &region.ties {
        write_tie(page, tie, language)?;
    }
    Ok(())
}

fn write_candidate(
    page: &mut String,
    election: &Election,
    (region, counted): (&RegionResults, &CandidateResults),
    is_complete: bool,
    language: Language,
) -> fmt::Result {
    let mark = if counted.wins && is_complete {
        language.pick("  ÉLU", "  ELECTED")
    } else if counted.wins {
        language.pick("  EN TÊTE", "  LEADING")
    } else if region.tied.contains(&counted.number) {
        language.pick("  À ÉGALITÉ", "  TIED")
    } else {
        ""
    };
    let share = language.percent(Fraction::of(counted.votes, region.total_votes));
    // A ranked count goes on from the first preferences, which are what stands here.
    let of = if region.rounds.is_some() {
        language.pick("des premières préférences", "of first preferences")
    } else {
        language.pick("des votes de la région", "of the region's votes")
    };
    let candidate = election.candidate(counted.number);
    let candidate = candidate.expect("results name the candidates of their election");
    let name = format!("{} {}", candidate.first_name, candidate.last_name);
    let withdrawn = match candidate.status {
        CandidateStatus::Active => "",
        CandidateStatus::Withdrawn => language.pick("  (s'est retiré ou retirée)", "  (withdrawn)"),
    };
    writeln!(
        page,
        "    {:>5} {name:<NAME_CHARS$} {:>10} {share:>9} {of}{mark}{withdrawn}",
        counted.number, counted.votes
    )
}

fn write_flags(page: &mut String, region: &RegionResults, language: Language) -> fmt::Result {
    if region.recount {
        let statute = plurality::RECOUNT_STATUTE;
        let line = language.pick(
            format!(
                "Écart inférieur à 1/1000 des votes valides : dépouillement judiciaire ({statute})"
            ),
            format!("Margin below 1/1000 of the valid votes: automatic recount ({statute})"),
        );
        writeln!(page, "    {line}")?;
    }
    if !region.tied.is_empty() {
        let statute = plurality::TIE_STATUTE;
        let line = language.pick(
            format!("Égalité pour un siège : le dépouillement ne tranche pas ({statute})"),
            format!("A seat is tied: the count does not decide it ({statute})"),
        );
        writeln!(page, "    {line}")?;
    }
    Ok(())
}

fn write_round(
    page: &mut String,
    round: &Round,
    is_complete: bool,
    language: Language,
) -> fmt::Result {
    let counts: Vec<String> = round
        .counts
        .iter()
        .map(|(number, votes)| format!("{number} = {votes}"))
        .collect();
    let (title, exhausted) = (
        language.pick("tour", "round"),
        language.pick("épuisés", "exhausted"),
    );
    write!(
        page,
        "    {title} {}: {}; {exhausted} {}",
        round.number,
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
    if !round.winners.is_empty() {
        let label = if is_complete {
            language.pick("élu", "elected")
        } else {
            language.pick("en tête", "leading")
        };
        write!(page, "; {label} {}", numbers(&round.winners))?;
    }
    if !round.eliminated.is_empty() {
        let label = language.pick("éliminé", "eliminated");
        write!(page, "; {label} {}", numbers(&round.eliminated))?;
    }
    writeln!(page)
}

fn write_tie(page: &mut String, tie: &DecidedTie, language: Language) -> fmt::Result {
    let (round, tied, picked) = (tie.round, numbers(&tie.tied), tie.picked);
    let won = tie.side == Side::Winner;
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
