//! The ledger compared with the answers that the load generator got: are votes lost, are votes double?

use std::fmt::Display;

use anyhow::{Result, bail};
use serde::Serialize;

use crate::counts::{self, Difference};
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

impl Stage {
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
