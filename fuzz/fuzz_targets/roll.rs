//! A voter roll: decompression, delimiters, quotation marks, columns, and every field of every row.
#![no_main]

use std::io::Cursor;

use credentials::{BallotId, Hasher};
use hashgen::hash::{HashedChunk, Luhn, Regions, RowHasher};
use hashgen::roll::{Chunk, ColumnMap, Header, Rows, Source};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = hash(bytes);
});

/// What `hashgen hash` does with a roll, up to the digests.
fn hash(bytes: &[u8]) -> anyhow::Result<()> {
    let text = Cursor::new(bytes.to_vec());
    let source = Source::from_reader("roll".to_owned(), None, Box::new(text))?;
    let (header, mut reader) = Header::read(source)?;
    let (columns, _) = header.columns(&ColumnMap::default())?;
    let rows = RowHasher {
        hasher: Hasher::sha256(),
        ballots: vec![BallotId::parse("L2025-001")?],
        columns,
        regions: Regions::Any,
        luhn: Luhn::Warn,
        delimiter: header.delimiter,
    };
    let (mut chunk, mut parser) = (Chunk::empty(), Rows::new(header.delimiter));
    let mut hashed = HashedChunk::default();
    loop {
        reader.fill(&mut chunk)?;
        if chunk.bytes().is_empty() {
            return Ok(());
        }
        rows.hash(&chunk, &mut parser, &mut hashed);
        assert!(hashed.digests.len() <= hashed.rows.len());
    }
}
