//! Reads the CSV of an earlier event: a row for each ballot, region and party, with votes and seats.

use std::collections::BTreeMap;

use election::{Ballot, Event, Fault};

use crate::baseline::sides;
use crate::builder::csv_rows::{self, whole};
use crate::builder::notes::{Notes, regions_named};
use crate::limits::{SEATS_MAX, VOTES_MAX};
use crate::quoted::quoted;

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
    let mut rows: BTreeMap<RowKey, RowSums> = BTreeMap::new();
    csv_rows::each(bytes, COLUMNS, notes, |line, cells, notes| {
        let row = Row { event, line, cells };
        if let Some((key, sums)) = row.read(notes)
            && let Some(first) = rows.insert(key, sums)
        {
            let message = format!(
                "line {} is of the same ballot, region and party: add the votes up",
                first.line
            );
            notes.add(Some(line), "party", message);
        }
    })?;
    // What rows that could not be read would have said is no further fault.
    if notes.is_empty() {
        check_regions(event, &rows, notes);
    }
    Ok(rows)
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
        let ballot = told("ballot", csv_rows::election(self.event, ballot));
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
            let missing = regions_named(&missing);
            let message = format!(
                "{} has no row for {missing}: add them, or leave the ballot out",
                ballot.id
            );
            notes.add(None, "region", message);
        }
    }
}
