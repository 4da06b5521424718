//! `hashgen mint`: codes for a roll that has none, for the mailing house.

use std::io::{Read, Write};
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use credentials::mint::{ENTROPY_LEN, MintedCode};
use durable::output::OutputFile;
use zeroize::Zeroizing;

use crate::progress::Progress;
use crate::roll::{Chunk, ChunkReader, Header, Rows, Source};
use crate::seen::Seen;

/// Codes are told apart by their first 30 bits: so many fit, and one bit each is 128 MiB.
const DISTINCT_BITS: u32 = 30;

/// Most rows that get a code. With the table three quarters full a code is still drawn in four
/// attempts.
const ROWS_MAX: u64 = 3 << (DISTINCT_BITS - 2);

/// Random bytes taken from the system at once.
const POOL_LEN: usize = ENTROPY_LEN * 1024;

/// Add a code column to a roll that has none.
///
/// Each code is 16 random Crockford base32 characters (80 bits, from the system's generator) and a
/// check character. All are different. The other columns are copied as they stand, to the byte.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Example:
  hashgen mint --roll people.csv --out letters.csv")]
pub struct Args {
    /// The roll without codes, or - for standard input
    #[arg(long, value_name = "FILE")]
    roll: PathBuf,
    /// File to write, readable by its owner only
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Print the totals as JSON
    #[arg(long)]
    json: bool,
    /// Replace the file where it exists
    #[arg(long)]
    force: bool,
}

/// Copies the roll with one more column.
pub fn run(args: &Args) -> Result<()> {
    let mut out = OutputFile::create_secret(&args.out, args.force)?;
    let source = Source::open(&args.roll)?;
    let (name, progress) = (
        source.name.clone(),
        Progress::new(source.len, source.consumed()),
    );
    let (header, mut reader) = Header::read(source)?;
    if header.find(None, "Code").is_ok_and(|found| found.is_none()) {
        let rows = copy(&header, &mut reader, &mut out, &progress).with_context(|| name.clone())?;
        out.finish()?;
        progress.finish();
        return print(args, rows);
    }
    bail!("{name}, line 1: there is a column Code already: hash this roll, or remove the column")
}

fn copy(
    header: &Header,
    reader: &mut ChunkReader<impl Read>,
    out: &mut OutputFile,
    progress: &Progress,
) -> Result<u64> {
    let mut mint = Mint::new()?;
    let mut writer = RowWriter { header, out };
    writer.write(header.raw.as_bytes(), b"Code", header.bom)?;
    let (mut chunk, mut parser) = (Chunk::empty(), Rows::new(header.delimiter));
    let mut copied = 0;
    loop {
        reader.fill(&mut chunk)?;
        if chunk.bytes().is_empty() {
            return Ok(copied);
        }
        let before = copied;
        let mut rows = parser.start(&chunk);
        while let Some(row) = rows.next_row() {
            let row = row?;
            let (expected, got) = (header.names.len(), row.fields.count());
            if got != expected {
                bail!(
                    "line {}: the row has {got} columns, the header {expected}: correct delimiters \
                     and quotation marks",
                    row.line
                );
            }
            writer.write(row.raw, mint.draw()?.as_bytes(), false)?;
            copied += 1;
        }
        if copied > ROWS_MAX {
            bail!("more than {ROWS_MAX} rows: this is no roll of people");
        }
        progress.rows(copied - before);
    }
}

struct RowWriter<'a> {
    header: &'a Header,
    out: &'a mut OutputFile,
}

impl RowWriter<'_> {
    fn write(&mut self, row: &[u8], last: &[u8], bom: bool) -> Result<()> {
        let bom: &[u8] = if bom { b"\xef\xbb\xbf" } else { b"" };
        let line_end: &[u8] = if self.header.crlf { b"\r\n" } else { b"\n" };
        for part in [bom, row, &[self.header.delimiter], last, line_end] {
            self.out
                .write_all(part)
                .context("cannot write the codes: is the disk full?")?;
        }
        Ok(())
    }
}

fn print(args: &Args, rows: u64) -> Result<()> {
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::json!({ "codes": rows }))
    } else {
        writeln!(out, "{rows} codes minted")
    }
    .context("cannot write to standard output")
}

/// Draws codes that are all different.
struct Mint {
    /// Leading bits of the codes drawn. Two codes that differ there differ.
    drawn: Seen,
    pool: Zeroizing<Vec<u8>>,
}

impl Mint {
    fn new() -> Result<Self> {
        let drawn = Seen::new(1 << DISTINCT_BITS)?;
        Ok(Self {
            drawn,
            pool: Zeroizing::new(Vec::new()),
        })
    }

    fn draw(&mut self) -> Result<MintedCode> {
        loop {
            let entropy = Zeroizing::new(self.entropy()?);
            let [a, b, c, d, ..] = *entropy;
            if self
                .drawn
                .insert(u32::from_be_bytes([a, b, c, d]) >> (32 - DISTINCT_BITS))
            {
                return Ok(MintedCode::from_entropy(&entropy));
            }
        }
    }

    fn entropy(&mut self) -> Result<[u8; ENTROPY_LEN]> {
        if self.pool.is_empty() {
            self.pool.resize(POOL_LEN, 0);
            getrandom::fill(&mut self.pool)
                .map_err(|error| anyhow::anyhow!("the system gave no random bytes: {error}"))?;
        }
        let at = self.pool.len() - ENTROPY_LEN;
        let drawn = *self
            .pool
            .last_chunk()
            .expect("the pool is a multiple of one draw");
        self.pool.truncate(at);
        Ok(drawn)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_are_all_different() {
        let mut mint = Mint::new().unwrap();
        let codes: HashSet<_> = (0..20_000)
            .map(|_| mint.draw().unwrap().as_str().to_owned())
            .collect();
        assert_eq!(codes.len(), 20_000);
    }
}
