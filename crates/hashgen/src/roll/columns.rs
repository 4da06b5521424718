//! The header of a roll: delimiter, column names, and which of them are NAS, code and region.

use std::fmt;
use std::io::Read;
use std::str::FromStr;

use anyhow::{Context as _, Result, bail};
use zeroize::Zeroizing;

use super::chunk::{CHUNK_LEN, Chunk, ChunkReader};
use super::rows::Rows;
use super::source::Source;

/// The byte order mark that spreadsheets put before UTF-8.
pub const BOM: &[u8] = b"\xef\xbb\xbf";

/// Which header names stand for what: `nas=NAS,code=Code,region=Circonscription`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ColumnMap {
    nas: Option<String>,
    code: Option<String>,
    region: Option<String>,
}

/// Positions of the columns that count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Columns {
    /// Position of the NAS, from 0.
    pub nas: usize,
    /// Position of the code, from 0.
    pub code: usize,
    /// Position of the region, from 0; `None` where the roll has none.
    pub region: Option<usize>,
    /// Number of columns that every row must have.
    pub count: usize,
}

/// The first row of a roll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Names in order, white space around them removed.
    pub names: Vec<String>,
    /// The row as it stands in the roll.
    pub raw: String,
    /// `,`, `;` or tab.
    pub delimiter: u8,
    /// Whether a byte order mark stood before the header.
    pub bom: bool,
    /// Whether its line ends in CR LF.
    pub crlf: bool,
}

impl FromStr for ColumnMap {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut map = Self::default();
        for pair in text.split(',') {
            let (key, name) = pair
                .split_once('=')
                .ok_or_else(|| format!("{pair:?} is not of the form nas=NAME"))?;
            let slot = match key.trim() {
                "nas" => &mut map.nas,
                "code" => &mut map.code,
                "region" => &mut map.region,
                other => return Err(format!("{other:?} is none of nas, code and region")),
            };
            if slot.replace(name.trim().to_owned()).is_some() {
                return Err(format!("{} is named twice", key.trim()));
            }
        }
        Ok(map)
    }
}

impl Header {
    /// Reads the header of a roll, and gives the reader of the rows below it.
    pub fn read(mut source: Source) -> Result<(Self, ChunkReader<Source>)> {
        let name = source.name.clone();
        let mut head = Zeroizing::new(Vec::with_capacity(CHUNK_LEN));
        let mut beginning = source.by_ref().take(CHUNK_LEN as u64);
        beginning
            .read_to_end(&mut head)
            .with_context(|| format!("cannot read {name}"))?;
        if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
            bail!("{name} is UTF-16 text: save it as CSV UTF-8");
        }
        let bom = head.starts_with(BOM);
        let text = head.strip_prefix(BOM).unwrap_or(&head);
        let delimiter = detect_delimiter(text);
        let mut chunk = Chunk::empty();
        let filled = ChunkReader::new(text, std::io::empty(), delimiter, 1).fill(&mut chunk);
        let mut parser = Rows::new(delimiter);
        let mut rows = parser.start(&chunk);
        let Some(row) = rows.next_row() else {
            filled.with_context(|| name.clone())?; // a later row's fault is found again below
            bail!("{name} is empty: its first line must name the columns");
        };
        let row = row.with_context(|| name.clone())?;
        let names = row
            .fields
            .iter()
            .map(column_name)
            .collect::<Result<Vec<_>>>();
        let names = names.with_context(|| format!("{name}, line {}", row.line))?;
        let raw = String::from_utf8_lossy(row.raw).into_owned(); // names were UTF-8
        let (rest, next_line) = rows.rest();
        // The reader of chunks adds the line feed that a last line may lack.
        let header_len = (chunk.bytes().len() - rest.len()).min(text.len());
        let (header, below) = text.split_at(header_len);
        let crlf = header.ends_with(b"\r\n");
        let reader = ChunkReader::new(below, source, delimiter, next_line);
        Ok((
            Self {
                names,
                raw,
                delimiter,
                bom,
                crlf,
            },
            reader,
        ))
    }

    /// Finds the columns that count; the names of all others.
    pub fn columns(&self, map: &ColumnMap) -> Result<(Columns, Vec<String>)> {
        let nas = self.nas(map)?;
        let code = self.find_needed(map.code.as_deref(), "Code")?;
        let region = self.find(map.region.as_deref(), "Region")?;
        let used = [Some(nas), Some(code), region];
        let ignored = self
            .names
            .iter()
            .enumerate()
            .filter(|(at, _)| !used.contains(&Some(*at)));
        let ignored = ignored.map(|(_, name)| name.clone()).collect();
        Ok((
            Columns {
                nas,
                code,
                region,
                count: self.names.len(),
            },
            ignored,
        ))
    }

    /// The position of the NAS.
    pub fn nas(&self, map: &ColumnMap) -> Result<usize> {
        self.find_needed(map.nas.as_deref(), "NAS")
    }

    fn find_needed(&self, mapped: Option<&str>, usual: &str) -> Result<usize> {
        match self.find(mapped, usual)? {
            Some(position) => Ok(position),
            None => bail!(self.no_column(usual)),
        }
    }

    fn no_column(&self, wanted: &str) -> String {
        format!(
            "no column is named {wanted}: {self}; say which is which with \
             --columns nas=NAME,code=NAME,region=NAME"
        )
    }

    /// The position of a column: of the mapped name exactly, else of the usual name in any case.
    /// None where no name is mapped and no column has the usual one.
    ///
    /// # Errors
    /// Two columns have the name; no column has the mapped one.
    pub fn find(&self, mapped: Option<&str>, usual: &str) -> Result<Option<usize>> {
        let is_it = |name: &String| match mapped {
            Some(mapped) => name == mapped,
            None => name.eq_ignore_ascii_case(usual),
        };
        let mut found = self
            .names
            .iter()
            .enumerate()
            .filter(|(_, name)| is_it(name));
        let wanted = mapped.unwrap_or(usual);
        match (found.next(), found.next()) {
            (Some(_), Some(_)) => bail!("two columns are named {wanted}: rename one ({self})"),
            (Some((at, _)), None) => Ok(Some(at)),
            (None, _) if mapped.is_some() => bail!(self.no_column(wanted)),
            (None, _) => Ok(None),
        }
    }
}

impl fmt::Display for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the columns are {}", self.names.join(", "))
    }
}

fn column_name(field: &[u8]) -> Result<String> {
    let name =
        str::from_utf8(field).context("the header is not UTF-8: save the roll as CSV UTF-8")?;
    Ok(name.trim().to_owned())
}

/// The delimiter that occurs most in the first line, outside quotation marks; a comma where none
/// does.
fn detect_delimiter(text: &[u8]) -> u8 {
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    let mut quoted = false;
    for &byte in text {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            _ if quoted => {}
            _ => {
                for (_, count) in counts
                    .iter_mut()
                    .filter(|(delimiter, _)| *delimiter == byte)
                {
                    *count += 1;
                }
            }
        }
    }
    // The first of equals: max_by_key would take the last.
    counts
        .iter()
        .rev()
        .max_by_key(|(_, count)| *count)
        .map_or(b',', |(delimiter, _)| *delimiter)
}
