//! `rehearsal takeover`: two validators share a ledger on PostgreSQL with a synchronous standby, and voters vote at
//! both. Validators are stopped and killed, and so are the two servers. At the end every answer is held against the
//! ledger.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Result, bail};
use serde::Serialize;
use tokio::time::Instant;

use crate::chance;
use crate::history::Linearised;
use crate::judge::Judged;
use crate::lost_machine::Copying;
use crate::prepare::Stage;
use crate::pulse::Pulse;
use crate::replicas::Replicas;
use crate::steps::Steps;
use crate::validators::{self, Validators};
use crate::verdict::Verdict;
use crate::voting::{Load, Voting};
use crate::witnesses::{self, Witness};

/// Votes that fall due in each second.
const RATE: u64 = 200;
const CONNECTIONS: u32 = 16;
const VOTERS_MIN: u32 = 4_000;
/// Frames that each partition must get between two faults.
const FRAMES: u64 = 20;
const VALIDATORS: usize = 2;
const POLL: Duration = Duration::from_millis(50);
const FRAMES_WITHIN: Duration = Duration::from_secs(30);

/// Which part is stopped or killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// SIGTERM to a validator, each in turn.
    Handover,
    /// SIGKILL to a validator, each in turn.
    ValidatorKilled,
    /// SIGKILL to the database's primary, which starts again.
    PrimaryKilled,
    /// SIGKILL to its standby, which starts again.
    StandbyKilled,
}

const FAULTS: [Fault; 4] = [
    Fault::Handover,
    Fault::ValidatorKilled,
    Fault::PrimaryKilled,
    Fault::StandbyKilled,
];

/// One fault, and how long no vote could be recorded.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Played {
    /// Which part was stopped or killed.
    pub fault: Fault,
    /// The longest time from then on in which some partition recorded no vote.
    pub gap_s: f64,
}

/// All faults, and the ledger held against every answer.
#[derive(Clone, Debug, Serialize)]
pub struct Takeover {
    /// In the order in which they were played.
    pub faults: Vec<Played>,
    /// Attempts of voters after their first.
    pub retries: u64,
    /// Votes that were sent several times at the same moment.
    pub raced: u64,
    /// The ledger, held against every answer.
    #[serde(flatten)]
    pub judged: Judged,
    /// Every attempt at a vote, judged as a register that is written once.
    pub history: Linearised,
    /// Whether nothing was lost and nobody voted twice.
    pub verdict: Verdict,
}

/// Plays `faults` faults while voters vote, each kind in turn and then at random.
///
/// # Errors
/// Anything that keeps it from being played, and a ledger that is not served again.
pub async fn run(stage: &Stage, faults: u32, seed: u64, steps: &mut Steps) -> Result<Takeover> {
    let votes = (u64::from(faults) + 2) * 10 * RATE;
    stage
        .prepare(u32::try_from(votes)?.max(VOTERS_MIN), seed, steps)
        .await?;
    let mut site = Site::start(stage).await?;
    steps.done("PostgreSQL with a synchronous standby, the ledger begun on it, two validators");
    let at: Vec<SocketAddr> = site
        .validators
        .addresses()
        .iter()
        .map(|(_, at)| *at)
        .collect();
    let mut casting = stage.cast_with_history(
        &at,
        Voting {
            load: Load::Rate(RATE),
            votes: Some(votes),
            connections: CONNECTIONS,
            seed,
        },
    )?;
    let mut played = Vec::new();
    for number in 0..faults {
        let pick = match FAULTS.get(number as usize) {
            Some(fault) => *fault,
            None => FAULTS[usize::try_from(chance::below(FAULTS.len() as u64)?)?],
        };
        site.frames_again().await?;
        let gap = site.play(pick).await?;
        steps.done(&format!(
            "{pick:?}: votes again after {:.1} s",
            gap.as_secs_f64()
        ));
        played.push(Played {
            fault: pick,
            gap_s: gap.as_secs_f64(),
        });
    }
    site.frames_again().await?;
    if casting.is_running()? {
        casting.end_early()?;
    }
    let summary = casting.summed_up().await?;
    site.into_files().await?;
    let shared = stage.judge_shared(&summary, &validators::NAMES).await?;
    steps.done("a mirror of the ledger held against every answer and receipt");
    Ok(Takeover {
        faults: played,
        retries: summary.retries,
        raced: summary.raced,
        judged: shared.judged,
        history: shared.history,
        verdict: Verdict::new("nothing was lost, and nobody voted twice", shared.found),
    })
}

/// Two validators and the two servers behind them.
struct Site {
    pulse: Pulse,
    /// Follows one validator through everything.
    copying: Copying,
    validators: Validators,
    replicas: Replicas,
    witnesses: Vec<Witness>,
}

impl Site {
    async fn start(stage: &Stage) -> Result<Site> {
        let replicas = Replicas::start(stage).await?;
        stage.begin_on(&replicas.shared()).await?;
        let witnesses = stage.start_witnesses().await?;
        let validators = Validators::start(stage, &replicas.shared(), VALIDATORS).await?;
        validators.shared_out(stage.partitions).await?;
        Ok(Site {
            pulse: Pulse::start(validators.metrics(), stage.partitions),
            copying: Copying::start(stage, validators.first()).await?,
            validators,
            replicas,
            witnesses,
        })
    }

    /// Plays a fault and tells the longest time in which some partition recorded nothing.
    async fn play(&mut self, fault: Fault) -> Result<Duration> {
        self.pulse.mark();
        match fault {
            Fault::Handover => self.validators.hand_over().await?,
            Fault::ValidatorKilled => self.validators.kill().await?,
            Fault::PrimaryKilled => self.replicas.crash_primary().await?,
            Fault::StandbyKilled => self.replicas.crash_standby().await?,
        }
        self.frames_again().await?;
        Ok(self.pulse.longest())
    }

    /// Waits until each partition has further frames.
    async fn frames_again(&mut self) -> Result<()> {
        let before = self.pulse.frames();
        let deadline = Instant::now() + FRAMES_WITHIN;
        while !self.pulse.has_grown(&before, FRAMES) {
            if Instant::now() > deadline {
                let frames = self.pulse.frames();
                bail!(
                    "the partitions stand at frames {frames:?}, expected {FRAMES} more than {before:?} each: see v1.log and v2.log"
                );
            }
            self.copying.check()?;
            self.validators.look_after().await?;
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }

    /// Waits until the mirror has all of the ledger, and ends everything.
    async fn into_files(self) -> Result<()> {
        self.copying.finish(&self.validators.metrics()).await?;
        self.validators.stop().await?;
        witnesses::stop(self.witnesses).await
    }
}
