//! A cluster with everything that voters need: the database on three nodes, two validators, and the balancer before
//! them. Faults are played on it.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Result, bail};
use tokio::time::Instant;

use super::balancer;
use super::fault::Fault;
use super::network::Network;
use super::node::Blow;
use super::patroni::Waiting;
use super::report::{Struck, seconds};
use super::servers::{HEALTHY_WITHIN, Servers};
use crate::child::Server;
use crate::lost_machine::Copying;
use crate::prepare::Stage;
use crate::pulse::Pulse;
use crate::services;
use crate::steps::Steps;
use crate::validators::Validators;

const VALIDATORS: usize = 2;
/// Frames that must be recorded of each partition before all is called well.
const FRAMES: u64 = 10;
/// Whatever a fault does to votes begins within this time.
const HOLD: Duration = Duration::from_secs(3);
/// What was healed is not asked at once: it may still believe what was true before.
const SETTLE: Duration = Duration::from_millis(1500);
/// A node that came back may be lost once more, when its lease in etcd passes that it could not renew.
const STEADY: Duration = Duration::from_secs(3);
const LOOK_EVERY: Duration = Duration::from_millis(300);
const VOTES_WITHIN: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(50);

/// All of it; ended and removed when this is dropped, voters' side first.
#[derive(Debug)]
pub struct Site {
    pulse: Pulse,
    /// Follows one validator through everything.
    copying: Copying,
    balancer: Server,
    /// Each serves every voter, and records the votes of its partitions.
    pub validators: Validators,
    /// The database on its nodes.
    pub servers: Servers,
}

impl Site {
    /// Prepares the event, brings everything up and waits until voters are served at `at`.
    ///
    /// # Errors
    /// A program is not installed, fails, or is not ready in time.
    pub async fn start(
        stage: &Stage,
        at: SocketAddr,
        (voters, seed): (u32, u64),
        steps: &mut Steps,
    ) -> Result<Site> {
        let servers = database(stage, Waiting::NamedStandby, (voters, seed), steps).await?;
        stage.begin_on(&servers.shared()).await?;
        let validators = Validators::start(stage, &servers.shared(), VALIDATORS).await?;
        validators.shared_out(stage.partitions).await?;
        let log = stage.machines.logs().join("haproxy.log");
        let places = validators.addresses();
        let mut balancer =
            balancer::start(at, &places, &servers.working_dir(), log, servers.owner)?;
        services::wait_until_ready(&mut balancer, at).await?;
        steps.done(&format!(
            "{VALIDATORS} validators behind HAProxy, {} partitions",
            stage.partitions
        ));
        Ok(Site {
            pulse: Pulse::start(validators.metrics(), stage.partitions),
            copying: Copying::start(stage, validators.first()).await?,
            balancer,
            validators,
            servers,
        })
    }

    /// Whether this machine allows that a fault is played.
    #[must_use]
    pub fn allows(&self, fault: Fault) -> bool {
        !fault.is_cut() || matches!(self.servers.network, Network::Namespaces(_))
    }

    /// Plays a fault, waits until votes are recorded again, undoes it, and waits until the cluster is as before.
    ///
    /// # Errors
    /// Votes are not recorded again, or the cluster does not come back.
    pub async fn play(&mut self, fault: Fault) -> Result<Struck> {
        let blow = self.aim(fault).await?;
        self.pulse.mark();
        self.strike(fault, blow).await?;
        self.rest(HOLD).await?;
        self.votes_again().await?;
        let gap = self.pulse.longest();
        self.pulse.mark();
        let since = Instant::now();
        if let Some((node, blow)) = blow {
            self.servers.heal(node, blow)?;
        }
        self.rest(SETTLE).await?;
        let healed = self.healthy().await?.duration_since(since);
        self.votes_again().await?;
        Ok(Struck {
            fault,
            gap_s: seconds(gap),
            healing_gap_s: seconds(self.pulse.longest()),
            healed_s: seconds(healed),
        })
    }

