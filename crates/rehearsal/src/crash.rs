//! `rehearsal crash`: the validator under load, killed at random moments again and again. At the
//! end every vote that was acknowledged must be found exactly once.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Serialize;

use crate::child::Server;
use crate::judge::{Experiment, Judged};
use crate::prepare::{SAMPLE_ROLL, Stage};
use crate::races::{Raced, Races};
use crate::services::Addresses;
use crate::steps::Steps;
use crate::voting::{Load, Voting};
use crate::{chance, failed_sync, full_disk};

/// Requests a second while the validator is killed.
const RATE: u64 = 1_500;
const CONNECTIONS: u32 = 64;
/// A validator is killed this long after it began to take votes: a random time within this range.
const LIFE_MS: std::ops::Range<u64> = 20..500;
/// Synthetic voters for each kill, so that votes do not run out: a life, a restart, four ballots.
const VOTERS_PER_KILL: u32 = 1_000;
const VOTERS_MIN: u32 = 4_000;
/// Words that a second validator on the same data directory must say to its operator.
const REFUSAL: &str = "is locked";

/// What became of the votes, whatever crashed.
#[derive(Clone, Debug, Serialize)]
pub struct CrashReport {
    /// How often the validator was ended by SIGKILL.
    pub kills: u32,
    /// The votes of the load generator, held against the ledger.
    #[serde(flatten)]
    pub judged: Judged,
    /// Clients that raced for the same credentials meanwhile.
    pub races: Raced,
    /// A full disk, rehearsed on a ledger of its own.
    pub full_disk: Experiment,
    /// A failed sync, rehearsed on a ledger of its own.
    pub failed_sync: Experiment,
}

impl CrashReport {
    /// Whether nothing was lost and nothing counted twice.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.judged.is_clean()
            && self.races.violations == 0
            && self.full_disk.is_clean()
            && self.failed_sync.is_clean()
    }
}

/// Kills the validator `kills` times under load; then ends it by SIGTERM under load, which it must
/// survive with exit status 0, and starts a second one on its data directory, which must be refused.
/// Meanwhile clients race for the same credentials. A full disk and a failed sync follow, on ledgers of
/// their own.
///
/// # Errors
/// Anything that keeps the experiment from being made; lost votes are reported, no error.
pub async fn run(stage: &Stage, kills: u32, seed: u64, steps: &mut Steps) -> Result<CrashReport> {
    let voters = kills
        .checked_mul(VOTERS_PER_KILL)
        .context("so many kills need more voters than a roll can have")?
        .max(VOTERS_MIN);
    stage.prepare(voters, seed, steps).await?;
    let at = Addresses::free()?;
    let mut validator = start(stage, at).await?;
    let voting = Voting {
        load: Load::Rate(RATE),
        votes: None,
        connections: CONNECTIONS,
        seed,
    };
    let mut casting = stage.cast(at, voting)?;
    let races = Races::start(at, SAMPLE_ROLL)?;
    steps.note(&format!(
        "loadgen: {RATE} requests/s over {CONNECTIONS} connections"
    ));
    for kill in 1..=kills {
        tokio::time::sleep(chance::moment(LIFE_MS)?).await;
        if !casting.is_running()? {
            bail!("loadgen ended before kill {kill}: see loadgen.log");
        }
        validator.kill().await?;
        validator = start(stage, at).await?;
        if kill % 10 == 0 {
            steps.note(&format!("{kill} kills"));
        }
    }
    steps.done(&format!("{kills} kills, every start recovered"));
    tokio::time::sleep(chance::moment(LIFE_MS)?).await;
    validator.stop().await?;
    let validator = start(stage, at).await?;
    steps.done("SIGTERM under load: drained, ended with status 0, started again");
    refuse_second(stage).await?;
    steps.done("a second validator on the same data directory was refused");
    let raced = races.finish().await?;
    steps.done(&format!(
        "{} clients raced for {} credentials: {} answers that cannot be true together",
        raced.clients, raced.credentials, raced.violations
    ));
    casting.end_early()?;
    let summary = casting.finish().await?;
    steps.done(&format!(
        "load ended: {} votes acknowledged",
        summary.acknowledged()
    ));
    validator.stop().await?;
    let judged = stage.judge(&summary, Some(&raced)).await?;
    steps.done("ledger verified against every answer and receipt");
    if !judged.is_clean() {
        bail!("the kills left a fault, whose evidence is kept: {judged:?}");
    }
    let full_disk = full_disk::run(stage, voting, steps).await?;
    let failed_sync = failed_sync::run(stage, voting, steps).await?;
    Ok(CrashReport {
        kills,
        judged,
        races: raced,
        full_disk,
        failed_sync,
    })
}

/// Starts the validator. Races repeat votes far more often than a voter may.
async fn start(stage: &Stage, at: Addresses) -> Result<Server> {
    let settings = "[clients]\nfailed_attempts_burst = 100000\n";
    stage.start_validator_with(at, settings).await
}

/// A second owner of one ledger would be the end of "one vote per ballot".
async fn refuse_second(stage: &Stage) -> Result<()> {
    let log = stage.machines.logs().join("second-validator.log");
    let call = stage.validator_call(Addresses::free()?).logging_to(&log);
    let ended = tokio::time::timeout(Duration::from_secs(30), call.outcome()).await;
    let (status, _) = ended.context("a second validator runs on the same data directory")??;
    if status.code() != Some(1) {
        bail!("a second validator on the same data directory ended with {status}, expected 1");
    }
    let said =
        fs::read_to_string(&log).with_context(|| format!("cannot read {}", log.display()))?;
    if !said.contains(REFUSAL) {
        bail!("a second validator was refused for another reason: {said}");
    }
    Ok(())
}
