//! Ranked contests as files: from bytes to a counted result to text.
//!
//! [`Case::parse`] reads an `rcv-case/1` JSON file (described in `fixtures/ranked/README.md`) or a
//! BLT file, the exchange format of STV programs; [`json()`], [`table()`], [`csv()`] and
//! [`explain()`] write what came of it. All of it works on bytes and strings: files are opened by
//! programs.

mod blt;
mod csv;
mod explain;
mod json;
mod rcv;
mod rcv_rules;
mod table;

pub use csv::csv;
pub use explain::explain;
pub use json::json;
pub use table::table;

use crate::ranked::{BallotError, Contest, ContestError, Lot, Tabulation, TieUndecided};

/// Bytes of a contest file, at most.
pub const FILE_BYTES_MAX: usize = 1 << 30;

/// A contest as read from a file.
pub struct Case {
    /// Name of the contest, empty where the file gives none.
    pub name: String,
    /// Candidates, rules and ballots.
    pub contest: Contest,
    /// Lots drawn for ties.
    pub lots: Vec<Lot>,
    /// What the file says and this program does not apply, or does not say and is assumed.
    /// People should read these beside the result.
    pub warnings: Vec<String>,
}

/// Why a contest file cannot be counted.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// The file is too long.
    #[error("{got} bytes, at most {max} are read")]
    TooLong {
        /// Bytes of the file.
        got: usize,
        /// The limit.
        max: usize,
    },
    /// Not JSON, or a value of the wrong kind; the message names line and column.
    #[error("not a contest in rcv-case/1: {0}")]
    Json(#[from] serde_json::Error),
    /// A line of a BLT file that cannot be read.
    #[error("line {line}: {message}")]
    Blt {
        /// Line, from 1.
        line: usize,
        /// What is wrong and what to write.
        message: String,
    },
    /// A value of a JSON file that makes no sense.
    #[error("{path}: {message}")]
    Value {
        /// Which value, e.g. `ballots[3].ranking[1]`.
        path: String,
        /// What is wrong and what to write.
        message: String,
    },
    /// Rules that contradict themselves.
    #[error("rules: {0}")]
    Rules(#[from] ContestError),
    /// A ballot that cannot be added.
    #[error("ballot {number}: {error}")]
    Ballot {
        /// Entry of the ballot list, from 1.
        number: usize,
        /// Why.
        error: BallotError,
    },
}

impl Case {
    /// Reads a contest: JSON where the first character is a brace, BLT otherwise.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place.
    pub fn parse(bytes: &[u8]) -> Result<Case, CaseError> {
        if bytes.len() > FILE_BYTES_MAX {
            return Err(CaseError::TooLong {
                got: bytes.len(),
                max: FILE_BYTES_MAX,
            });
        }
        match bytes.iter().find(|b| !b.is_ascii_whitespace()) {
            Some(b'{') => rcv::parse(bytes),
            _ => blt::parse(bytes),
        }
    }

    /// Adds lots from a file of their own: a JSON array of `{round, tied, picked, as}`.
    ///
    /// # Errors
    /// As [`Case::parse`].
    pub fn add_lots(&mut self, bytes: &[u8]) -> Result<(), CaseError> {
        let lots = rcv::parse_lots(bytes, self.contest.candidates())?;
        self.lots.extend(lots);
        Ok(())
    }

    /// Counts the contest with its lots.
    ///
    /// # Errors
    /// A tie that only a lot can decide.
    pub fn tabulate(&self) -> Result<Tabulation, TieUndecided> {
        self.contest.tabulate(&self.lots)
    }
}

/// Lots that decided nothing: each names a tie that did not arise.
#[must_use]
pub fn unused_lots<'a>(lots: &'a [Lot], tabulation: &Tabulation) -> Vec<&'a Lot> {
    let used = |lot: &Lot| {
        tabulation.ties.iter().any(|tie| {
            let mut drawn = lot.tied.clone();
            drawn.sort_unstable();
            tie.round == lot.round && tie.side == lot.side && tie.tied == drawn
        })
    };
    lots.iter().filter(|lot| !used(lot)).collect()
}