    /// Waits until further votes were recorded.
    ///
    /// # Errors
    /// They are not in time.
    pub async fn votes_again(&mut self) -> Result<()> {
        let before = self.pulse.frames();
        let deadline = Instant::now() + VOTES_WITHIN;
        while !self.pulse.has_grown(&before, FRAMES) {
            if Instant::now() > deadline {
                bail!(
                    "no vote was recorded for {:.0} s: see the logs of v1, v2 and of the nodes",
                    self.pulse.longest().as_secs_f64()
                );
            }
            self.look().await?;
        }
        Ok(())
    }

    /// Keeps everything running until `end`.
    ///
    /// # Errors
    /// A part ends that is not to end.
    pub async fn keep(&mut self, end: impl Future<Output = ()>) -> Result<()> {
        tokio::pin!(end);
        loop {
            tokio::select! {
                () = &mut end => return Ok(()),
                looked = self.look() => looked?,
            }
        }
    }

    /// Waits until the mirror has all of the ledger, and ends the validators.
    ///
    /// # Errors
    /// No validator serves; the mirror does not come level with it.
    pub async fn into_files(self) -> Result<()> {
        self.copying.finish(&self.validators.metrics()).await?;
        self.validators.stop().await
    }

    /// The node that a fault strikes, before anything happens.
    async fn aim(&mut self, fault: Fault) -> Result<Option<(usize, Blow)>> {
        let Some((role, blow)) = fault.blow() else {
            return Ok(None);
        };
        if self.servers.who_is(role).await.is_err() {
            self.healthy().await?;
        }
        Ok(Some((self.servers.who_is(role).await?, blow)))
    }

    async fn strike(&mut self, fault: Fault, blow: Option<(usize, Blow)>) -> Result<()> {
        match (blow, fault) {
            (Some((node, blow)), _) => self.servers.strike(node, blow).await,
            (None, Fault::Handover) => self.validators.hand_over().await,
            (None, Fault::ValidatorKilled) => self.validators.kill().await,
            (None, _) => self.servers.switch_over().await,
        }
    }

    async fn rest(&mut self, time: Duration) -> Result<()> {
        let end = Instant::now() + time;
        while Instant::now() < end {
            self.look().await?;
        }
        Ok(())
    }

    /// Waits until the cluster is healthy and stays so; since when it is.
    async fn healthy(&mut self) -> Result<Instant> {
        let deadline = Instant::now() + HEALTHY_WITHIN;
        let mut since = None;
        loop {
            let now = Instant::now();
            since = match self.servers.is_healthy().await {
                true => since.or(Some(now)),
                false => None,
            };
            if let Some(since) = since.filter(|since| since.elapsed() >= STEADY) {
                return Ok(since);
            }
            if now > deadline {
                bail!("{}", self.servers.told().await);
            }
            self.rest(LOOK_EVERY).await?;
        }
    }

    /// Looks after everything, and waits for a moment.
    async fn look(&mut self) -> Result<()> {
        self.balancer.check()?;
        self.copying.check()?;
        self.servers.check()?;
        self.validators.look_after().await?;
        tokio::time::sleep(POLL).await;
        Ok(())
    }
}

/// Prepares the event while three nodes come up, and makes the ledger's tables on them.
///
/// # Errors
/// A program is not installed or fails; the cluster does not come up in time.
pub async fn database(
    stage: &Stage,
    waiting: Waiting,
    (voters, seed): (u32, u64),
    steps: &mut Steps,
) -> Result<Servers> {
    let mut servers = Servers::start(&stage.machines.logs(), waiting)?;
    if let Network::Loopback(why) = &servers.network {
        steps.note(&format!(
            "NOT PLAYED, nodes cut off from the network: {why}"
        ));
    }
    stage.prepare(voters, seed, steps).await?;
    servers.wait_until_healthy().await?;
    let schema = stage.call("validator").arg("ledger-schema").run().await?;
    servers.make_tables(&schema).await?;
    steps.done("three nodes of etcd, Patroni and PostgreSQL, the ledger's tables on them");
    Ok(servers)
}
