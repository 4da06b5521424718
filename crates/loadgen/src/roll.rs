//! The voters to vote for, read from a roll.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use credentials::{Code, Nas};

/// One voter of the roll. NAS and code wipe themselves when dropped and print as withheld.
#[derive(Debug)]
pub(crate) struct Voter {
    pub(crate) nas: Nas,
    pub(crate) code: Code,
    /// The voter's region, 0 where the roll has no region column.
    pub(crate) region: u16,
}

/// Positions of the columns, found by their header names in any case.
struct Columns {
    nas: usize,
    code: usize,
    region: Option<usize>,
}

/// Reads the whole roll (44 bytes of memory a voter).
///
/// Errors name the file and the line, never a value: a missing column, a row that is no voter,
/// no rows at all.
pub(crate) fn read(path: &Path) -> Result<Vec<Voter>> {
    let file = File::open(path).with_context(|| format!("cannot open roll {}", path.display()))?;
    read_from(file).with_context(|| format!("roll {}", path.display()))
}

fn read_from(input: impl Read) -> Result<Vec<Voter>> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(input);
    let columns = Columns::find(reader.byte_headers()?)?;
    let mut voters = Vec::new();
    let mut row = csv::ByteRecord::new();
    loop {
        let line = reader.position().line();
        if !reader
            .read_byte_record(&mut row)
            .map_err(|e| without_value(&e, line))?
        {
            break;
        }
        let line = row.position().map_or(line, csv::Position::line);
        voters.push(
            columns
                .voter(&row)
                .with_context(|| format!("line {line}"))?,
        );
    }
    if voters.is_empty() {
        bail!("no voters: give a roll with at least one row below its header");
    }
    Ok(voters)
}

/// The csv crate's own message can quote a field; this one cannot.
fn without_value(error: &csv::Error, line: u64) -> anyhow::Error {
    match error.kind() {
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => {
            anyhow!("line {line}: expected {expected_len} fields, got {len}: correct the row")
        }
        csv::ErrorKind::Io(source) => anyhow!("line {line}: cannot read: {source}"),
        _ => anyhow!("line {line}: not CSV: correct the row"),
    }
}

impl Columns {
    fn find(header: &csv::ByteRecord) -> Result<Columns> {
        let at = |name: &str| {
            header.iter().position(|field| {
                let field = field.strip_prefix(b"\xef\xbb\xbf").unwrap_or(field);
                field.eq_ignore_ascii_case(name.as_bytes())
            })
        };
        let needed = |name: &str| {
            at(name).with_context(|| {
                format!("line 1: no column {name}: name the columns NAS,Code,Region")
            })
        };
        Ok(Columns {
            nas: needed("NAS")?,
            code: needed("Code")?,
            region: at("Region"),
        })
    }

    fn voter(&self, row: &csv::ByteRecord) -> Result<Voter> {
        let field = |at: usize| row.get(at).unwrap_or_default();
        let region = match self.region {
            None => 0,
            Some(at) => std::str::from_utf8(field(at))
                .ok()
                .and_then(|text| text.parse().ok())
                .context("the region is no number from 1 to 65535: use region numbers")?,
        };
        Ok(Voter {
            nas: Nas::parse(field(self.nas))?,
            code: Code::parse(field(self.code))?,
            region,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> std::result::Result<Vec<(u32, u16)>, String> {
        match read_from(text.as_bytes()) {
            Ok(voters) => Ok(voters.iter().map(|v| (v.nas.number(), v.region)).collect()),
            Err(error) => Err(format!("{error:#}")),
        }
    }

    #[test]
    fn columns_are_found_by_name() {
        let expected = Ok(vec![(123_456_789, 4)]);
        assert_eq!(check("NAS,Code,Region\n123456789,ABC123,4\n"), expected);
        assert_eq!(
            check("\u{feff}nas,CODE,region\r\n123456789,ABC123,4\r\n"),
            expected
        );
        assert_eq!(
            check("Region,Name,Code,NAS\n4,x,ABC123,123 456 789\n"),
            expected
        );
        assert_eq!(
            check("NAS,Code\n123456789,ABC123\n"),
            Ok(vec![(123_456_789, 0)])
        );
    }

    #[test]
    fn faults_name_the_line_and_never_the_value() {
        for (text, said) in [
            ("NAS,Code,Region\n", "no voters"),
            ("NAS,Secret\n123456789,ABC123\n", "no column Code"),
            (
                "NAS,Code,Region\n123456789,ABC123,1\n12345678X,ABC123,1\n",
                "line 3",
            ),
            ("NAS,Code,Region\n123456789,AB,1\n", "line 2"),
            (
                "NAS,Code,Region\n123456789,ABC123,seven\n",
                "region numbers",
            ),
            (
                "NAS,Code,Region\n123456789,ABC123\n",
                "expected 3 fields, got 2",
            ),
        ] {
            let error = check(text).unwrap_err();
            assert!(error.contains(said), "{text:?}: {error}");
            for value in ["123456789", "12345678X", "ABC123", "seven"] {
                assert!(!error.contains(value), "{text:?} quotes {value}: {error}");
            }
        }
    }
}
