//! Reads the CSV of an earlier event: a row for each ballot, region and party, with votes and seats.

use std::collections::BTreeMap;

use csv::{ReaderBuilder, StringRecord};
use election::{Ballot, Event, Fault};

use crate::baseline::sides;
use crate::builder::notes::{Notes, alone, quoted, text_of};
use crate::limits::{ROWS_MAX, SEATS_MAX, VOTES_MAX};

/// The columns, in whatever order they stand.
const COLUMNS: [&str; 5] = ["ballot", "region", "party", "votes", "seats"];

/// Ballot and party by their places in the event; the parties are followed by nobody's party.
pub(super) type RowKey = (usize, u16, usize);

/// Votes and seats of one row.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowSums {
    pub(super) votes: u64,
    pub(super) seats: u32,
    line: usize,
}

/// All rows, in the order of the event. What is wrong with them is told in the notes.
pub(super) fn read(
    bytes: &[u8],
    event: &Event,
    notes: &mut Notes,
) -> Result<BTreeMap<RowKey, RowSums>, Vec<Fault>> {
    let text = text_of(bytes)?;
    let head = text.lines().next().unwrap_or_default();
    let delimiter = [b';', b'\t']
        .into_iter()
        .find(|sign| head.as_bytes().contains(sign));
    let mut records = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter.unwrap_or(b','))
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut record = StringRecord::new();
    let mut next = |record: &mut StringRecord| {
        let line = |error: &csv::Error| error.position().map(line_of);
        let found = records.read_record(record);
        found.map_err(|error| alone(line(&error), format!("is not CSV: {error}")))
    };
    if !next(&mut record)? {
        return Err(alone(
            None,
            format!("is empty: begin with {}", COLUMNS.join(",")),
        ));
    }
    let places = columns(&record)?;
    let mut rows = BTreeMap::new();
    let mut read = 0;
    while next(&mut record)? {
        read += 1;
        if read > ROWS_MAX {
            return Err(alone(
                None,
                format!("more than {ROWS_MAX} rows: leave out parties without votes"),
            ));
        }
        let line = record.position().map_or(0, line_of);
        let row = Row {
            event,
            line,
            cells: places.map(|place| record.get(place).unwrap_or_default()),
        };
        if record.len() != COLUMNS.len() {
            let got = record.len();
            notes.add(
                Some(line),
                "",
                format!(
                    "{got} cells, expected {}: {}",
                    COLUMNS.len(),
                    COLUMNS.join(", ")
                ),
            );
        } else if let Some((key, sums)) = row.read(notes)
            && let Some(first) = rows.insert(key, sums)
        {
            let message = format!(
                "line {} is of the same ballot, region and party: add the votes up",
                first.line
            );
            notes.add(Some(line), "party", message);
        }
    }
    // What rows that could not be read would have said is no further fault.
    if notes.is_empty() {
        check_regions(event, &rows, notes);
    }
    Ok(rows)
}

fn line_of(position: &csv::Position) -> usize {
    usize::try_from(position.line()).unwrap_or(usize::MAX)
}

/// Where each of [`COLUMNS`] stands in the head of the table.
fn columns(head: &StringRecord) -> Result<[usize; 5], Vec<Fault>> {
    let mut notes = Notes::default();
    let mut places = [0; 5];
    for (place, name) in places.iter_mut().zip(COLUMNS) {
        let found: Vec<usize> = (0..head.len())
            .filter(|at| head.get(*at) == Some(name))
            .collect();
        match found.as_slice() {
            [at] => *place = *at,
            [] => notes.add(
                Some(1),
                name,
                "is missing: name the column in the first line",
            ),
            _ => notes.add(Some(1), name, "two columns have this name: remove one"),
        }
    }
    for name in head.iter().filter(|name| !COLUMNS.contains(name)) {
        let message = format!(
            "unknown column {}; known here: {}",
            quoted(name),
            COLUMNS.join(", ")
        );
        notes.add(Some(1), "", message);
    }
    if notes.is_empty() {
        Ok(places)
    } else {
        Err(notes.into_faults())
    }
}

