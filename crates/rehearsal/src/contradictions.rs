//! `rehearsal contradictions`: what contradicts what is known, while voters vote. The clock jumps ten years
//! ahead and back, the ledger's directory vanishes, an older copy of the ledger is restored. The validator
//! must refuse, wait for a person and lose nothing; voters send again.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::Signal;
use serde::Serialize;
use tokio::time::Instant;

use crate::child::{Call, Server};
use crate::http;
use crate::judge::Judged;
use crate::prepare::Stage;
use crate::services::{self, Addresses};
use crate::steps::Steps;
use crate::verdict::Verdict;
use crate::voting::{Load, Summary, Voting};

/// Votes that fall due in each second.
const RATE: u64 = 300;
const CONNECTIONS: u32 = 32;
/// Synthetic voters for each vote of a scene: each votes on several ballots, some twice.
const VOTERS_MIN: u32 = 4_000;
/// Votes that must arrive before a scene goes on.
const VOTES: u64 = 150;
/// How long a clock stays wrong.
const WRONG_FOR: Duration = Duration::from_secs(3);
/// How long the validator may take to notice.
const NOTICED_WITHIN: Duration = Duration::from_secs(10);
const TEN_YEARS_MS: i64 = 10 * 365 * 24 * 3_600 * 1_000;

/// What honest voters met in one scene.
#[derive(Clone, Debug, Serialize)]
pub struct Scene {
    /// Which contradiction was played.
    pub scene: &'static str,
    /// Share of the honest voters' votes that were recorded.
    pub recorded_share: f64,
    /// Latency of recorded votes that half of them stay below, from when they were due, in ms.
    pub p50_ms: f64,
    /// The same for 99 of 100; the time of the contradiction is in it.
    pub p99_ms: f64,
    /// Attempts after the first.
    pub retries: u64,
    /// The ledger, held against every answer.
    #[serde(flatten)]
    pub judged: Judged,
}

/// All scenes, and what they come to.
#[derive(Clone, Debug, Serialize)]
pub struct Contradictions {
    /// In the order in which they were played.
    pub scenes: Vec<Scene>,
    /// Whether nothing was lost and nobody voted twice.
    pub verdict: Verdict,
}

/// Plays the three scenes, each with `votes` votes on a ledger of its own.
///
/// # Errors
/// Anything that keeps a scene from being played, and a validator that does not refuse what it must.
pub async fn run(
    stage: &Stage,
    votes: u64,
    seed: u64,
    steps: &mut Steps,
) -> Result<Contradictions> {
    let voters = u32::try_from(votes)?.max(VOTERS_MIN);
    stage.prepare(voters, seed, steps).await?;
    let voting = Voting {
        load: Load::Rate(RATE),
        votes: Some(votes),
        connections: CONNECTIONS,
        seed,
    };
    let mut scenes = vec![scene("clock", stage, clock(stage, voting, steps).await?).await?];
    another_ledger(stage, "clock").await?;
    scenes.push(scene("vanished", stage, vanished(stage, voting, steps).await?).await?);
    another_ledger(stage, "vanished").await?;
    scenes.push(scene("older-copy", stage, older(stage, voting, steps).await?).await?);
    steps.done("every ledger verified against every answer and receipt");
    let faults = scenes.iter().filter(|scene| !scene.is_clean());
    let faults = faults.map(|scene| format!("{}: {:?}", scene.scene, scene.judged));
    let verdict = Verdict::new("nothing was lost, and nobody voted twice", faults.collect());
    Ok(Contradictions { scenes, verdict })
}

impl Scene {
    fn is_clean(&self) -> bool {
        self.judged.is_clean() && self.recorded_share >= 1.0
    }
}

async fn scene(name: &'static str, stage: &Stage, summary: Summary) -> Result<Scene> {
    let recorded = summary.acknowledged();
    let judged = stage.judge(&summary, None).await?;
    #[allow(clippy::cast_precision_loss)] // votes below 2^53
    let share = recorded as f64 / (recorded + summary.shed + summary.unanswered).max(1) as f64;
    Ok(Scene {
        scene: name,
        recorded_share: share,
        p50_ms: summary.latency_ms.p50,
        p99_ms: summary.latency_ms.p99,
        retries: summary.retries,
        judged,
    })
}

/// Puts the data directory aside and begins a ledger anew.
async fn another_ledger(stage: &Stage, scene: &str) -> Result<()> {
    let data = stage.machines.data();
    rustix::fs::rename(&data, data.with_file_name(format!("data-{scene}")))?;
    stage.begin_ledger().await
}

