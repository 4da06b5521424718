//! A statement as the page that an officer reads aloud, prints and files: its head, and laws.

use std::fmt::{self, Write};

use election::{Ballot, Event};

use super::text_election::write_election;
use super::wording::Language;
use super::{Statement, Terms};
use crate::recount::{Answers, BallotReport, RegionReport};
use crate::results::{BallotResult, LawResult};

/// Column for names; a longer name pushes its line's numbers to the right, nothing is cut.
pub(super) const NAME_CHARS: usize = 36;

/// The whole page in one language. `json_sha256` is the digest of the canonical JSON.
pub(crate) fn render(
    statement: &Statement,
    event: &Event,
    json_sha256: &str,
    language: Language,
) -> String {
    let mut page = String::new();
    // Writing to a String cannot fail.
    let _ = write_page(&mut page, statement, event, json_sha256, language);
    page
}

fn write_page(
    page: &mut String,
    statement: &Statement,
    event: &Event,
    json_sha256: &str,
    language: Language,
) -> fmt::Result {
    write_head(page, statement, language)?;
    writeln!(page, "statement.json SHA-256 {json_sha256}")?;
    writeln!(
        page,
        "{}",
        language.pick(
            "À vérifier par : minisign -Vm FICHIER -p officer.pub",
            "Verify with: minisign -Vm FILE -p officer.pub"
        )
    )?;
    for (terms, counted) in statement.terms.iter().zip(&statement.count.ballots) {
        if let Some(ballot) = event.ballot(&terms.ballot_id) {
            write_ballot(page, event, ballot, (terms, counted), language)?;
            write_refused(page, statement, &terms.ballot_id, language)?;
        }
    }
    Ok(())
}

fn write_head(page: &mut String, statement: &Statement, language: Language) -> fmt::Result {
    let count = &statement.count;
    let heading = if statement.interim {
        language.pick(
            "RELEVÉ PROVISOIRE DES RÉSULTATS : LE VOTE N'EST PAS TERMINÉ",
            "INTERIM STATEMENT OF RESULTS: VOTING IS NOT OVER",
        )
    } else {
        language.pick("RELEVÉ OFFICIEL DES RÉSULTATS", "STATEMENT OF RESULTS")
    };
    writeln!(page, "{heading}\n")?;
    let event = language.label("Événement", "Event");
    writeln!(
        page,
        "{event} {}, {}",
        count.event_id,
        language.title(&statement.title)
    )?;
    let package = language.label("Paquet, manifeste SHA-256", "Package, manifest SHA-256");
    writeln!(page, "{package} {}", count.manifest_sha256)?;
    for head in &count.ledger {
        let (partition, frames, hash) = (head.partition, head.sequence, &head.hash);
        let line = language.pick(
            format!("Registre, partition {partition} : {frames} trames, empreinte de la dernière SHA-256 {hash}"),
            format!("Ledger, partition {partition}: {frames} frames, SHA-256 of the last {hash}"),
        );
        writeln!(page, "{line}")?;
    }
    let last = count.last_commit_at.as_deref().unwrap_or("-");
    writeln!(
        page,
        "{} {last}",
        language.label("Dernière inscription (UTC)", "Last commit (UTC)")
    )
}

fn write_ballot(
    page: &mut String,
    event: &Event,
    ballot: &Ballot,
    (terms, counted): (&Terms, &BallotReport),
    language: Language,
) -> fmt::Result {
    let kind = match ballot.law() {
        Some(_) => language.pick("LOI", "LAW"),
        None => language.pick("ÉLECTION", "ELECTION"),
    };
    writeln!(
        page,
        "\n{kind} {} - {}",
        ballot.id,
        language.text(&ballot.title)
    )?;
    if let Some(law) = ballot.law() {
        writeln!(page, "  {}", language.text(&law.question))?;
    }
    let (opens, closes) = (
        event.local_time(ballot.opens),
        event.local_time(ballot.closes),
    );
    let window = language.pick(
        format!("Vote du {opens} au {closes} (exclu), {}", event.time_zone),
        format!(
            "Voting from {opens} until {closes} (exclusive), {}",
            event.time_zone
        ),
    );
    writeln!(page, "  {window}")?;
    if terms.interim {
        let interim = language.pick(
            "PROVISOIRE : ce scrutin n'est pas clos",
            "INTERIM: this ballot is not closed",
        );
        writeln!(page, "  {interim}")?;
    }
    for rule in &terms.rules {
        writeln!(page, "  * {}", language.title(rule))?;
    }
    write_turnout(page, counted, language)?;
    match &counted.result {
        BallotResult::Law(law) => write_law(page, law, &counted.regions, language),
        BallotResult::Election(election) => {
            write_election(page, election, &counted.regions, language)
        }
    }
}

