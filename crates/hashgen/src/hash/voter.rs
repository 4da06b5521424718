//! One row of the roll to one digest per ballot, or to the reason why not.

use std::collections::{HashMap, HashSet};

use credentials::{BallotId, Code, CodeError, Digest, Hasher, Nas, NasError};
use serde::Serialize;
use zeroize::Zeroize as _;

use crate::roll::{Chunk, Columns, Fields, Rows};

/// What to do with a NAS whose check digit is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Luhn {
    /// Reject the row: it is not hashed
    Reject,
    /// Count and list the row, and hash it.
    #[default]
    Warn,
    /// Do not look at check digits
    Off,
}

/// Why a row was rejected, or what people should check in it. It never holds the value itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Another number of columns than the header.
    Columns,
    /// The NAS is not nine digits.
    Nas,
    /// The check digit of the NAS is wrong.
    Luhn,
    /// Not 6 to 32 letters and digits.
    Code,
    /// Unknown or missing region.
    Region,
    /// The NAS of an earlier row: that person would vote twice.
    RepeatedNas,
}

/// The regions that a row may name.
#[derive(Debug, Clone)]
pub enum Regions {
    /// Any number from 1 to 65,535: no event was given.
    Any,
    /// Those of the event, by number and by code.
    Known {
        /// Number of the region with a code.
        codes: HashMap<Vec<u8>, u16>,
        /// The numbers of all regions of the event.
        numbers: HashSet<u16>,
    },
}

/// What the rows of one roll are hashed with.
pub struct RowHasher {
    /// The scheme, with its key.
    pub hasher: Hasher,
    /// The ballots, in the order of the digests.
    pub ballots: Vec<BallotId>,
    /// Where NAS, code and region stand.
    pub columns: Columns,
    /// The regions that a row may name.
    pub regions: Regions,
    /// What to do about check digits.
    pub luhn: Luhn,
    /// Between the fields of a row.
    pub delimiter: u8,
}

/// The rows of one chunk, hashed, in order.
#[derive(Default)]
pub struct HashedChunk {
    /// All rows, the rejected ones too.
    pub rows: Vec<HashedRow>,
    /// One digest per ballot for every row that is not rejected, row after row.
    pub digests: Vec<Digest>,
}

/// The result of hashing one row.
#[derive(Debug, Clone, Copy)]
pub struct HashedRow {
    /// Line on which it begins.
    pub line: u64,
    /// The NAS as a number; 0 in a rejected row.
    pub nas: u32,
    /// The region; 0 where the roll has none.
    pub region: u16,
    /// Why it is rejected or warned of.
    pub note: Option<Note>,
}

/// A remark on a row for the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Note {
    /// The row is not hashed.
    Rejected(Reason),
    /// The row is hashed, but somebody should check it.
    Warning(Reason),
}

/// Fewest bytes of an acceptable row: 9 digits, delimiter, 6 characters, line feed.
const ROW_LEN_MIN: usize = 17;

impl HashedChunk {
    /// Bytes that a chunk of `len` bytes can take for a number of ballots.
    pub fn bytes_max(len: usize, ballots: usize) -> usize {
        len / ROW_LEN_MIN * (size_of::<HashedRow>() + ballots * Digest::LEN)
    }

    fn clear(&mut self) {
        self.rows.iter_mut().for_each(|row| row.nas.zeroize());
        self.rows.clear();
        self.digests.clear();
    }
}

impl Drop for HashedChunk {
    fn drop(&mut self) {
        self.clear();
    }
}

impl RowHasher {
    /// Hashes the rows of a chunk into `out`, replacing what it held.
    pub fn hash(&self, chunk: &Chunk, parser: &mut Rows, out: &mut HashedChunk) {
        out.clear();
        let mut rows = parser.start(chunk);
        while let Some(row) = rows.next_row() {
            let hashed = match row {
                Ok(row) => self.hash_row(row.line, row.fields, &mut out.digests),
                Err(error) => HashedRow::rejected(error.line, Reason::Columns),
            };
            out.rows.push(hashed);
        }
    }

    fn hash_row(&self, line: u64, fields: Fields<'_>, digests: &mut Vec<Digest>) -> HashedRow {
        match self.read_row(fields) {
            Ok((nas, code, region, note)) => {
                let digest = |ballot| self.hasher.digest(&nas, &code, ballot);
                digests.extend(self.ballots.iter().map(digest));
                HashedRow {
                    line,
                    nas: nas.number(),
                    region,
                    note,
                }
            }
            Err(reason) => HashedRow::rejected(line, reason),
        }
    }

    fn read_row(&self, fields: Fields<'_>) -> Result<(Nas, Code, u16, Option<Note>), Reason> {
        if fields.count() != self.columns.count {
            return Err(Reason::Columns);
        }
        let field = |position| {
            let field = fields.get(position);
            field
                .expect("the header has as many columns, and this one is among them")
                .trim_ascii()
        };
        let nas = Nas::parse(field(self.columns.nas))?;
        let note = match self.luhn {
            Luhn::Reject if !nas.luhn_valid() => return Err(Reason::Luhn),
            Luhn::Warn if !nas.luhn_valid() => Some(Note::Warning(Reason::Luhn)),
            _ => None,
        };
        let code = Code::parse(field(self.columns.code))?;
        let region = match self.columns.region {
            Some(position) => self.regions.number(field(position)).ok_or(Reason::Region)?,
            None => 0,
        };
        Ok((nas, code, region, note))
    }
}

impl HashedRow {
    fn rejected(line: u64, reason: Reason) -> Self {
        Self {
            line,
            nas: 0,
            region: 0,
            note: Some(Note::Rejected(reason)),
        }
    }
}

impl Regions {
    /// Number of the region written so; `None` where there is no such region.
    fn number(&self, text: &[u8]) -> Option<u16> {
        let number = || {
            let digits = text.iter().all(u8::is_ascii_digit);
            str::from_utf8(text)
                .ok()
                .filter(|_| digits)?
                .parse::<u16>()
                .ok()
        };
        match self {
            Self::Any => number().filter(|number| *number != 0),
            Self::Known { codes, numbers } => {
                let known = |number: &u16| numbers.contains(number);
                codes.get(text).copied().or_else(|| number().filter(known))
            }
        }
    }
}

impl Reason {
    /// All reasons, in the order in which the report lists them.
    pub const ALL: [Self; 6] = [
        Self::Columns,
        Self::Nas,
        Self::Luhn,
        Self::Code,
        Self::Region,
        Self::RepeatedNas,
    ];

    /// The word in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Columns => "columns",
            Self::Nas => "nas",
            Self::Luhn => "luhn",
            Self::Code => "code",
            Self::Region => "region",
            Self::RepeatedNas => "repeated-nas",
        }
    }

    /// What an official is told, with the remedy.
    pub fn explanation(self) -> &'static str {
        match self {
            Self::Columns => {
                "the row has not as many columns as the header: correct delimiters and quotation marks"
            }
            Self::Nas => "the NAS is not 9 digits: correct it",
            Self::Luhn => "the check digit of the NAS is wrong: look for a mistyped digit",
            Self::Code => "the code is not 6 to 32 letters and digits: correct it",
            Self::Region => "the region is missing or unknown: write a region's number or code",
            Self::RepeatedNas => {
                "the NAS stands on an earlier row and this person would vote twice: keep one of the rows"
            }
        }
    }
}

impl From<NasError> for Reason {
    fn from(_: NasError) -> Self {
        Self::Nas
    }
}

impl From<CodeError> for Reason {
    fn from(_: CodeError) -> Self {
        Self::Code
    }
}
