//! A contest as read from a file, and why a file cannot be read.

use crate::ranked::{BallotError, Contest, ContestError, Lot, Tabulation, TieUndecided};

/// A contest as read from a file.
pub struct Case {
    /// Name of the contest, empty where the file gives none.
    pub name: String,
    /// Candidates, rules and ballots.
    pub contest: Contest,
    /// Lots drawn for ties.
    pub lots: Vec<Lot>,
    /// What the file does not say and is assumed.
    /// People should read these beside the result.
    pub warnings: Vec<String>,
}

/// Why a contest file cannot be counted.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant names its fields")]
pub enum CaseError {
    /// The file is too long.
    #[error("{got} bytes, at most {max} are read")]
    TooLong {
        /// Bytes of the file.
        got: usize,
        max: usize,
    },
    /// Not JSON, or a value of the wrong kind; the message names line and column.
    #[error("not a contest in rcv-case/1: {0}")]
    Json(#[from] serde_json::Error),
    /// A line of a BLT file that cannot be read.
    #[error("line {line}: {message}")]
    Blt {
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
        error: BallotError,
    },
}

impl Case {
    /// Counts the contest with its lots.
    ///
    /// # Errors
    /// A tie that only a lot can decide.
    pub fn tabulate(&self) -> Result<Tabulation, TieUndecided> {
        self.contest.tabulate(&self.lots)
    }
}
