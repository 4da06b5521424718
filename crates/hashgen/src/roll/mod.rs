//! Voter rolls as they come: compressed or not, any usual delimiter, quoted, with any header.
//!
//! Reading is split in two. [`ChunkReader`] runs alone and cuts the text into [`Chunk`]s of whole
//! rows; [`Rows`] parses a chunk, so that many chunks are parsed at the same time. Every buffer that
//! held roll text is wiped when it is dropped.

mod chunk;
mod columns;
mod rows;
mod source;

pub use chunk::{CHUNK_LEN, Chunk, ChunkError, ChunkReader};
pub use columns::{BOM, ColumnMap, Columns, Header};
pub use rows::{ChunkRows, Fields, Row, Rows, TooManyColumns};
pub use source::Source;

/// What an official reads about a roll without voters.
pub const EMPTY_ROLL: &str =
    "there is a header and no row below it, so nobody could vote: is the file whole?";

/// Reads a whole roll from memory and gives its number of rows: the entry for fuzzing.
pub fn check_bytes(bytes: &[u8]) -> anyhow::Result<u64> {
    let text = std::io::Cursor::new(bytes.to_vec());
    let source = Source::from_reader("roll".to_owned(), None, Box::new(text))?;
    let (header, mut reader) = Header::read(source)?;
    let (mut chunk, mut parser) = (Chunk::empty(), Rows::new(header.delimiter));
    let mut count = 0;
    loop {
        reader.fill(&mut chunk)?;
        if chunk.bytes().is_empty() {
            return Ok(count);
        }
        let mut rows = parser.start(&chunk);
        while let Some(row) = rows.next_row() {
            row?;
            count += 1;
        }
    }
}
