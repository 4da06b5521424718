//! The event as its voters will see it, in both languages: windows, questions, rules, candidates.

use std::fmt::{self, Write};

use election::{Authority, Ballot, BallotKind, Event, ResultsPolicy, Text};

use super::paper::{self, REGIONS_SHOWN_MAX};

/// The whole page; the papers of `region` alone where one is given.
pub(super) fn of_event(event: &Event, region: Option<u16>) -> String {
    let mut page = String::new();
    // Writing to a String cannot fail.
    let _ = write_event(&mut page, event, region);
    page
}

fn write_event(page: &mut String, event: &Event, region: Option<u16>) -> fmt::Result {
    writeln!(
        page,
        "{}: {} / {}",
        event.id, event.title.fr, event.title.en
    )?;
    writeln!(
        page,
        "times are local times of {}, with their offset from UTC",
        event.time_zone
    )?;
    write_authority(page, event)?;
    write_log(page, event)?;
    write_regions(page, event, region)?;
    for ballot in event.ballots() {
        write_ballot(page, event, ballot, region)?;
    }
    Ok(())
}

/// Whom the pages name.
fn write_authority(page: &mut String, event: &Event) -> fmt::Result {
    let Some(authority) = &event.authority else {
        return writeln!(
            page,
            "WARNING: no [authority]: the pages can tell voters neither whom to call nor which address is the real one"
        );
    };
    let Authority {
        name,
        telephone,
        site,
        ..
    } = authority;
    let (fr, en) = (&name.fr, &name.en);
    writeln!(page, "authority {fr} / {en}: {telephone}, voters at {site}")
}

/// Who watches the ledger.
fn write_log(page: &mut String, event: &Event) -> fmt::Result {
    let Some(log) = &event.log else {
        return writeln!(
            page,
            "WARNING: no [log]: whoever has the validator's machine could write another ledger unseen; `shardpack keygen --log` makes a key"
        );
    };
    let (required, named) = (log.required, log.witnesses.len());
    writeln!(
        page,
        "log {}: {required} of {named} witnesses must cosign before the first vote and after the last",
        log.origin
    )?;
    if required == 0 {
        writeln!(
            page,
            "WARNING: witnesses.required is 0: nobody outside sees whether the log is rewritten"
        )?;
    }
    if required > 0 && required as usize * 2 <= named {
        writeln!(
            page,
            "WARNING: {required} is not more than half of {named}: two histories of the ledger could each find enough witnesses"
        )?;
    }
    if required > 0 && required as usize == named {
        writeln!(
            page,
            "WARNING: all {named} witnesses named must cosign: one witness that is away or lies stops the vote"
        )?;
    }
    for witness in &log.witnesses {
        writeln!(page, "witness {}: {}", witness.name, witness.url)?;
    }
    Ok(())
}

fn write_regions(page: &mut String, event: &Event, only: Option<u16>) -> fmt::Result {
    let shown = event
        .regions
        .iter()
        .filter(|region| only.is_none_or(|only| region.number == only));
    if only.is_none() && event.regions.len() > REGIONS_SHOWN_MAX {
        return writeln!(
            page,
            "{} regions, summed up below: --region N shows what the voters of one see",
            event.regions.len()
        );
    }
    for region in shown {
        let (number, code) = (region.number, &region.code);
        let (fr, en) = (&region.name.fr, &region.name.en);
        writeln!(page, "region {number} {code}: {fr} / {en}")?;
    }
    Ok(())
}

fn write_ballot(
    page: &mut String,
    event: &Event,
    ballot: &Ballot,
    region: Option<u16>,
) -> fmt::Result {
    writeln!(page, "\nballot {}", ballot.id)?;
    writeln!(
        page,
        "  open from {} until {} ({})",
        event.local_time(ballot.opens),
        event.local_time(ballot.closes),
        duration(ballot.closes - ballot.opens)
    )?;
    writeln!(page, "  results: {}", policy(ballot))?;
    if ballot.release_min < STEP_ADVISED {
        writeln!(page, "  WARNING: {}", small_step(ballot.release_min))?;
    }
    write_words(page, ballot, "fr", |text| &text.fr)?;
    write_words(page, ballot, "en", |text| &text.en)?;
    match &ballot.kind {
        BallotKind::Law(law) => {
            let blank = if law.allow_blank { ", blanc" } else { "" };
            writeln!(page, "  answers: oui, non{blank}")
        }
        BallotKind::Election(election) => {
            writeln!(
                page,
                "  election_id {} of the HTTP interface",
                election.number
            )?;
            paper::write_papers(page, event, election, region)
        }
    }
}

/// Title, question and rules in one language.
fn write_words(
    page: &mut String,
    ballot: &Ballot,
    language: &str,
    pick: fn(&Text) -> &str,
) -> fmt::Result {
    writeln!(page, "  {language}: {}", pick(&ballot.title))?;
    if let Some(law) = ballot.law() {
        writeln!(page, "      {}", pick(&law.question))?;
    }
    for rule in ballot.rules_in_words() {
        writeln!(page, "      * {}", pick(&rule))?;
    }
    Ok(())
}

/// Steps of fewer votes are warned of.
const STEP_ADVISED: u32 = 10;

fn policy(ballot: &Ballot) -> String {
    let least = commandline::count(ballot.release_min.into(), "vote");
    match (ballot.results, &ballot.kind) {
        (ResultsPolicy::Live, BallotKind::Law(_)) => format!(
            "shown while voting is open, for the whole country, in steps of at least {least}; by region after the close"
        ),
        (ResultsPolicy::Live, BallotKind::Election(_)) => {
            format!("shown while voting is open, by region, in steps of at least {least}")
        }
        (ResultsPolicy::AfterClose, _) => "shown after the ballot has closed".to_owned(),
    }
}

fn small_step(release_min: u32) -> String {
    match release_min {
        1 => "each vote is shown by itself: whoever watches the results and knows who has just voted \
              knows that vote. Use it for trying out alone"
            .to_owned(),
        few => format!(
            "{few} votes are shown together: whoever knows how {} of them voted knows the last one. \
             Write release_min = {STEP_ADVISED} or more",
            few - 1
        ),
    }
}

/// Elapsed time, as a clock without daylight saving would measure it.
fn duration(ms: i64) -> String {
    let minutes = ms / 60_000;
    let seconds = ms % 60_000 / 1_000;
    let (days, hours, minutes) = (minutes / 1_440, minutes / 60 % 24, minutes % 60);
    let parts = [(days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s")];
    let some: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count} {unit}"))
        .collect();
    some.join(" ")
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn durations_read_well() {
        for (ms, text) in [
            (86_400_000, "1 d"),
            (90_061_000, "1 d 1 h 1 min 1 s"),
            (39_600_000, "11 h"),
        ] {
            assert_eq!(duration(ms), text);
        }
    }
}
