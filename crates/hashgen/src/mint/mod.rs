//! `hashgen mint`: codes for a roll that has none, and the file for the mailing house.

mod draw;
mod mailing;

use std::io::{Read, Write};
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use commandline::print_line;
use durable::output::OutputFile;

use crate::progress::Progress;
use crate::roll::{BOM, Chunk, ChunkReader, ColumnMap, EMPTY_ROLL, Header, Row, Rows, Source};
use crate::usage::Usage;
use draw::{Mint, ROWS_MAX};
use mailing::Mailing;

/// Add a code column to a roll that has none.
///
/// Each code is 16 random Crockford base32 characters (80 bits, from the system's generator) and a
/// check character. All are different. The other columns are copied as they stand, to the byte.
///
/// With --mailing a second file is written for the mailing house: the same rows and codes, without the
/// column of the NAS.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:
  hashgen mint --roll people.csv --out letters.csv --mailing mailing.csv
  hashgen mint --roll liste.csv --columns nas=Numero --out letters.csv --mailing mailing.csv")]
pub struct Args {
    /// The roll without codes, or - for standard input
    #[arg(long, value_name = "FILE")]
    roll: PathBuf,
    /// File to write, readable by its owner only
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// File for the mailing house, without the NAS; readable by its owner only
    #[arg(long, value_name = "FILE")]
    mailing: Option<PathBuf>,
    /// Which header name is the NAS, where it is not NAS
    #[arg(long, value_name = "nas=N", requires = "mailing")]
    columns: Option<ColumnMap>,
    /// Print the totals as JSON
    #[arg(long)]
    json: bool,
    /// Replace files that exist
    #[arg(long)]
    force: bool,
}

/// Copies the roll with one more column, and for the mailing house without the NAS.
pub fn run(args: &Args) -> Result<()> {
    if args.mailing.as_ref() == Some(&args.out) {
        let same = "--out and --mailing name one file: give the mailing house a file of its own";
        return Err(Usage(same.to_owned()).into());
    }
    let mut out = OutputFile::create_secret(&args.out, args.force)?;
    let source = Source::open(&args.roll)?;
    let (name, progress) = (
        source.name.clone(),
        Progress::new(source.len, source.consumed()),
    );
    let (header, mut reader) = Header::read(source)?;
    if header.find(None, "Code").is_ok_and(|found| found.is_some()) {
        bail!(
            "{name}, line 1: there is a column Code already: hash this roll, or remove the column"
        )
    }
    let mut mailing = match &args.mailing {
        Some(path) => {
            let map = args.columns.clone().unwrap_or_default();
            let nas = header
                .nas(&map)
                .with_context(|| format!("{name}, line 1"))?;
            Some(Mailing::create(path, args.force, &header, nas)?)
        }
        None => None,
    };
    let letters = Letters {
        header: &header,
        out: &mut out,
    };
    let rows = copy(&mut reader, letters, mailing.as_mut(), &progress);
    let rows = rows.with_context(|| name.clone())?;
    if rows == 0 {
        bail!("{name}: {EMPTY_ROLL}");
    }
    progress.finish();
    out.settle()?;
    mailing.as_mut().map_or(Ok(()), Mailing::settle)?;
    print(args, rows)?;
    out.finish()?;
    Ok(mailing.map_or(Ok(()), Mailing::finish)?)
}

/// Draws a code for every row, and writes both to all files.
fn copy(
    reader: &mut ChunkReader<impl Read>,
    mut letters: Letters<'_>,
    mut mailing: Option<&mut Mailing<'_>>,
    progress: &Progress,
) -> Result<u64> {
    let mut mint = Mint::new()?;
    letters.write_header()?;
    let (mut chunk, mut parser) = (Chunk::empty(), Rows::new(letters.header.delimiter));
    let mut copied = 0;
    loop {
        reader.fill(&mut chunk)?;
        if chunk.bytes().is_empty() {
            break;
        }
        let before = copied;
        let mut rows = parser.start(&chunk);
        while let Some(row) = rows.next_row() {
            let row = row?;
            check_columns(&row, letters.header)?;
            let code = mint.draw()?;
            letters.write(row.raw, code.as_bytes(), false)?;
            if let Some(mailing) = &mut mailing {
                mailing.write(&row, code.as_bytes())?;
            }
            copied += 1;
        }
        if copied > ROWS_MAX {
            bail!("more than {ROWS_MAX} rows: this is no roll of people");
        }
        progress.rows(copied - before);
    }
    Ok(copied)
}

fn check_columns(row: &Row<'_>, header: &Header) -> Result<()> {
    let (expected, got) = (header.names.len(), row.fields.count());
    if got != expected {
        bail!(
            "line {}: the row has {got} columns, the header {expected}: correct delimiters and \
             quotation marks",
            row.line
        );
    }
    Ok(())
}

/// The roll with codes: each row as it stands, to the byte, and its code.
struct Letters<'a> {
    header: &'a Header,
    out: &'a mut OutputFile,
}

impl Letters<'_> {
    fn write_header(&mut self) -> Result<()> {
        self.write(self.header.raw.as_bytes(), b"Code", self.header.bom)
    }

    fn write(&mut self, row: &[u8], last: &[u8], bom: bool) -> Result<()> {
        let bom = if bom { BOM } else { b"" };
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
    if args.json {
        print_line!("{}", serde_json::json!({ "codes": rows }))?;
    } else {
        print_line!("{} minted", commandline::count(rows, "code"))?;
    }
    Ok(())
}
