//! Parses the rows of a chunk with csv-core, into buffers that are ours to wipe.

use csv_core::ReadRecordResult;
use zeroize::Zeroizing;

use super::chunk::{CHUNK_LEN, Chunk};

/// Most columns of a roll.
const COLUMNS_MAX: usize = 256;

/// A row that has more than 256 columns.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: the row has more than 256 columns: is the delimiter right?")]
pub struct TooManyColumns {
    /// Where the row begins.
    pub line: u64,
}

/// The parser of one thread: it and its buffers serve chunk after chunk.
pub struct Rows {
    parser: csv_core::Reader,
    fields: Zeroizing<Vec<u8>>,
    ends: Vec<usize>,
}

/// The rows of one chunk. Not an `Iterator`, because a row borrows the buffers.
pub struct ChunkRows<'a> {
    rows: &'a mut Rows,
    rest: &'a [u8],
}

/// One row of a roll, as it stands in the buffers of its parser.
pub struct Row<'a> {
    /// Line on which it begins, from 1.
    pub line: u64,
    /// Its bytes as they stand in the roll, without the line end.
    pub raw: &'a [u8],
    /// The fields in the order of the columns.
    pub fields: Fields<'a>,
}

/// The fields of a row, without quotation marks.
#[derive(Clone, Copy)]
pub struct Fields<'a> {
    bytes: &'a [u8],
    ends: &'a [usize],
}

impl Rows {
    /// A parser for rows with this delimiter.
    pub fn new(delimiter: u8) -> Self {
        Self {
            parser: csv_core::ReaderBuilder::new().delimiter(delimiter).build(),
            fields: Zeroizing::new(vec![0; CHUNK_LEN + 1]),
            ends: vec![0; COLUMNS_MAX],
        }
    }

    /// The rows of `chunk`; the buffers of the chunk before are used again.
    pub fn start<'a>(&'a mut self, chunk: &'a Chunk) -> ChunkRows<'a> {
        self.parser.reset();
        self.parser.set_line(chunk.first_line);
        ChunkRows {
            rows: self,
            rest: chunk.bytes(),
        }
    }
}

impl ChunkRows<'_> {
    /// The next row; empty lines are passed over.
    pub fn next_row(&mut self) -> Option<Result<Row<'_>, TooManyColumns>> {
        self.skip_line_ends();
        if self.rest.is_empty() {
            return None;
        }
        let line = self.rows.parser.line();
        let whole = self.rest;
        let mut overflow = false;
        let ends = loop {
            let Rows {
                parser,
                fields,
                ends,
            } = &mut *self.rows;
            let (result, read, _, ended) = parser.read_record(self.rest, fields, ends);
            self.rest = &self.rest[read..];
            match result {
                // Too many columns: parse on to the end of the row, over what is there.
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => overflow = true,
                _ => break ended,
            }
        };
        let raw = &whole[..whole.len() - self.rest.len()];
        if overflow {
            return Some(Err(TooManyColumns { line }));
        }
        let fields = Fields {
            bytes: &self.rows.fields,
            ends: &self.rows.ends[..ends],
        };
        Some(Ok(Row {
            line,
            raw: without_line_end(raw),
            fields,
        }))
    }

    /// What is left of the chunk, and the number of the line on which it begins.
    pub fn rest(&mut self) -> (&[u8], u64) {
        self.skip_line_ends();
        (self.rest, self.rows.parser.line())
    }

    /// Passes over empty lines, and over the line feed of CR LF, of which the parser takes only CR.
    fn skip_line_ends(&mut self) {
        while let [byte @ (b'\r' | b'\n'), rest @ ..] = self.rest {
            let parser = &mut self.rows.parser;
            parser.set_line(parser.line() + u64::from(*byte == b'\n'));
            self.rest = rest;
        }
    }
}

impl<'a> Fields<'a> {
    /// The field at a position, from 0.
    pub fn get(&self, position: usize) -> Option<&'a [u8]> {
        let end = *self.ends.get(position)?;
        let start = match position.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        self.bytes.get(start..end)
    }

    /// How many fields there are.
    pub fn count(&self) -> usize {
        self.ends.len()
    }

    /// All fields in order.
    pub fn iter(self) -> impl Iterator<Item = &'a [u8]> {
        (0..self.count()).filter_map(move |position| self.get(position))
    }
}

fn without_line_end(raw: &[u8]) -> &[u8] {
    let line = raw.strip_suffix(b"\n").unwrap_or(raw);
    line.strip_suffix(b"\r").unwrap_or(line)
}
