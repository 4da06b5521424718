//! A statement as the page that an officer reads aloud, prints and files: its head, and laws.

use std::fmt::{self, Write};

use election::instant_text;
use election::{Ballot, BallotKind, Event, Language};

use super::lines::{NAME_CHARS, region_name};
use super::text_election::write_election;
use super::wording::Wording;
use super::{Recomputed, Statement, Terms};
use crate::documents::hex;
use crate::recount::{BallotReport, Report};
use crate::results::{Answers, LawResults, Results};

const OPENED: &str = "a statement is made with the mask key and releases, of ballots of its event";

/// The whole page in one language. `report` holds the ballots that are stated, in the order of the
/// statement's terms; `json_sha256` is the digest of the canonical JSON.
pub(crate) fn render(
    statement: &Statement,
    report: &Report,
    event: &Event,
    json_sha256: &str,
    language: Language,
) -> String {
    let mut page = String::new();
    write_page(&mut page, statement, report, event, json_sha256, language)
        .expect("writing to a String cannot fail");
    page
}

fn write_page(
    page: &mut String,
    statement: &Statement,
    report: &Report,
    event: &Event,
    json_sha256: &str,
    language: Language,
) -> fmt::Result {
    write_head(page, statement, report, event, language)?;
    write_recomputed(page, &statement.recomputed, language)?;
    writeln!(page, "statement.json SHA-256 {json_sha256}")?;
    writeln!(
        page,
        "{}",
        language.pick(
            "À vérifier par : minisign -Vm FICHIER -p officer.pub",
            "Verify with: minisign -Vm FILE -p officer.pub"
        )
    )?;
    for (terms, counted) in statement.terms.iter().zip(&report.ballots) {
        let ballot = event.ballot(&terms.ballot_id);
        let ballot = ballot.expect("a statement is of ballots of its event");
        write_ballot(page, event, ballot, (terms, counted), language)?;
        write_refused(page, report, counted, language)?;
    }
    Ok(())
}

fn write_head(
    page: &mut String,
    statement: &Statement,
    report: &Report,
    event: &Event,
    language: Language,
) -> fmt::Result {
    let heading = if statement.interim {
        language.pick(
            "RELEVÉ PROVISOIRE DES RÉSULTATS : DES VOTES PEUVENT ENCORE S'AJOUTER",
            "INTERIM STATEMENT OF RESULTS: MORE VOTES MAY COME",
        )
    } else {
        language.pick("RELEVÉ OFFICIEL DES RÉSULTATS", "STATEMENT OF RESULTS")
    };
    writeln!(page, "{heading}\n")?;
    let label = language.label("Événement", "Event");
    let title = event.title.in_language(language);
    writeln!(page, "{label} {}, {title}", event.id)?;
    let package = language.label("Paquet, manifeste SHA-256", "Package, manifest SHA-256");
    writeln!(page, "{package} {}", hex(&report.manifest_sha256))?;
    for (partition, head) in &report.ledger {
        let (frames, hash) = (head.sequence, head.link);
        let (one, many) = language.pick(("trame", "trames"), ("frame", "frames"));
        let of_frames = language.counted(frames, one, many);
        let line = language.pick(
            format!("Registre, partition {partition} : {frames} {of_frames}, empreinte de la dernière SHA-256 {hash}"),
            format!("Ledger, partition {partition}: {frames} {of_frames}, SHA-256 of the last {hash}"),
        );
        writeln!(page, "{line}")?;
    }
    write_log(page, statement, language)?;
    let last = report.last_commit_ms.map(instant_text);
    writeln!(
        page,
        "{} {}",
        language.label("Dernière inscription (UTC)", "Last commit (UTC)"),
        last.as_deref().unwrap_or("-")
    )
}