fn write_turnout(page: &mut String, counted: &BallotReport, language: Language) -> fmt::Result {
    let share = language.percent(counted.turnout_percentage_of_registered);
    let (votes, registered) = (counted.votes, counted.registered);
    let turnout = language.pick(
        format!("Participation : {votes} votes de {registered} inscrits ({share} des inscrits)"),
        format!("Turnout: {votes} votes of {registered} registered ({share} of registered)"),
    );
    writeln!(page, "  {turnout}")
}

/// Attempts that became no vote. They are no ballots: a vote that breaks a rule is never recorded.
fn write_refused(
    page: &mut String,
    statement: &Statement,
    ballot_id: &str,
    language: Language,
) -> fmt::Result {
    let count = &statement.count;
    let counted = count.ballots.iter().find(|b| b.ballot_id == ballot_id);
    let repeated = counted.map_or(0, |counted| counted.duplicates);
    let title = language.label(
        "Demandes rejetées, comptées à part",
        "Rejected attempts, counted apart",
    );
    let label = language.pick("répétées", "repeated");
    write!(page, "  {title} {repeated} {label}")?;
    let of_ballot = |id: &Option<String>| id.as_deref() == Some(ballot_id);
    for refused in count.invalid.iter().filter(|r| of_ballot(&r.ballot_id)) {
        write!(page, "; {} {}", refused.attempts, refused.reason)?;
    }
    writeln!(page)
}

fn write_law(
    page: &mut String,
    law: &LawResult,
    regions: &[RegionReport],
    language: Language,
) -> fmt::Result {
    let of = language.pick("des votes valides", "of valid votes");
    let valid = law.valid_votes.unwrap_or(0);
    for (label, votes) in [("oui", law.oui_count), ("non", law.non_count)] {
        let votes = votes.unwrap_or(0);
        let share = language.percent(crate::results::percentage(votes, valid));
        writeln!(page, "  {label:<NAME_CHARS$} {votes:>10} {share:>9} {of}")?;
    }
    let blank = law.blanc_count.unwrap_or(0);
    let (valid_label, blank_label) = (
        language.pick("votes valides", "valid votes"),
        language.pick("votes blancs, à part", "blank votes, apart"),
    );
    writeln!(page, "  {valid_label:<NAME_CHARS$} {valid:>10}")?;
    writeln!(page, "  {blank_label:<NAME_CHARS$} {blank:>10}")?;
    if let Some(carried) = law.threshold.regions_carried {
        let label = language.pick("régions acquises au oui", "regions carried by oui");
        writeln!(page, "  {label:<NAME_CHARS$} {carried:>10}")?;
    }
    let outcome = match law.threshold.reached {
        Some(true) => language.pick("RÉSULTAT : la loi est adoptée", "RESULT: the law passes"),
        _ => language.pick(
            "RÉSULTAT : la loi n'est pas adoptée",
            "RESULT: the law does not pass",
        ),
    };
    writeln!(page, "  {outcome}")?;
    if law.threshold.recount == Some(true) {
        let recount = language.pick(
            "L'écart entre oui et non est inférieur à 1/1000 des votes valides : dépouillement à revoir",
            "The margin of oui and non is below 1/1000 of the valid votes: a recount is called for",
        );
        writeln!(page, "  {recount}")?;
    }
    for region in regions {
        if let Some(answers) = &region.answers {
            write_answers(page, region, answers, language)?;
        }
    }
    Ok(())
}

fn write_answers(
    page: &mut String,
    region: &RegionReport,
    answers: &Answers,
    language: Language,
) -> fmt::Result {
    let name = region_name(region, language);
    let turnout = region_turnout(region, language);
    writeln!(page, "  {name}: {turnout}")?;
    let share = language.percent(answers.oui_percentage_of_valid_votes);
    let (oui, non, valid, blank) = (
        answers.oui_count,
        answers.non_count,
        answers.valid_votes,
        answers.blanc_count,
    );
    let line = language.pick(
        format!(
            "oui {oui} ({share} des votes valides), non {non}, valides {valid}, blancs {blank}"
        ),
        format!("oui {oui} ({share} of valid votes), non {non}, valid {valid}, blank {blank}"),
    );
    writeln!(page, "    {line}")
}

/// Number and name of a region; voters without one stand apart.
pub(super) fn region_name(region: &RegionReport, language: Language) -> String {
    match &region.region_name {
        Some(name) => format!(
            "{} {} {}",
            language.pick("Région", "Region"),
            region.region_id,
            language.title(name)
        ),
        None => language.pick("Sans région", "No region").to_owned(),
    }
}

/// Votes, registered and their share in one region.
pub(super) fn region_turnout(region: &RegionReport, language: Language) -> String {
    let share = language.percent(region.turnout_percentage_of_registered);
    let (votes, registered) = (region.votes, region.registered);
    language.pick(
        format!("{votes} votes de {registered} inscrits ({share} des inscrits)"),
        format!("{votes} votes of {registered} registered ({share} of registered)"),
    )
}
