//! `rehearsal crash`: the validator under load, killed at random moments again and again. At the
//! end every vote that was acknowledged must be found exactly once.

use crate::child::Server;
use crate::counts::{self, Difference};
use crate::prepare::Stage;
use crate::services::Addresses;
use crate::steps::Steps;
use crate::voting::{Summary, Voting};
use anyhow::{Context, Result, bail};
use serde::Serialize;
use std::time::Duration;

/// Requests a second while crashing.
const RATE: u64 = 1_500;
const CONNECTIONS: u32 = 64;
/// A validator lives this long after it takes votes, at random between the two.
const LIFE_MS: std::ops::Range<u64> = 20..500;
/// Synthetic voters for each kill, so that votes do not run out: a life, a restart, four ballots.
const VOTERS_PER_KILL: u32 = 1_000;
const VOTERS_MIN: u32 = 4_000;
/// What a second validator on the same data directory must say, in part.
const REFUSAL: &str = "is locked";

/// What the crashes came to.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// SIGKILLs.
    pub kills: u32,
    /// Votes that the validator said it recorded.
    pub acknowledged: u64,
    /// Of these, votes whose first answer was lost and whose retry was told that they stand.
    pub recovered: u64,
    /// Acknowledged votes or receipts that the ledger lacks.
    pub lost: u64,
    /// Votes in the ledger that were not acknowledged, or more than once.
    pub double: u64,
    /// What `tally verify` says against it, if anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

impl Outcome {
    /// Whether nothing was lost and nothing counted twice.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.lost == 0 && self.double == 0 && self.fault.is_none()
    }
}

/// Kills the validator `kills` times under load; then ends it by SIGTERM under load, which it must
/// survive with exit status 0, and starts a second one on its data directory, which must be refused.
///
/// # Errors
/// Anything that keeps the experiment from being made; lost votes are an outcome, not an error.
pub async fn run(stage: &Stage, kills: u32, seed: u64, steps: &mut Steps) -> Result<Outcome> {
    let voters = kills.saturating_mul(VOTERS_PER_KILL).max(VOTERS_MIN);
    stage.prepare(voters, seed, steps).await?;
    let at = Addresses::free()?;
    let mut validator = stage.start_validator(at).await?;
    let mut casting = stage.cast(
        at,
        Voting {
            rate: RATE,
            connections: CONNECTIONS,
            seed,
        },
    )?;
    steps.note(&format!(
        "loadgen: {RATE} requests/s over {CONNECTIONS} connections"
    ));
    for kill in 1..=kills {
        tokio::time::sleep(life()?).await;
        if !casting.is_running()? {
            bail!("loadgen ended before kill {kill}: see loadgen.log");
        }
        validator.kill().await?;
        validator = stage.start_validator(at).await?;
        if kill % 10 == 0 {
            steps.note(&format!("{kill} kills"));
        }
    }
    steps.done(&format!("{kills} kills, every start recovered"));
    tokio::time::sleep(life()?).await;
    validator.stop().await?;
    let validator = stage.start_validator(at).await?;
    steps.done("SIGTERM under load: drained, ended with status 0, started again");
    refuse_second(stage).await?;
    steps.done("a second validator on the same data directory was refused");
    casting.end_early()?;
    let summary = casting.finish().await?;
    steps.done(&format!(
        "load ended: {} votes acknowledged",
        summary.acknowledged()
    ));
    let outcome = judge(stage, kills, &summary, validator).await?;
    steps.done("ledger verified against every answer and receipt");
    Ok(outcome)
}

/// How long this validator lives.
fn life() -> Result<Duration> {
    let random =
        getrandom::u64().map_err(|e| anyhow::anyhow!("the system gives no randomness: {e}"))?;
    Ok(Duration::from_millis(
        LIFE_MS.start + random % (LIFE_MS.end - LIFE_MS.start),
    ))
}

/// A second owner of one ledger would be the end of "one vote per ballot".
async fn refuse_second(stage: &Stage) -> Result<()> {
    let call = stage.validator_call(Addresses::free()?);
    let refused = tokio::time::timeout(Duration::from_secs(30), call.run()).await;
    let refused = refused.context("a second validator runs on the same data directory")?;
    match refused {
        Ok(_) => {
            bail!("a second validator on the same data directory ended with status 0, expected 1")
        }
        Err(error) if error.to_string().contains(REFUSAL) => Ok(()),
        Err(error) => Err(error.context("a second validator was refused for another reason")),
    }
}

/// Stops the validator and holds the ledger against what was acknowledged.
async fn judge(stage: &Stage, kills: u32, summary: &Summary, validator: Server) -> Result<Outcome> {
    validator.stop().await?;
    let (acknowledged, receipts) = stage.acknowledged()?;
    let counted = stage.counted_from_files().await?;
    let Difference { lost, double } = counts::difference(&acknowledged, &counted);
    let in_truth: u64 = acknowledged.values().sum();
    if (in_truth, receipts) != (summary.acknowledged(), summary.accepted) {
        bail!(
            "loadgen's truth file and its summary differ: {in_truth} votes with {receipts} receipts, expected {} with {}",
            summary.acknowledged(),
            summary.accepted
        );
    }
    let fault = stage.verify().await.err().map(|error| format!("{error:#}"));
    Ok(Outcome {
        kills,
        acknowledged: in_truth,
        recovered: summary.recovered,
        lost,
        double,
        fault,
    })
}