/// The checkpoints of the ledger's log that were counted up to, and the witnesses that cosigned them.
fn write_log(page: &mut String, statement: &Statement, language: Language) -> fmt::Result {
    let Some(log) = &statement.log else {
        return Ok(());
    };
    for checkpoint in &log.checkpoints {
        let (one, many) = language.pick(("trame", "trames"), ("frame", "frames"));
        let of_frames = language.counted(checkpoint.size, one, many);
        let (origin, size, root) = (&checkpoint.origin, checkpoint.size, &checkpoint.root);
        let required = log.required;
        let line = language.pick(
            format!(
                "Journal {origin} : {size} {of_frames}, racine {root}, témoins requis {required}"
            ),
            format!("Log {origin}: {size} {of_frames}, root {root}, witnesses required {required}"),
        );
        writeln!(page, "{line}")?;
        for by in &checkpoint.cosigned_by {
            let (name, time) = (&by.name, &by.cosigned_at);
            let line = language.pick(
                format!("cosigné par le témoin {name} le {time}"),
                format!("cosigned by the witness {name} at {time}"),
            );
            writeln!(page, "  {line}")?;
        }
    }
    Ok(())
}

/// Which second holders of the two keys came to the same numbers.
fn write_recomputed(page: &mut String, recomputed: &Recomputed, language: Language) -> fmt::Result {
    for file in &recomputed.releases {
        let (partition, sha256) = (file.partition, &file.sha256);
        let line = language.pick(
            format!("Sommes masquées, partition {partition} : SHA-256 {sha256}"),
            format!("Masked sums, partition {partition}: SHA-256 {sha256}"),
        );
        writeln!(page, "{line}")?;
    }
    let line = match recomputed.count_hands {
        1 => language.pick(
            "Sommes masquées : AUCUN SECOND DÉTENTEUR de la clé de compte ne les a refaites"
                .to_owned(),
            "Masked sums: NO SECOND HOLDER of the count key has made them again".to_owned(),
        ),
        hands => language.pick(
            format!(
                "Sommes masquées : les fichiers donnés pour ceux de {hands} détenteurs de la clé de compte sont les mêmes"
            ),
            format!("Masked sums: the files given as those of {hands} holders of the count key are the same"),
        ),
    };
    writeln!(page, "{line}")?;
    if recomputed.recounts.is_empty() {
        let line = language.pick(
            "Totaux : AUCUN SECOND DÉTENTEUR de la clé de masque ne les a refaits",
            "Totals: NO SECOND HOLDER of the mask key has made them again",
        );
        writeln!(page, "{line}")?;
    }
    for sha256 in &recomputed.recounts {
        let line = language.pick(
            format!("Totaux refaits dans le relevé SHA-256 {sha256}"),
            format!("Totals made again in the statement SHA-256 {sha256}"),
        );
        writeln!(page, "{line}")?;
    }
    Ok(())
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
        ballot.title.in_language(language)
    )?;
    if let Some(law) = ballot.law() {
        writeln!(page, "  {}", law.question.in_language(language))?;
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
            "PROVISOIRE : le registre ne contient pas la trame de clôture de ce scrutin",
            "INTERIM: the ledger does not hold the closing frame of this ballot",
        );
        writeln!(page, "  {interim}")?;
    } else {
        write_closing(page, counted, language)?;
    }
    for rule in &terms.rules {
        writeln!(page, "  * {}", language.title(rule))?;
    }
    write_turnout(page, counted, language)?;
    let results = &counted.results;
    match &ballot.kind {
        BallotKind::Law(_) => {
            let law = results.law().expect(OPENED);
            write_law(page, event, results, law, language)
        }
        BallotKind::Election(election) => {
            let counts = results.election().expect(OPENED);
            write_election(page, event, election, (counts, results), language)
        }
    }
}

/// The frames behind which no vote on this ballot can follow.
fn write_closing(page: &mut String, counted: &BallotReport, language: Language) -> fmt::Result {
    for (partition, closing) in &counted.results.standing.position {
        let (frame, hash) = (closing.sequence, closing.link);
        let line = language.pick(
            format!("Trame de clôture {frame} de la partition {partition}, SHA-256 {hash}"),
            format!("Closing frame {frame} of partition {partition}, SHA-256 {hash}"),
        );
        writeln!(page, "  {line}")?;
    }
    Ok(())
}

