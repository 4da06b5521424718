//! Everything that `deploy/compose.yaml` runs, without containers: the gateway, two validators on a replicated ledger,
//! the log's witnesses, the mirror, both hands, and what watches them.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::time::Instant;

use super::crowd::Crowd;
use super::gateway::{Behind, Gateway};
use super::link::Link;
use super::members::Members;
use super::monitoring::{self, Monitoring, Targets};
use super::program::Program;
use super::webhook::Webhook;
use crate::authority::Authority;
use crate::child::Call;
use crate::cluster::patroni::Waiting;
use crate::cluster::servers::Servers;
use crate::cluster::site as shared;
use crate::lost_machine;
use crate::machines::Hand;
use crate::ports;
use crate::prepare::Stage;
use crate::services::{self, Addresses};
use crate::steps::Steps;
use crate::witnesses::{self, Witness};

/// Partitions of the ledger: one validator owns it, the other follows.
pub const PARTITIONS: u16 = 1;
/// The alert that always fires: it proves that alerts arrive.
pub const WATCHDOG: &str = "Watchdog";
/// How long everything may take until it is green.
const GREEN_WITHIN: Duration = Duration::from_secs(120);
const LOOK: Duration = Duration::from_millis(100);
/// A textfile that `deploy/pgbackrest` writes on a machine with a backup.
const BACKUP: &str = "backup.prom";

/// All of it; what is left is killed when this is dropped, voters' side first.
#[derive(Debug)]
pub struct Site {
    /// The voters, by load generators.
    pub crowd: Crowd,
    /// What voters and readers reach.
    pub gateway: Gateway,
    /// The validators behind it.
    pub members: Members,
    /// Takes the masks off, and shows results.
    pub mask_hand: Program,
    /// Adds up masked counts.
    pub count_hand: Program,
    /// A verified copy of the ledger, in the data directory.
    pub mirror: Program,
    /// The mirror's line to the validator that it follows.
    pub to_mirror: Link,
    /// The mask hand's line to that validator.
    pub to_mask_hand: Link,
    /// Who cosigns the log's checkpoints; none where one was ended.
    pub witnesses: Vec<Option<Witness>>,
    /// The database on its nodes.
    pub servers: Servers,
    /// Prometheus, Alertmanager, the node exporter.
    pub monitoring: Monitoring,
    /// Where alerts arrive in the end.
    pub webhook: Webhook,
    /// Where the mask hand listens.
    pub tally: Addresses,
    mirror_metrics: SocketAddr,
    targets: usize,
}

