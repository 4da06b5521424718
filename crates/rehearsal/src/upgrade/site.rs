//! Everything that is exchanged, and what it stands on: two validators behind HAProxy, both hands of the tally, and
//! the databases, which stay.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use tokio::time::Instant;

use super::releases::Release;
use super::report::Exchanged;
use crate::child::{Call, Server};
use crate::cluster::balancer;
use crate::counts::{self, Counts};
use crate::http;
use crate::lost_machine::Copying;
use crate::ports;
use crate::postgres::Postgres;
use crate::prepare::Stage;
use crate::pulse::Pulse;
use crate::replicas::Replicas;
use crate::services::{self, Addresses};
use crate::validators::{NAMES, Validators};
use crate::voting::LOOK_AGAIN;
use crate::witnesses::{self, Witness};

/// How many validators share the ledger.
pub const VALIDATORS: usize = 2;
const DATABASE: &str = "election";
/// Frames that each partition must get before the next program is exchanged.
const FRAMES: u64 = 20;
const AGAIN_WITHIN: Duration = Duration::from_secs(60);

/// The programs, while voters vote.
pub struct Site<'a> {
    stage: &'a Stage,
    pulse: Pulse,
    balancer: Server,
    /// A mirror, which stays what it was: it reads what the next release writes.
    copying: Copying,
    count_hand: Server,
    mask_hand: Server,
    at: Addresses,
    url: String,
    results: Postgres,
    validators: Validators,
    replicas: Replicas,
    witnesses: Vec<Witness>,
}

/// A table of `/cluster`; of the members' one the first column is the name and the fourth the version.
#[derive(Deserialize)]
struct Table {
    id: String,
    rows: Vec<Vec<String>>,
}

