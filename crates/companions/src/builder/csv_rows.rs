//! The rows of a CSV file as spreadsheets save it, and the cells that several files have.

use csv::{ReaderBuilder, StringRecord};
use election::{Event, Fault};

use crate::builder::notes::{Notes, alone, text_of};
use crate::limits::ROWS_MAX;
use crate::quoted::quoted;

/// Hands over each row with its line, its cells in the order of `columns`, in whatever order they stand in the file.
pub(super) fn each<const N: usize>(
    bytes: &[u8],
    columns: [&str; N],
    notes: &mut Notes,
    mut row: impl FnMut(usize, [&str; N], &mut Notes),
) -> Result<(), Vec<Fault>> {
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
        let columns = columns.join(",");
        return Err(alone(None, format!("is empty: begin with {columns}")));
    }
    let places = places(&record, columns)?;
    let mut read = 0;
    while next(&mut record)? {
        read += 1;
        if read > ROWS_MAX {
            let message = format!("more than {ROWS_MAX} rows: leave out those without votes");
            return Err(alone(None, message));
        }
        let line = record.position().map_or(0, line_of);
        if record.len() == N {
            let cells = places.map(|place| record.get(place).unwrap_or_default());
            row(line, cells, notes);
        } else {
            let (got, columns) = (record.len(), columns.join(", "));
            notes.add(
                Some(line),
                "",
                format!("{got} cells, expected {N}: {columns}"),
            );
        }
    }
    Ok(())
}

fn line_of(position: &csv::Position) -> usize {
    usize::try_from(position.line()).unwrap_or(usize::MAX)
}

/// Where each column stands in the head of the table.
fn places<const N: usize>(
    head: &StringRecord,
    columns: [&str; N],
) -> Result<[usize; N], Vec<Fault>> {
    let mut notes = Notes::default();
    let mut places = [0; N];
    for (place, name) in places.iter_mut().zip(columns) {
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
    for name in head.iter().filter(|name| !columns.contains(name)) {
        let message = format!(
            "unknown column {}; known here: {}",
            quoted(name),
            columns.join(", ")
        );
        notes.add(Some(1), "", message);
    }
    if notes.is_empty() {
        Ok(places)
    } else {
        Err(notes.into_faults())
    }
}

/// Place in the event of an election.
pub(super) fn election(event: &Event, id: &str) -> Result<u64, String> {
    match event.ballot(id) {
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

/// A whole number in digits alone.
pub(super) fn whole(text: &str, max: u64) -> Result<u64, String> {
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