impl Site {
    /// Prepares the event and brings everything up; nobody votes yet.
    ///
    /// # Errors
    /// A program is not installed, fails, or is not ready in time.
    pub async fn start(
        stage: &Stage,
        deploy: &Path,
        (voters, seed): (u32, u64),
        steps: &mut Steps,
    ) -> Result<Site> {
        let servers = shared::database(stage, Waiting::NamedStandby, (voters, seed), steps).await?;
        let mut witnesses = Vec::new();
        for name in witnesses::NAMES {
            witnesses.push(Some(stage.start_witness(name).await?));
        }
        stage.begin_on(&servers.shared()).await?;
        let members = Members::start(stage, &servers, servers.shared().authority).await?;
        steps.done("three witnesses, the ledger begun on the database, two validators");
        let tally = Addresses::free()?;
        let first = members.all[0].at;
        let (to_mirror, to_mask_hand) = (
            Link::start(first.internal).await?,
            Link::start(first.internal).await?,
        );
        let mirror_metrics = ports::free()?;
        let mirror = start_mirror(stage, via(tally, &to_mirror), mirror_metrics).await?;
        let count_hand = stage.count_hand_call(stage.machines.releases());
        let count_hand = Program::start(count_hand.arg("--follow"))?;
        let authority = servers.shared().authority;
        let mask_hand = stage.tally_call(via(tally, &to_mask_hand));
        let mut mask_hand = Program::start(behind_gateway(stage, mask_hand, authority)?)?;
        services::wait_until_ready(mask_hand.server()?, tally.results_internal).await?;
        steps.done("the mirror, the count hand and the mask hand");
        let validators = [members.all[0].at.public, members.all[1].at.public];
        let behind = Behind {
            validators,
            tally: tally.results,
        };
        let dir = stage.machines.root().join("stack");
        fs::create_dir(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        let gateway = Gateway::start(deploy, &dir, authority, behind).await?;
        steps.done("the gateway");
        let webhook = Webhook::start().await?;
        let jobs = jobs(
            &members,
            &witnesses,
            &servers,
            (tally, mirror_metrics),
            &gateway,
        );
        // The node exporter is one more.
        let targets = 1 + jobs.iter().map(|(_, targets)| targets.len()).sum::<usize>();
        let monitoring = Monitoring::start(deploy, &dir, jobs, webhook.at).await?;
        steps.done("Prometheus, Alertmanager and the node exporter");
        let site = Site {
            crowd: Crowd::new(stage, gateway.plain, seed)?,
            gateway,
            members,
            mask_hand,
            count_hand,
            mirror,
            to_mirror,
            to_mask_hand,
            witnesses,
            servers,
            monitoring,
            webhook,
            tally,
            mirror_metrics,
            targets,
        };
        site.back_up(Duration::ZERO)?;
        Ok(site)
    }

    /// Waits until every target is up and no alert fires but the one that always does.
    ///
    /// # Errors
    /// Something is not green in time: it is named.
    pub async fn green(&mut self) -> Result<()> {
        let deadline = Instant::now() + GREEN_WITHIN;
        monitoring::all_up(self.monitoring.prometheus, self.targets, deadline).await?;
        loop {
            let firing = self.webhook.firing();
            if firing.len() == 1 && firing.contains(WATCHDOG) {
                return Ok(());
            }
            if Instant::now() > deadline {
                bail!("not green: {}", self.webhook.told().join("; "));
            }
            self.look().await?;
        }
    }

    /// Looks after everything for a moment, as service managers do: voters vote on, and a validator that ended is
    /// started again.
    ///
    /// # Errors
    /// A part ended that was not to end.
    pub async fn look(&mut self) -> Result<()> {
        self.crowd.look_after().await?;
        self.gateway.check()?;
        self.members.look_after()?;
        for program in [&mut self.mask_hand, &mut self.count_hand, &mut self.mirror] {
            program.check()?;
        }
        for witness in self.witnesses.iter_mut().flatten() {
            witness.server.check()?;
        }
        self.servers.check()?;
        self.monitoring.check()?;
        tokio::time::sleep(LOOK).await;
        Ok(())
    }

    /// Looks after everything for so long.
    ///
    /// # Errors
    /// As [`Site::look`].
    pub async fn rest(&mut self, time: Duration) -> Result<()> {
        let end = Instant::now() + time;
        while Instant::now() < end {
            self.look().await?;
        }
        Ok(())
    }

    /// Writes down that the last backup was made so long ago.
    ///
    /// # Errors
    /// The file cannot be written, or the clock stands before 1970.
    pub fn back_up(&self, ago: Duration) -> Result<()> {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
        let at = now.saturating_sub(ago).as_secs();
        let gauge = |name: &str, at: u64| {
            let name = format!("scrutin_backup_{name}_timestamp_seconds");
            format!("# TYPE {name} gauge\n{name} {at}\n")
        };
        // The archive lives whatever the age of the last backup is.
        let text = gauge("last_success", at) + &gauge("archived", now.as_secs());
        self.monitoring.leave(BACKUP, &text)
    }

    /// Ends the voting, waits until the mirror has every frame, and ends everything in order; the mirror's files,
    /// `ledger`, are then what is judged.
    ///
    /// # Errors
    /// The mirror does not come level; a program ends otherwise than it should.
    pub async fn stop(mut self, ledger: &Path) -> Result<()> {
        self.crowd.pause().await?;
        let metrics: Vec<SocketAddr> = (self.members.all.iter())
            .map(|member| member.at.internal)
            .collect();
        lost_machine::level_with(&metrics, self.mirror_metrics, Some(ledger)).await?;
        self.gateway.stop().await?;
        self.mask_hand.stop().await?;
        self.count_hand.stop().await?;
        self.mirror.stop().await?;
        self.members.stop().await?;
        witnesses::stop(self.witnesses.into_iter().flatten().collect()).await?;
        self.monitoring.stop().await
    }
}

/// The mask hand's addresses, with a line in the place of the validator's internal one.
fn via(tally: Addresses, line: &Link) -> Addresses {
    Addresses {
        internal: line.at,
        ..tally
    }
}

/// Has the mask hand speak TLS with the gateway, and believe what that says of clients.
fn behind_gateway(stage: &Stage, mask_hand: Call, authority: &Authority) -> Result<Call> {
    let dir = stage.machines.hand(Hand::Mask).join("tls");
    fs::create_dir(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
    authority.certify("tally", &dir, None)?;
    Ok(mask_hand
        .flag("--tls-certificate", dir.join("server.pem"))
        .flag("--tls-key", dir.join("server.key"))
        .flag("--trusted-proxy", "127.0.0.1/32")
        .arg("--proxy-protocol"))
}

/// Starts the mirror in the data directory, and waits until it holds a ledger.
async fn start_mirror(stage: &Stage, from: Addresses, metrics: SocketAddr) -> Result<Program> {
    let data = stage.machines.data();
    fs::remove_dir_all(&data).with_context(|| format!("cannot remove {}", data.display()))?;
    let call = lost_machine::mirror_call(stage, from, metrics).arg(&data);
    let mut mirror = Program::start(call)?;
    services::wait_until(mirror.server()?, metrics, "/metrics").await?;
    let deadline = Instant::now() + GREEN_WITHIN;
    while !stage.machines.ledger().join("p0000").is_dir() {
        mirror.check()?;
        if Instant::now() > deadline {
            bail!("the mirror makes no ledger: see mirror.log");
        }
        tokio::time::sleep(services::POLL).await;
    }
    Ok(mirror)
}

fn jobs(
    members: &Members,
    witnesses: &[Option<Witness>],
    servers: &Servers,
    (tally, mirror): (Addresses, SocketAddr),
    gateway: &Gateway,
) -> Targets {
    let named = |name: &str, at| vec![(name.to_owned(), at)];
    let validators = members.all.iter();
    let validators = validators.map(|member| (member.name.to_owned(), member.at.internal));
    let witnesses = witnesses.iter().flatten();
    let witnesses = witnesses.map(|witness| (witness.name.to_owned(), witness.at));
    let nodes = servers.addresses().into_iter();
    let nodes = nodes.map(|(name, places)| (name.to_owned(), places.patroni));
    vec![
        ("validator", validators.collect()),
        ("tally", named("mask-hand", tally.results_internal)),
        ("mirror", named("mirror", mirror)),
        ("witness", witnesses.collect()),
        ("gateway", named("gateway", gateway.metrics)),
        ("database", nodes.collect()),
    ]
}