impl<'a> Site<'a> {
    /// Starts all of it with the programs of the stage, and HAProxy at the address of `at` for voters.
    ///
    /// # Errors
    /// A program does not start.
    pub async fn start(stage: &'a Stage) -> Result<Site<'a>> {
        let replicas = Replicas::start(stage).await?;
        stage.begin_on(&replicas.shared()).await?;
        let witnesses = stage.start_witnesses().await?;
        let validators = Validators::start(stage, &replicas.shared(), VALIDATORS).await?;
        validators.shared_out(stage.partitions).await?;
        let copying = Copying::start(stage, validators.first()).await?;
        let logs = stage.machines.logs();
        let results = Postgres::start(&logs.join("results.log")).await?;
        let url = results.database(DATABASE).await?;
        let at = Addresses {
            public: ports::free()?,
            internal: validators.first().internal,
            ..Addresses::free()?
        };
        let (dir, log) = (replicas.shared().dir, logs.join("haproxy.log"));
        let mut balancer = balancer::start(at.public, &validators.addresses(), &dir, log, None)?;
        services::wait_until_ready(&mut balancer, at.public).await?;
        let mut mask_hand = mask_hand(stage, at, &url).start()?;
        services::wait_until_ready(&mut mask_hand, at.results).await?;
        Ok(Site {
            pulse: Pulse::start(validators.metrics(), stage.partitions),
            balancer,
            copying,
            count_hand: stage.start_count_hand()?,
            mask_hand,
            at,
            url,
            results,
            validators,
            replicas,
            witnesses,
            stage,
        })
    }

    /// The balancer's address, where voters vote.
    #[must_use]
    pub fn voters(&self) -> std::net::SocketAddr {
        self.at.public
    }

    /// Exchanges the validator at `place`; `is_drained`: by SIGTERM, as an operator does.
    ///
    /// # Errors
    /// It does not end in good order, or its successor does not take its share, or does not tell its version.
    pub async fn exchange_validator(
        &mut self,
        place: usize,
        release: &Release,
        is_drained: bool,
    ) -> Result<Exchanged> {
        let (began, program) = (Instant::now(), release.programs.path("validator"));
        self.pulse.mark();
        self.validators.replace(place, program, is_drained).await?;
        self.validators.shared_out(self.stage.partitions).await?;
        let back_s = began.elapsed().as_secs_f64();
        self.frames_again().await?;
        let versions = self.versions().await?;
        let told = versions.get(NAMES[place]);
        if told != Some(&release.version) {
            bail!(
                "{} should be of version {}, and the other sees {versions:?}",
                NAMES[place],
                release.version
            );
        }
        Ok(Exchanged {
            what: format!("validator {}", NAMES[place]),
            to: release.version.clone(),
            back_s,
            gap_s: self.pulse.longest().as_secs_f64(),
        })
    }

    /// Exchanges the count hand, then the mask hand.
    ///
    /// # Errors
    /// One does not end in good order, or its successor does not serve.
    pub async fn exchange_hands(&mut self, release: &Release) -> Result<Vec<Exchanged>> {
        let program = release.programs.path("tally");
        let exchanged = |what: &str, began: Instant, pulse: &Pulse| Exchanged {
            what: what.to_owned(),
            to: release.version.clone(),
            back_s: began.elapsed().as_secs_f64(),
            gap_s: pulse.longest().as_secs_f64(),
        };
        self.pulse.mark();
        let began = Instant::now();
        let count_hand = self
            .stage
            .count_hand_call(self.stage.machines.releases())
            .arg("--follow")
            .by(program.clone());
        exchange(&mut self.count_hand, &count_hand).await?;
        let count = exchanged("tally, count hand", began, &self.pulse);
        let began = Instant::now();
        let call = mask_hand(self.stage, self.at, &self.url).by(program);
        exchange(&mut self.mask_hand, &call).await?;
        services::wait_until_ready(&mut self.mask_hand, self.at.results).await?;
        let mask = exchanged("tally, mask hand", began, &self.pulse);
        self.frames_again().await?;
        Ok(vec![count, mask])
    }

    /// Version of each validator, as the first that serves sees them.
    async fn versions(&self) -> Result<BTreeMap<String, String>> {
        let serving = self.validators.serving().await;
        let serving = serving.context("no validator serves")?;
        let tables: Vec<Table> = http::get_json(serving.internal, "/cluster").await?;
        let members = tables.into_iter().find(|table| table.id == "members");
        let members = members.context("no table of members")?.rows.into_iter();
        let version = |row: Vec<String>| Some((row.first()?.clone(), row.get(3)?.clone()));
        Ok(members.filter_map(version).collect())
    }

    /// Waits until each partition has further frames.
    ///
    /// # Errors
    /// They do not get them in time, or a program ends.
    pub async fn frames_again(&mut self) -> Result<()> {
        let (before, deadline) = (self.pulse.frames(), Instant::now() + AGAIN_WITHIN);
        while !self.pulse.has_grown(&before, FRAMES) {
            if Instant::now() > deadline {
                let frames = self.pulse.frames();
                bail!(
                    "the partitions stand at {frames:?}, expected {FRAMES} more than {before:?} each"
                );
            }
            self.balancer.check()?;
            self.copying.check()?;
            self.count_hand.check()?;
            self.mask_hand.check()?;
            self.validators.look_after().await?;
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Ok(())
    }

    /// Ends everything when the mirror has all of the ledger, and tells how many counts of the tally's database differ
    /// from what voters were told.
    ///
    /// # Errors
    /// A program does not come level, or does not end in good order.
    pub async fn finish(self, acknowledged: impl FnOnce() -> Result<Counts>) -> Result<usize> {
        self.copying.finish(&self.validators.metrics()).await?;
        let acknowledged = acknowledged()?;
        let deadline = Instant::now() + AGAIN_WITHIN;
        let differences = loop {
            let counted = self.results.counts(DATABASE).await?;
            let differences = counts::differing(&acknowledged, &counted);
            if differences == 0 || Instant::now() > deadline {
                break differences;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        };
        self.mask_hand.stop().await?;
        self.count_hand.stop().await?;
        self.validators.stop().await?;
        drop(self.balancer); // HAProxy ends with another status than 0 by SIGTERM
        self.results.stop().await?;
        drop(self.replicas);
        witnesses::stop(self.witnesses).await?;
        Ok(differences)
    }
}

/// Asks a program to end, and starts its successor.
async fn exchange(server: &mut Server, successor: &Call) -> Result<()> {
    server.terminate()?;
    let status = server.wait().await?;
    if !status.success() {
        bail!(
            "{} ended with {status}\n{}",
            successor.name(),
            server.log_tail()
        );
    }
    *server = successor.start()?;
    Ok(())
}

/// The mask hand on the first validator's stream, with a database of its own.
fn mask_hand(stage: &Stage, at: Addresses, url: &str) -> Call {
    stage.tally_call(at).flag("--postgres", url)
}
