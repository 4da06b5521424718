//! Every attempt at a vote with its answer and its times, in a file: whoever judges a cluster needs to know what
//! was answered when.
//!
//! A CSV file with the columns `vote,begun_us,ended_us,outcome`. `vote` numbers a credential on a ballot by its
//! place in the plan, so the file holds no credential and no choice. Times are microseconds since the run
//! began, by one monotonic clock.

use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use durable::output::OutputFile;
use tokio::time::Instant;

use crate::connection::{Answer, Broken};
use crate::judge::{outcome_unknown, turned_away};

/// What the answer to one attempt says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The vote is recorded by this attempt.
    Accepted,
    /// The vote was recorded before this attempt.
    Duplicate,
    /// Nothing is recorded of this attempt.
    Refused,
    /// Nobody knows whether it is recorded.
    Unknown,
}

impl Outcome {
    /// Of an attempt that was answered, or not.
    pub(crate) fn of(attempt: &Result<Answer, Broken>) -> Outcome {
        match attempt {
            Ok(answer) if outcome_unknown(answer) => Outcome::Unknown,
            Ok(answer) if turned_away(answer) => Outcome::Refused,
            Ok(answer) => match answer.status {
                202 => Outcome::Accepted,
                409 => Outcome::Duplicate,
                500.. => Outcome::Unknown,
                _ => Outcome::Refused,
            },
            Err(Broken::AfterSending) => Outcome::Unknown,
            Err(_) => Outcome::Refused,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Outcome::Accepted => "accepted",
            Outcome::Duplicate => "duplicate",
            Outcome::Refused => "refused",
            Outcome::Unknown => "unknown",
        }
    }
}

/// One time that a vote was sent.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) begun: Instant,
    pub(crate) ended: Instant,
    pub(crate) outcome: Outcome,
}

/// The file while it grows, aside until it is finished.
#[derive(Debug)]
pub(crate) struct History {
    file: OutputFile,
    began: Instant,
}

impl History {
    /// Starts the file at `path`.
    pub(crate) fn create(path: &Path, force: bool) -> Result<History> {
        let mut file = OutputFile::create(path, force)?;
        file.write_all(b"vote,begun_us,ended_us,outcome\n")?;
        Ok(History {
            file,
            began: Instant::now(),
        })
    }

    /// Adds the attempts at a vote.
    pub(crate) fn add(&mut self, vote: u64, attempts: &[Attempt]) -> Result<()> {
        let us = |at: Instant| at.saturating_duration_since(self.began).as_micros();
        let mut lines = String::new();
        for attempt in attempts {
            let (begun, ended) = (us(attempt.begun), us(attempt.ended));
            let outcome = attempt.outcome.word();
            writeln!(lines, "{vote},{begun},{ended},{outcome}")?;
        }
        let written = self.file.write_all(lines.as_bytes());
        written.context("cannot write the history")
    }

    /// Gives the file its name.
    pub(crate) fn finish(self) -> Result<()> {
        Ok(self.file.finish()?)
    }
}
