//! Reads the CSV of an earlier event's turnout: a row for each ballot and hour, with the votes until then.

use std::collections::BTreeMap;

use election::{Event, Fault};
use jiff::civil::{Date, DateTime};

use crate::baseline::Baseline;
use crate::builder::csv_rows::{self, whole};
use crate::builder::notes::Notes;
use crate::limits::{HOURS, VOTES_MAX};
use crate::quoted::quoted;
use crate::turnout::{EarlierTurnout, VotesUntil};

/// The columns, in whatever order they stand.
const COLUMNS: [&str; 4] = ["ballot", "until", "votes", "registered"];

/// By code of the ballot, whose hours are ascending; what is wrong is told in the notes.
pub(super) fn read(
    bytes: &[u8],
    event: &Event,
    baseline: &Baseline,
    notes: &mut Notes,
) -> Result<BTreeMap<String, EarlierTurnout>, Vec<Fault>> {
    let mut ballots: BTreeMap<String, EarlierTurnout> = BTreeMap::new();
    csv_rows::each(bytes, COLUMNS, notes, |line, cells, notes| {
        let [id, until, votes, registered] = cells;
        let mut told = |column: &str, found: Result<u64, String>| {
            found
                .map_err(|message| notes.add(Some(line), column, message))
                .ok()
        };
        let ballot = told("ballot", compared(event, baseline, id));
        let votes = told("votes", whole(votes, VOTES_MAX));
        let registered = told("registered", whole(registered, VOTES_MAX));
        let hour = hour(until, baseline.date());
        let hour = hour.map_err(|message| notes.add(Some(line), "until", message));
        let (Some(_), Some(votes), Some(registered), Ok(hour)) = (ballot, votes, registered, hour)
        else {
            return;
        };
        let turnout = ballots.entry(id.to_owned()).or_insert(EarlierTurnout {
            registered,
            until: Vec::new(),
        });
        if let Some(message) = misfit(turnout, registered, VotesUntil { hour, votes }) {
            notes.add(Some(line), "", message);
            return;
        }
        turnout.until.push(VotesUntil { hour, votes });
    })?;
    if notes.is_empty() && ballots.is_empty() {
        let message = "no rows: write one for each ballot and hour, or leave the file out";
        notes.add(None, "", message);
    }
    Ok(ballots)
}

/// Only an election that the baseline has results of can have a turnout in it.
fn compared(event: &Event, baseline: &Baseline, id: &str) -> Result<u64, String> {
    let place = csv_rows::election(event, id)?;
    match baseline.ballot(id) {
        Some(_) => Ok(place),
        None => Err(format!(
            "the file of votes and seats has nothing of {id}: add it there, or remove the row"
        )),
    }
}

/// Hours of the clock since the start of the day.
fn hour(text: &str, day: Date) -> Result<i16, String> {
    let full = text.parse::<DateTime>().ok().filter(|at| {
        let is_full = at.time() == jiff::civil::time(at.hour(), 0, 0, 0);
        is_full && text.len() >= "2021-10-04T20:00".len()
    });
    let hour = full.and_then(|at| {
        let days = day.until(at.date()).ok()?.get_days();
        i16::try_from(days * 24 + i32::from(at.hour())).ok()
    });
    hour.filter(|hour| HOURS.contains(hour)).ok_or_else(|| {
        format!(
            "expected a full hour of the local clock, such as {day}T20:00, at most 31 days before {day} and a day after it, got {}",
            quoted(text)
        )
    })
}

/// Why a row does not go on from those before it.
fn misfit(turnout: &EarlierTurnout, registered: u64, next: VotesUntil) -> Option<&'static str> {
    let last = turnout.until.last();
    if turnout.registered != registered {
        return Some(
            "another number of registered voters than in the rows before: write one number for a ballot",
        );
    }
    if next.votes > registered {
        return Some("more votes than registered voters: correct one of the two");
    }
    if last.is_some_and(|last| last.hour >= next.hour) {
        return Some(
            "not later than the row before it: write the hours of a ballot in order, each once",
        );
    }
    last.is_some_and(|last| last.votes > next.votes)
        .then_some("fewer votes than in the row before it: each row has all votes until its hour")
}