/// One row, its cells in the order of [`COLUMNS`].
struct Row<'a> {
    event: &'a Event,
    line: usize,
    cells: [&'a str; 5],
}

impl Row<'_> {
    fn read(&self, notes: &mut Notes) -> Option<(RowKey, RowSums)> {
        let [ballot, region, party, votes, seats] = self.cells;
        let mut told = |column: &str, found: Result<u64, String>| {
            found
                .map_err(|message| notes.add(Some(self.line), column, message))
                .ok()
        };
        let ballot = told("ballot", self.ballot(ballot));
        let region = told("region", self.region(ballot, region));
        let party = told("party", self.party(party));
        let votes = told("votes", whole(votes, VOTES_MAX));
        let seats = told("seats", whole(seats, SEATS_MAX.into()));
        let key = (
            usize::try_from(ballot?).ok()?,
            u16::try_from(region?).ok()?,
            usize::try_from(party?).ok()?,
        );
        let sums = RowSums {
            votes: votes?,
            seats: u32::try_from(seats?).ok()?,
            line: self.line,
        };
        Some((key, sums))
    }

    /// Place of the ballot in the event.
    fn ballot(&self, id: &str) -> Result<u64, String> {
        match self.event.ballot(id) {
            Some(ballot) if ballot.election().is_some() => Ok(u64::from(ballot.index.0)),
            Some(_) => Err(format!(
                "{id} is a law, which has no earlier votes: remove the row"
            )),
            None => Err(format!(
                "the event has no [[election]] with code {}",
                quoted(id)
            )),
        }
    }

    fn region(&self, ballot: Option<u64>, text: &str) -> Result<u64, String> {
        let number = whole(text, u16::MAX.into())?;
        let ballot = ballot.and_then(|at| self.event.ballots().get(usize::try_from(at).ok()?));
        // Without a ballot nothing is known of its regions.
        let Some(election) = ballot.and_then(Ballot::election) else {
            return Ok(number);
        };
        let votes = u16::try_from(number).is_ok_and(|number| election.regions().contains(&number));
        if votes {
            Ok(number)
        } else {
            Err(format!(
                "nobody stands in a region {number} of this election: correct the number, or remove the row"
            ))
        }
    }

    /// Place of the party in the event, or behind all of them.
    fn party(&self, code: &str) -> Result<u64, String> {
        let wanted = Some(code).filter(|code| !code.is_empty());
        let place = sides(self.event).position(|side| side == wanted);
        let place = place.and_then(|place| u64::try_from(place).ok());
        place.ok_or_else(|| {
            format!(
                "no [[party]] has code {}: leave it empty for independents and parties that do not stand, all together",
                quoted(code)
            )
        })
    }
}

fn whole(text: &str, max: u64) -> Result<u64, String> {
    let is_number =
        !text.is_empty() && text.len() <= 10 && text.bytes().all(|b| b.is_ascii_digit());
    let number = if is_number { text.parse().ok() } else { None };
    number.filter(|number| *number <= max).ok_or_else(|| {
        format!(
            "expected a whole number up to {max}, digits alone, got {}",
            quoted(text)
        )
    })
}

/// Sums of a whole country would be wrong where a region is missing.
fn check_regions(event: &Event, rows: &BTreeMap<RowKey, RowSums>, notes: &mut Notes) {
    if rows.is_empty() {
        notes.add(
            None,
            "",
            "no rows: write one for each ballot, region and party, or leave the file out",
        );
    }
    for (ballot, election) in event.elections() {
        let place = usize::from(ballot.index.0);
        let is_there = |region: &u16| {
            let mut of_region = rows.range((place, *region, 0)..=(place, *region, usize::MAX));
            of_region.next().is_some()
        };
        let missing: Vec<u16> = election
            .regions()
            .iter()
            .filter(|region| !is_there(region))
            .copied()
            .collect();
        if !missing.is_empty() && missing.len() < election.regions().len() {
            let missing = crate::builder::notes::regions_named(&missing);
            let message = format!(
                "{} has no row for {missing}: add them, or leave the ballot out",
                ballot.id
            );
            notes.add(None, "region", message);
        }
    }
}
