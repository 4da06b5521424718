//! `rehearsal crash-tally`: tally and PostgreSQL killed at random moments while votes arrive. At the
//! end the database, the ledger's files and the load generator's answers must count the same.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Serialize;
use tokio::time::Instant;

use crate::api;
use crate::chance;
use crate::child::Server;
use crate::counts::{self, Counts};
use crate::postgres::Postgres;
use crate::prepare::Stage;
use crate::services::Addresses;
use crate::steps::Steps;
use crate::voting::{LOOK_AGAIN, Load, Voting};

const RATE: u64 = 1_000;
const CONNECTIONS: u32 = 32;
/// A tally is killed this long after its start: a random time within this range. Some are killed while
/// they connect, some while they catch up, some while they follow the validator.
const LIFE_MS: std::ops::Range<u64> = 20..900;
/// Synthetic voters for each kill, so that votes do not run out.
const VOTERS_PER_KILL: u32 = 800;
const VOTERS_MIN: u32 = 4_000;
const DATABASE: &str = "election";
/// How long the last tally may take to catch up.
const CATCH_UP_WITHIN: Duration = Duration::from_secs(120);

/// Whether the database is right, whatever was killed.
#[derive(Clone, Debug, Serialize)]
pub struct TallyCrashReport {
    /// How often a program was ended by SIGKILL.
    pub kills: u32,
    /// How often this was the tally.
    pub tally_kills: u32,
    /// How often this was PostgreSQL.
    pub postgres_kills: u32,
    /// Votes that the validator said it recorded.
    pub votes: u64,
    /// Counts that differ between the answers, the ledger's files and the database.
    pub differences: usize,
    /// What `tally verify` says against ledger or database, if anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

impl TallyCrashReport {
    /// Whether every vote is in the database once.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.differences == 0 && self.fault.is_none()
    }
}

/// The servers that are killed and started again.
struct Servers<'a> {
    stage: &'a Stage,
    at: Addresses,
    url: String,
    postgres: Postgres,
    tally: Server,
    count_hand: Server,
    tally_kills: u32,
    postgres_kills: u32,
}

/// Kills tally and PostgreSQL `kills` times under load, then compares every count.
///
/// # Errors
/// Anything that keeps the experiment from being made; differences are reported, no error.
pub async fn run(
    stage: &Stage,
    kills: u32,
    seed: u64,
    steps: &mut Steps,
) -> Result<TallyCrashReport> {
    let voters = kills
        .checked_mul(VOTERS_PER_KILL)
        .context("so many kills need more voters than a roll can have")?
        .max(VOTERS_MIN);
    stage.prepare(voters, seed, steps).await?;
    let at = Addresses::free()?;
    let validator = stage.start_validator(at).await?;
    let postgres = Postgres::start(&stage.machines.logs().join("postgres.log")).await?;
    let url = postgres.database(DATABASE).await?;
    steps.done("validator and a private PostgreSQL run");
    let mut casting = stage.cast(
        at,
        Voting {
            load: Load::Rate(RATE),
            votes: None,
            connections: CONNECTIONS,
            seed,
        },
    )?;
    let count_hand = stage.start_count_hand()?;
    let tally = stage.tally_call(at).flag("--postgres", &url).start()?;
    let mut servers = Servers {
        stage,
        at,
        url,
        postgres,
        tally,
        count_hand,
        tally_kills: 0,
        postgres_kills: 0,
    };
    while servers.kills() < kills {
        tokio::time::sleep(chance::moment(LIFE_MS)?).await;
        if !casting.is_running()? {
            bail!(
                "loadgen ended after {} kills: see loadgen.log",
                servers.kills()
            );
        }
        servers.strike(kills - servers.kills()).await?;
        if servers.kills().is_multiple_of(10) {
            steps.note(&format!("{} kills", servers.kills()));
        }
    }
    steps.done(&format!(
        "{} kills of the tally, {} of PostgreSQL",
        servers.tally_kills, servers.postgres_kills
    ));
    casting.end_early()?;
    let summary = casting.finish().await?;
    servers.catch_up().await?;
    validator.stop().await?;
    steps.done("load ended, the database has caught up");
    let outcome = servers.judge(summary.acknowledged()).await?;
    steps.done("database, files and answers compared");
    servers.tally.stop().await?;
    servers.count_hand.stop().await?;
    servers.postgres.stop().await?;
    Ok(outcome)
}

impl Servers<'_> {
    fn kills(&self) -> u32 {
        self.tally_kills + self.postgres_kills
    }

    /// Kills the tally, PostgreSQL or both, but no more than `left` programs, and starts them again.
    async fn strike(&mut self, left: u32) -> Result<()> {
        let (tally, postgres) = match chance::below(6)? {
            0 => (false, true),
            1 if left > 1 => (true, true),
            _ => (true, false),
        };
        if tally && self.tally.is_running()? {
            self.tally.kill().await?;
            self.tally_kills += 1;
            // The other hand has no better machine.
            self.count_hand.kill().await?;
            self.count_hand = self.stage.start_count_hand()?;
        }
        if postgres {
            self.postgres.crash().await?;
            self.postgres_kills += 1;
        }
        self.keep_tally()
    }

    /// As a service manager does: a tally that has ended is started again. It ends by itself where
    /// the database is away at its start, and never where it goes away later.
    fn keep_tally(&mut self) -> Result<()> {
        if !self.tally.is_running()? {
            let call = self.stage.tally_call(self.at);
            self.tally = call.flag("--postgres", &self.url).start()?;
        }
        Ok(())
    }

    /// Waits until the database stands at the ledger's last frame.
    async fn catch_up(&mut self) -> Result<()> {
        let deadline = Instant::now() + CATCH_UP_WITHIN;
        loop {
            let last = crate::services::metric(self.at.internal, "ledger_last_sequence").await?;
            // A tally that has just been started does not answer yet.
            let health = api::tally_health(self.at.results).await.ok();
            if health.and_then(|health| health.written()) == Some(last) {
                return Ok(());
            }
            if Instant::now() > deadline {
                let seconds = CATCH_UP_WITHIN.as_secs();
                bail!("the database is not at frame {last} after {seconds} s: see tally.log");
            }
            self.keep_tally()?;
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// What the database counts, once that is what was acknowledged or the time for it is over: releases and
    /// rankings come a moment behind the frames.
    async fn counted_in_database(&self, acknowledged: &Counts) -> Result<Counts> {
        let deadline = Instant::now() + CATCH_UP_WITHIN;
        loop {
            let counted = self.postgres.counts(DATABASE).await?;
            if counted == *acknowledged || Instant::now() > deadline {
                return Ok(counted);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    async fn judge(&self, votes: u64) -> Result<TallyCrashReport> {
        let (acknowledged, _) = self.stage.acknowledged()?;
        let in_files = self.stage.counted_from_files().await?;
        let in_database = self.counted_in_database(&acknowledged).await?;
        let fault = self.stage.verify_with(["--postgres", &self.url]).await;
        Ok(TallyCrashReport {
            kills: self.kills(),
            tally_kills: self.tally_kills,
            postgres_kills: self.postgres_kills,
            votes,
            differences: counts::differing(&acknowledged, &in_files)
                + counts::differing(&acknowledged, &in_database),
            fault: fault.err().map(|error| format!("{error:#}")),
        })
    }
}
