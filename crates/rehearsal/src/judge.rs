//! The ledger compared with the answers that the load generator got: are votes lost, are votes double?

use std::fmt::Display;
use std::fs;

use anyhow::{Context, Result, bail};
use serde::Serialize;

use crate::counts::{self, Difference};
use crate::history::{self, Linearised};
use crate::prepare::Stage;
use crate::races::Raced;
use crate::steps::Steps;
use crate::voting::Summary;

/// The votes in the ledger, compared with the answers.
#[derive(Clone, Debug, Serialize)]
pub struct Judged {
    /// Votes that the validator said it recorded.
    pub acknowledged: u64,
    /// Those among them whose first answer was lost, and whose retry was told that they are recorded.
    pub recovered: u64,
    /// Acknowledged votes or receipts that the ledger lacks.
    pub lost: u64,
    /// Votes in the ledger that were not acknowledged, or more than once.
    pub double: u64,
    /// The fault that `tally verify` found, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

impl Judged {
    /// Whether nothing was lost and nothing counted twice.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.lost == 0 && self.double == 0 && self.fault.is_none()
    }
}

/// A fault of the machine, rehearsed on a ledger of its own.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Experiment {
    /// It cannot be played on this machine.
    NotTested {
        /// What keeps this machine from it.
        not_tested: String,
    },
    /// It was played, and the ledger judged afterwards.
    Judged(Judged),
}

impl Experiment {
    /// Tells on standard error that `what` was not played, and why.
    pub fn not_tested(what: &str, why: &impl Display, steps: &mut Steps) -> Experiment {
        let not_tested = why.to_string();
        steps.done(&format!("NOT TESTED, {what}: {not_tested}"));
        Experiment::NotTested { not_tested }
    }

    /// Whether no fault was found.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        match self {
            Experiment::NotTested { .. } => true,
            Experiment::Judged(judged) => judged.is_clean(),
        }
    }
}

/// A ledger that several validators wrote, judged after faults.
#[derive(Clone, Debug)]
pub struct Shared {
    /// The ledger, held against every answer.
    pub judged: Judged,
    /// Every attempt at a vote, judged as a register that is written once.
    pub history: Linearised,
    /// What speaks against them, in words; validators that panicked too, which a voter may not have noticed.
    pub found: Vec<String>,
}

impl Stage {
    /// Judges a ledger that was copied into the files of the data directory, with the logs of the validators that
    /// wrote it.
    ///
    /// # Errors
    /// Anything that keeps it from being judged.
    pub async fn judge_shared(&self, summary: &Summary, members: &[&str]) -> Result<Shared> {
        let judged = self.judge(summary, None).await?;
        let history = history::judge_file(&self.machines.history())?;
        let mut found = self.panics(members)?;
        found.extend(history.contradictions.iter().cloned());
        found.extend(summary.check().err().map(|error| error.to_string()));
        if !judged.is_clean() {
            found.push(format!("{judged:?}"));
        }
        Ok(Shared {
            judged,
            history,
            found,
        })
    }

    fn panics(&self, members: &[&str]) -> Result<Vec<String>> {
        let mut found = Vec::new();
        for name in members {
            let log = self.machines.logs().join(format!("{name}.log"));
            if !log.exists() {
                continue; // fewer were started
            }
            let text = fs::read_to_string(&log);
            let text = text.with_context(|| format!("cannot read {}", log.display()))?;
            let lines = text.lines().filter(|line| line.contains("panic"));
            found.extend(lines.map(|line| format!("{name}: {line}")));
        }
        Ok(found)
    }

    /// Compares the ledger's files, when nobody writes any more, with the answers that the load generator
    /// and the clients of `races` got.
    ///
    /// # Errors
    /// Anything that keeps it from being judged; lost votes are reported, no error.
    pub async fn judge(&self, summary: &Summary, races: Option<&Raced>) -> Result<Judged> {
        let (acknowledged, receipts) = self.acknowledged()?;
        let in_truth: u64 = acknowledged.values().sum();
        if (in_truth, receipts) != (summary.acknowledged(), summary.accepted) {
            bail!(
                "loadgen's truth file and its summary differ: {in_truth} votes with {receipts} receipts, expected {} with {}",
                summary.acknowledged(),
                summary.accepted
            );
        }
        if let Some(raced) = races {
            self.add_to_truth(&raced.votes, &raced.receipts)?;
        }
        let (acknowledged, _) = self.acknowledged()?;
        let counted = self.counted_from_files().await?;
        let Difference { lost, double } = counts::difference(&acknowledged, &counted);
        let fault = self.verify().await.err().map(|error| format!("{error:#}"));
        Ok(Judged {
            acknowledged: acknowledged.values().sum(),
            recovered: summary.recovered,
            lost,
            double,
            fault,
        })
    }
}
