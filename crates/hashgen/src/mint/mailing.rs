//! The file for the mailing house: the rows of the roll with their codes, without the NAS.
//!
//! The column is found by its name, in any file that hashgen can read: cutting it out by its place
//! would leave the NAS in a roll with another delimiter or with quoted fields.

use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use credentials::Nas;
use csv_core::{Terminator, WriteResult, Writer, WriterBuilder};
use durable::output::{OutputError, OutputFile};
use zeroize::Zeroizing;

use crate::roll::{BOM, CHUNK_LEN, Fields, Header, Row};

/// A row of which every byte is a quotation mark, to be doubled, in as many columns as there can be.
const ROW_LEN_MAX: usize = 4 * CHUNK_LEN;

/// Writes the file, row by row.
pub(super) struct Mailing<'a> {
    header: &'a Header,
    /// Position of the NAS, from 0.
    nas: usize,
    out: OutputFile,
    row: RowBuffer,
}

impl<'a> Mailing<'a> {
    /// Starts the file with its header.
    pub(super) fn create(
        path: &Path,
        force: bool,
        header: &'a Header,
        nas: usize,
    ) -> Result<Mailing<'a>> {
        let mut mailing = Mailing {
            header,
            nas,
            out: OutputFile::create_secret(path, force)?,
            row: RowBuffer::new(header),
        };
        if header.bom {
            mailing
                .out
                .write_all(BOM)
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
        for (at, name) in header.names.iter().enumerate() {
            if at != nas {
                mailing.row.push(name.as_bytes());
            }
        }
        mailing.end_row(b"Code")?;
        Ok(mailing)
    }

    /// Writes a row and its code.
    ///
    /// # Errors
    /// Another column holds the NAS too; the file cannot be written.
    pub(super) fn write(&mut self, row: &Row<'_>, code: &[u8]) -> Result<()> {
        if let Some(at) = self.repeated(row.fields) {
            bail!(
                "line {}: the column {} holds the NAS too: take that column out of the roll",
                row.line,
                self.header.names[at]
            );
        }
        for (at, field) in row.fields.iter().enumerate() {
            if at != self.nas {
                self.row.push(field);
            }
        }
        self.end_row(code)
    }

    /// Position of a column beside that of the NAS which holds the same number.
    fn repeated(&self, fields: Fields<'_>) -> Option<usize> {
        let nas = Nas::parse(fields.get(self.nas)?).ok()?;
        let is_it =
            |field: &[u8]| Nas::parse(field).is_ok_and(|other| other.number() == nas.number());
        let mut fields = fields.iter().enumerate();
        let repeated = fields.find(|(at, field)| *at != self.nas && is_it(field));
        repeated.map(|(at, _)| at)
    }

    fn end_row(&mut self, code: &[u8]) -> Result<()> {
        self.row.push(code);
        self.row.write_to(&mut self.out)
    }

    /// Brings the rows to stable storage, before anything is told of them.
    pub(super) fn settle(&mut self) -> Result<(), OutputError> {
        self.out.settle()
    }

    /// Gives the file its name.
    pub(super) fn finish(self) -> Result<(), OutputError> {
        self.out.finish()
    }
}

/// One row as it will stand in the file, wiped when it is dropped.
struct RowBuffer {
    writer: Writer,
    bytes: Zeroizing<Vec<u8>>,
    len: usize,
}

impl RowBuffer {
    fn new(header: &Header) -> RowBuffer {
        let line_end = if header.crlf {
            Terminator::CRLF
        } else {
            Terminator::Any(b'\n')
        };
        let mut format = WriterBuilder::new();
        RowBuffer {
            writer: format
                .delimiter(header.delimiter)
                .terminator(line_end)
                .build(),
            bytes: Zeroizing::new(vec![0; ROW_LEN_MAX]),
            len: 0,
        }
    }

    /// Adds a field, in quotation marks where it needs them.
    fn push(&mut self, field: &[u8]) {
        if self.len > 0 {
            let (result, wrote) = self.writer.delimiter(&mut self.bytes[self.len..]);
            self.wrote(result, wrote);
        }
        let (result, _, wrote) = self.writer.field(field, &mut self.bytes[self.len..]);
        self.wrote(result, wrote);
    }

    /// Ends the row and hands it over; the next field begins another.
    fn write_to(&mut self, out: &mut OutputFile) -> Result<()> {
        let (result, wrote) = self.writer.terminator(&mut self.bytes[self.len..]);
        self.wrote(result, wrote);
        out.write_all(&self.bytes[..self.len])
            .context("cannot write the file for the mailing house: is the disk full?")?;
        self.len = 0;
        Ok(())
    }

    fn wrote(&mut self, result: WriteResult, wrote: usize) {
        assert!(
            result == WriteResult::InputEmpty,
            "the buffer holds any row that a chunk holds"
        );
        self.len += wrote;
    }
}
