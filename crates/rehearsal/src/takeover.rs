//! `rehearsal takeover`: two validators share a ledger on PostgreSQL with a synchronous standby. While voters
//! vote, the one that writes is stopped or killed, and so are the two servers; the other validator goes on under
//! the same address. At the end every answer is held against the ledger.

use std::time::Duration;

use anyhow::{Result, bail};
use serde::Serialize;
use tokio::time::Instant;

use crate::chance;
use crate::child::Server;
use crate::history::Linearised;
use crate::judge::Judged;
use crate::lost_machine::copy_into_data;
use crate::prepare::Stage;
use crate::replicas::Replicas;
use crate::services::{self, Addresses};
use crate::steps::Steps;
use crate::verdict::Verdict;
use crate::voting::{Load, Voting};

/// Votes that fall due in each second.
const RATE: u64 = 200;
const CONNECTIONS: u32 = 16;
const VOTERS_MIN: u32 = 4_000;
/// Votes that must arrive between two faults.
const VOTES: u64 = 60;

/// Which part is stopped or killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// SIGTERM to the validator that writes.
    Handover,
    /// SIGKILL to the validator that writes.
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
    /// From the fault until the ledger grew again.
    pub gap_s: f64,
}

/// All faults, and the ledger held against every answer.
#[derive(Clone, Debug, Serialize)]
pub struct Takeover {
    /// In the order in which they were played.
    pub faults: Vec<Played>,
    /// Attempts of voters after their first.
    pub retries: u64,
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
    let replicas = Replicas::start(stage).await?;
    stage.begin_replicated(&replicas, "v1").await?;
    steps.done("PostgreSQL with a synchronous standby, the ledger begun on it");
    let at = Addresses::free()?;
    let mut site = Site::start(stage, replicas, at).await?;
    let mut casting = stage.cast_with_history(
        at,
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
        services::grown(&mut site.writes, at, "ledger_votes_total", VOTES).await?;
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
    services::grown(&mut site.writes, at, "ledger_votes_total", VOTES).await?;
    if casting.is_running()? {
        casting.end_early()?;
    }
    let summary = casting.summed_up().await?;
    site.into_files().await?;
    let shared = stage.judge_shared(&summary, ["v1", "v2"]).await?;
    steps.done("a mirror of the ledger held against every answer and receipt");
    Ok(Takeover {
        faults: played,
        retries: summary.retries,
        judged: shared.judged,
        history: shared.history,
        verdict: Verdict::new("nothing was lost, and nobody voted twice", shared.found),
    })
}

/// Two validators under one address, of which one writes.
struct Site<'a> {
    stage: &'a Stage,
    replicas: Replicas,
    at: Addresses,
    writes: Server,
    writer: &'static str,
    stands_by: Server,
    other: &'static str,
}

impl<'a> Site<'a> {
    async fn start(stage: &'a Stage, replicas: Replicas, at: Addresses) -> Result<Site<'a>> {
        let mut writes = stage.member_call(&replicas, "v1", at)?.start()?;
        services::wait_until_ready(&mut writes, at.public).await?;
        let stands_by = stage.member_call(&replicas, "v2", at)?.start()?;
        Ok(Site {
            stage,
            replicas,
            at,
            writes,
            writer: "v1",
            stands_by,
            other: "v2",
        })
    }

    /// Plays a fault and tells how long it took until the ledger grew again.
    async fn play(&mut self, fault: Fault) -> Result<Duration> {
        let since = Instant::now();
        match fault {
            Fault::Handover => {
                self.writes.terminate()?;
                self.change_places().await?;
            }
            Fault::ValidatorKilled => {
                self.writes.kill().await?;
                self.change_places().await?;
            }
            Fault::PrimaryKilled => self.replicas.crash_primary().await?,
            Fault::StandbyKilled => self.replicas.crash_standby().await?,
        }
        services::grown(&mut self.writes, self.at, "ledger_votes_total", 1).await?;
        Ok(since.elapsed())
    }

    /// The validator that stood by takes the place of the other, which is started again and stands by.
    async fn change_places(&mut self) -> Result<()> {
        let status = self.writes.wait().await?;
        if status.code().is_some_and(|code| code != 0) {
            bail!("{} ended with {status}", self.writer);
        }
        if !self.stands_by.is_running()? {
            // As a service manager does: one that found the address taken was too early.
            self.stands_by = self.member(self.other)?;
        }
        services::wait_until_ready(&mut self.stands_by, self.at.public).await?;
        let again = self.member(self.writer)?;
        self.writes = std::mem::replace(&mut self.stands_by, again);
        std::mem::swap(&mut self.writer, &mut self.other);
        Ok(())
    }

    fn member(&self, name: &str) -> Result<Server> {
        let call = self.stage.member_call(&self.replicas, name, self.at)?;
        call.start()
    }

    /// Copies the ledger into the files of the data directory, and ends everything.
    async fn into_files(self) -> Result<()> {
        copy_into_data(self.stage, self.at).await?;
        drop(self.stands_by);
        self.writes.stop().await
    }
}