fn write_turnout(page: &mut String, counted: &BallotReport, language: Language) -> fmt::Result {
    let turnout = language.turnout(counted.results.turnout.whole());
    let title = language.label("Participation", "Turnout");
    writeln!(page, "  {title} {turnout}")
}

/// Attempts that were refused. They are not spoilt ballots: a vote that breaks a rule is never recorded.
fn write_refused(
    page: &mut String,
    report: &Report,
    counted: &BallotReport,
    language: Language,
) -> fmt::Result {
    let repeated = counted.duplicates;
    let title = language.label(
        "Demandes rejetées, comptées à part",
        "Rejected attempts, counted apart",
    );
    let label = language.pick("répétées", "repeated");
    write!(page, "  {title} {repeated} {label}")?;
    let of_ballot = |id: &Option<String>| id.as_ref() == Some(&counted.ballot_id);
    for refused in report.invalid.iter().filter(|r| of_ballot(&r.ballot_id)) {
        write!(page, "; {} {}", refused.attempts, refused.reason.name())?;
    }
    writeln!(page)
}

fn write_law(
    page: &mut String,
    event: &Event,
    results: &Results,
    law: &LawResults,
    language: Language,
) -> fmt::Result {
    let of = language.pick("des votes valides", "of valid votes");
    let answers = law.total;
    for (label, share) in [
        ("oui", answers.oui_of_valid()),
        ("non", answers.non_of_valid()),
    ] {
        let (votes, share) = (share.part, language.percent(share));
        writeln!(page, "  {label:<NAME_CHARS$} {votes:>10} {share:>9} {of}")?;
    }
    let (valid, blank) = (answers.valid(), answers.blanc);
    let (valid_label, blank_label) = (
        language.pick("votes valides", "valid votes"),
        language.pick("votes blancs, à part", "blank votes, apart"),
    );
    writeln!(page, "  {valid_label:<NAME_CHARS$} {valid:>10}")?;
    writeln!(page, "  {blank_label:<NAME_CHARS$} {blank:>10}")?;
    write_decision(page, law, results.standing.stage.is_complete(), language)?;
    for (region, turnout) in results.turnout.regions() {
        if let Some(answers) = law.answers_of(region) {
            let name = region_name(event, region, language);
            let turnout = language.turnout(turnout);
            writeln!(page, "  {name}: {turnout}")?;
            write_answers(page, answers, language)?;
        }
    }
    Ok(())
}

fn write_decision(
    page: &mut String,
    law: &LawResults,
    is_complete: bool,
    language: Language,
) -> fmt::Result {
    let decision = &law.decision;
    if let Some(carried) = &decision.regions_carried {
        let label = language.pick("régions acquises au oui", "regions carried by oui");
        writeln!(page, "  {label:<NAME_CHARS$} {:>10}", carried.len())?;
    }
    if !is_complete {
        return Ok(());
    }
    let verdict = if decision.passed {
        language.pick("RÉSULTAT : la loi est adoptée", "RESULT: the law passes")
    } else {
        language.pick(
            "RÉSULTAT : la loi n'est pas adoptée",
            "RESULT: the law does not pass",
        )
    };
    writeln!(page, "  {verdict}")?;
    if decision.recount {
        let recount = language.pick(
            "L'écart entre oui et non est inférieur à 1/1000 des votes valides : dépouillement à revoir",
            "The margin of oui and non is below 1/1000 of the valid votes: a recount is called for",
        );
        writeln!(page, "  {recount}")?;
    }
    Ok(())
}

fn write_answers(page: &mut String, answers: Answers, language: Language) -> fmt::Result {
    let share = language.percent(answers.oui_of_valid());
    let (oui, non, valid, blank) = (answers.oui, answers.non, answers.valid(), answers.blanc);
    let line = language.pick(
        format!(
            "oui {oui} ({share} des votes valides), non {non}, valides {valid}, blancs {blank}"
        ),
        format!("oui {oui} ({share} of valid votes), non {non}, valid {valid}, blank {blank}"),
    );
    writeln!(page, "    {line}")
}
