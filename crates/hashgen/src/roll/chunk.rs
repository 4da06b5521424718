//! Cuts the text of a roll into chunks of whole rows, in order, without parsing it.

use std::io::{ErrorKind, Read};

use zeroize::Zeroizing;

/// Most bytes of a chunk, and of a row. Small enough that a machine's cores share the work evenly.
pub const CHUNK_LEN: usize = 64 * 1024;

/// Whole rows of a roll. Wiped when dropped.
pub struct Chunk {
    bytes: Zeroizing<Vec<u8>>,
    /// Line number of the first byte, from 1.
    pub first_line: u64,
}

/// Reads a roll chunk by chunk.
pub struct ChunkReader<R> {
    text: R,
    delimiter: u8,
    /// What was read beyond the last whole row.
    carry: Zeroizing<Vec<u8>>,
    next_line: u64,
    at_end: bool,
}

/// Why a roll cannot be cut into rows.
#[derive(Debug, thiserror::Error)]
pub enum ChunkError {
    /// The system or the decompressor failed.
    #[error(
        "cannot read on after line {line}: {source}; is the file whole, and plain text, gzip or zstd?"
    )]
    Read {
        /// The last line that was read whole.
        line: u64,
        /// The answer of the system or of the decompressor.
        source: std::io::Error,
    },
    /// No row ends within [`CHUNK_LEN`] bytes.
    #[error("line {line}: the row is longer than 64 KiB: is a quotation mark not closed?")]
    LongRow {
        /// Where the row begins.
        line: u64,
    },
    /// The file ends inside a quoted field.
    #[error(
        "line {line}: a quotation mark opened in the row that begins here is never closed: close it"
    )]
    OpenQuote {
        /// Where the row begins.
        line: u64,
    },
}

impl Chunk {
    /// An empty chunk with its whole buffer: it never grows, which would leave copies behind.
    pub fn empty() -> Self {
        Self {
            bytes: Zeroizing::new(Vec::with_capacity(CHUNK_LEN + 1)),
            first_line: 1,
        }
    }

    /// The rows; each ends in a line feed, except perhaps inside quotation marks.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl<R: Read> ChunkReader<R> {
    /// Reads `head`, text already taken from the source, which begins at line `next_line`; then
    /// `text`.
    pub fn new(head: &[u8], text: R, delimiter: u8, next_line: u64) -> Self {
        let mut carry = Zeroizing::new(Vec::with_capacity(CHUNK_LEN));
        carry.extend_from_slice(head);
        Self {
            text,
            delimiter,
            carry,
            next_line,
            at_end: false,
        }
    }

    /// Fills `chunk` with as many whole rows as fit; none are left where it stays empty.
    pub fn fill(&mut self, chunk: &mut Chunk) -> Result<(), ChunkError> {
        chunk.bytes.clear();
        chunk.first_line = self.next_line;
        chunk.bytes.extend_from_slice(&self.carry);
        self.carry.clear();
        self.read_text(&mut chunk.bytes)?;
        if self.at_end && chunk.bytes.last().is_some_and(|byte| *byte != b'\n') {
            chunk.bytes.push(b'\n');
        }
        let whole = self.whole_rows(&chunk.bytes)?;
        self.carry.extend_from_slice(&chunk.bytes[whole..]);
        chunk.bytes.truncate(whole);
        self.next_line += chunk.bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
        Ok(())
    }

    fn read_text(&mut self, bytes: &mut Vec<u8>) -> Result<(), ChunkError> {
        let mut filled = bytes.len();
        bytes.resize(CHUNK_LEN, 0);
        while filled < CHUNK_LEN && !self.at_end {
            match self.text.read(&mut bytes[filled..]) {
                Ok(0) => self.at_end = true,
                Ok(got) => filled += got,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(source) => {
                    return Err(ChunkError::Read {
                        line: self.next_line,
                        source,
                    });
                }
            }
        }
        bytes.truncate(filled);
        Ok(())
    }

    /// Length of the rows that are whole.
    fn whole_rows(&self, bytes: &[u8]) -> Result<usize, ChunkError> {
        let end = if bytes.contains(&b'"') {
            last_row_end(bytes, self.delimiter)
        } else {
            bytes
                .iter()
                .rposition(|byte| *byte == b'\n')
                .map_or(0, |at| at + 1)
        };
        let line = || {
            let before = bytes[..end].iter().filter(|byte| **byte == b'\n').count();
            self.next_line + before as u64
        };
        if self.at_end && end < bytes.len() {
            return Err(ChunkError::OpenQuote { line: line() });
        }
        if end == 0 && !bytes.is_empty() {
            return Err(ChunkError::LongRow { line: line() });
        }
        Ok(end)
    }
}

/// Where the parser stands, as RFC 4180 and the csv crate understand quotation marks: they quote
/// only at the beginning of a field.
#[derive(Clone, Copy)]
enum CsvState {
    FieldStart,
    Plain,
    Quoted,
    /// After a quotation mark inside a quoted field: the end of it, or a doubled mark.
    QuoteInQuoted,
}

/// End of the last whole row of `bytes`, which begin at a row: after its line feed.
fn last_row_end(bytes: &[u8], delimiter: u8) -> usize {
    let mut state = CsvState::FieldStart;
    let mut end = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        state = match (state, byte) {
            (CsvState::FieldStart | CsvState::QuoteInQuoted, b'"') => CsvState::Quoted,
            (CsvState::Quoted, b'"') => CsvState::QuoteInQuoted,
            (CsvState::Quoted, _) => CsvState::Quoted,
            (_, b'\n') => {
                end = at + 1;
                CsvState::FieldStart
            }
            (_, b'\r') => CsvState::FieldStart,
            (_, byte) if byte == delimiter => CsvState::FieldStart,
            _ => CsvState::Plain,
        };
    }
    end
}
