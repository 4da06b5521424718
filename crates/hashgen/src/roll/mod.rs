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
pub use columns::{ColumnMap, Columns, Header};
pub use rows::{ChunkRows, Fields, Row, Rows, TooManyColumns};
pub use source::Source;
