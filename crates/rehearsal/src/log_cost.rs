//! `rehearsal bench-log`: what it costs a validator to keep its ledger as a log that witnesses watch, beside the same
//! without one, in turn and on one machine.

use anyhow::Result;
use serde::Serialize;

use crate::growing;
use crate::prepare::Stage;
use crate::steps::Steps;
use crate::voting::{Load, Voting};
use crate::witnesses;

/// Connections of voters that all vote at once.
const CONNECTIONS: u32 = 256;

/// What one measurement found.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct LogCost {
    /// Whether the ledger is a log that two of three witnesses cosign.
    pub is_witnessed: bool,
    /// Which round it was, from 1.
    pub round: u32,
    /// Recorded votes a second.
    pub votes_per_s: f64,
    /// Processor time of the validator for a vote, microseconds.
    pub validator_us: f64,
}

/// Measures both in turn, `rounds` times; `stage` makes a place for one with or without witnesses.
///
/// # Errors
/// Anything that keeps it from being measured.
pub async fn run(
    stage: impl Fn(bool) -> Result<Stage>,
    (votes, rounds): (u64, u32),
    seed: u64,
    steps: &mut Steps,
) -> Result<Vec<LogCost>> {
    let mut measured = Vec::new();
    for round in 1..=rounds {
        // The one that goes first has no advantage over all rounds.
        let first = round % 2 == 0;
        for is_witnessed in [first, !first] {
            let stage = stage(is_witnessed)?;
            let voters = u32::try_from(votes)?;
            stage.prepare(voters, seed, &mut Steps::new()).await?;
            let voting = Voting {
                load: Load::AsAnswered,
                votes: Some(votes),
                connections: CONNECTIONS,
                seed,
            };
            let watching = stage.start_witnesses().await?;
            let (summary, validator_s, _) = growing::in_files(&stage, voting).await?;
            witnesses::stop(watching).await?;
            #[allow(clippy::cast_precision_loss)] // below 2^53
            let validator_us = validator_s / summary.acknowledged() as f64 * 1e6;
            let one = LogCost {
                is_witnessed,
                round,
                votes_per_s: summary.votes_per_s.round(),
                validator_us: (validator_us * 10.0).round() / 10.0,
            };
            steps.done(&format!("{one:?}"));
            measured.push(one);
        }
    }
    Ok(measured)
}