/// The clock jumps ten years ahead and back, then ten years back and ahead.
async fn clock(stage: &Stage, voting: Voting, steps: &mut Steps) -> Result<Summary> {
    let at = Addresses::free()?;
    let file = stage.machines.online().join("clock");
    let mut validator = stage.start_validator_on_clock(at, &file).await?;
    let casting = stage.cast(at, voting)?;
    services::grown(&mut validator, at, "ledger_votes_total", VOTES).await?;
    for wrong_ms in [TEN_YEARS_MS, -TEN_YEARS_MS] {
        set_clock(&file, wrong_ms)?;
        readiness(at, 503).await?;
        let before = services::metric(at.internal, "ledger_votes_total").await?;
        tokio::time::sleep(WRONG_FOR).await;
        let after = services::metric(at.internal, "ledger_votes_total").await?;
        if before != after {
            bail!(
                "{} votes were taken while the clock was in doubt",
                after - before
            );
        }
        set_clock(&file, 0)?;
        readiness(at, 200).await?;
    }
    steps.done("the clock jumped ten years ahead, and ten back: 503 meanwhile, then votes again");
    let summary = casting.finish().await?;
    validator.stop().await?;
    Ok(summary)
}

/// Sets the error of the clock as a whole: it is read at any moment.
fn set_clock(file: &Path, wrong_ms: i64) -> Result<()> {
    let aside = file.with_extension("new");
    fs::write(&aside, wrong_ms.to_string()).context("cannot set the clock")?;
    rustix::fs::rename(aside, file).context("cannot set the clock")
}

/// Waits until `/readyz` and health answer with this status.
async fn readiness(at: Addresses, status: u16) -> Result<()> {
    let deadline = Instant::now() + NOTICED_WITHIN;
    loop {
        let (ready, _) = http::get(at.public, "/readyz").await?;
        let (health, _) = http::get(at.public, "/api/v1/health").await?;
        if ready == status && health == status {
            return Ok(());
        }
        if Instant::now() > deadline {
            bail!("/readyz answers {ready} and health {health}, expected {status}");
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The ledger's directory is taken away under the running validator, and comes back.
async fn vanished(stage: &Stage, voting: Voting, steps: &mut Steps) -> Result<Summary> {
    let at = Addresses::free()?;
    let mut validator = stage.start_validator(at).await?;
    let casting = stage.cast(at, voting)?;
    services::grown(&mut validator, at, "ledger_votes_total", VOTES).await?;
    let (ledger, aside) = (stage.machines.ledger(), aside(stage, "unmounted"));
    rustix::fs::rename(&ledger, &aside)?;
    aborted(validator).await?;
    refused(stage, at, "holds no ledger").await?;
    rustix::fs::rename(&aside, &ledger)?;
    steps.done("the ledger vanished: the service ended, and no start began another");
    let validator = stage.start_validator(at).await?;
    let summary = casting.finish().await?;
    validator.stop().await?;
    Ok(summary)
}

/// An older copy of the ledger is restored, with the newer voted bitsets beside it.
async fn older(stage: &Stage, voting: Voting, steps: &mut Steps) -> Result<Summary> {
    let at = Addresses::free()?;
    let mut validator = stage.start_validator(at).await?;
    let casting = stage.cast(at, voting)?;
    services::grown(&mut validator, at, "ledger_votes_total", VOTES).await?;
    validator.stop().await?;
    let (ledger, older) = (stage.machines.ledger(), aside(stage, "older"));
    copy(stage, &ledger, &older).await?;
    let mut validator = stage.start_validator(at).await?;
    services::grown(&mut validator, at, "ledger_votes_total", VOTES).await?;
    validator.stop().await?;
    let newest = aside(stage, "newest");
    rustix::fs::rename(&ledger, &newest)?;
    copy(stage, &older, &ledger).await?;
    refused(stage, at, "--accept-rollback").await?;
    fs::remove_dir_all(&ledger)?;
    rustix::fs::rename(&newest, &ledger)?;
    steps.done("an older copy was refused, and the newest restored");
    let validator = stage.start_validator(at).await?;
    let summary = casting.finish().await?;
    validator.stop().await?;
    Ok(summary)
}

fn aside(stage: &Stage, name: &str) -> PathBuf {
    stage.machines.online().join(name)
}

async fn copy(stage: &Stage, from: &Path, to: &Path) -> Result<()> {
    let log = stage.machines.logs().join("cp.log");
    let call = Call::new("cp".into(), log).arg("-a").arg(from).arg(to);
    call.run().await.map(drop)
}

/// Fails where a start is not refused with these words.
async fn refused(stage: &Stage, at: Addresses, words: &str) -> Result<()> {
    let log = stage.machines.logs().join("refused.log");
    let _ = fs::remove_file(&log);
    let call = stage.validator_call(at).logging_to(&log);
    let ended = tokio::time::timeout(NOTICED_WITHIN, call.outcome()).await;
    let (status, _) = ended.context("a start that must be refused goes on")??;
    let said = fs::read_to_string(&log).context("a refused start says nothing")?;
    if status.success() || !said.contains(words) {
        bail!("a start ended with {status}, expected a refusal that says {words:?}: {said}");
    }
    Ok(())
}

/// Waits until the validator ends by SIGABRT, as it must.
async fn aborted(mut validator: Server) -> Result<()> {
    let ended = tokio::time::timeout(NOTICED_WITHIN, validator.wait()).await;
    let status = ended.context("the validator lives on without its ledger")??;
    if status.signal() != Some(Signal::ABORT.as_raw()) {
        bail!("the validator ended with {status}, expected SIGABRT");
    }
    Ok(())
}
