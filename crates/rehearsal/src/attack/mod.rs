//! `rehearsal attack`: honest voters vote at a steady rate while the validator is attacked in one way
//! after the other. Every limit is on: attackers and voters come from loopback addresses of their own,
//! and none is exempt. The attacks keep below the limits of an address, which would only make them
//! weaker: what those do is for the validator's own tests.
//!
//! Attackers, voters and validator share this machine, so attacks are paced: what is judged is what
//! they make of the validator, not who gets more of the processors.

mod churn;
mod guess;
mod rubbish;
mod slowloris;
mod swarm;
mod verdict;
mod voters;
mod watch;

use crate::child::Server;
use crate::counts;
use crate::memory::Watch;
use crate::prepare::Stage;
use crate::services::{self, Addresses};
use crate::steps::Steps;
use anyhow::{Result, bail};
use serde::Serialize;
use std::future::Future;
use std::time::{Duration, Instant};
use swarm::Swarm;
use verdict::Aftermath;
pub use verdict::{Bound, Outcome};
use voters::{Order, Voters};

/// Votes that may wait for the ledger while it is overloaded on purpose: so few that the ledger is the
/// bottleneck, and thrice its peak is still a load that this machine can make. What waits for the
/// processors instead cannot be turned away for much less than a vote costs.
const OVERLOADED_QUEUE: u32 = 5;
/// How long an attack runs before it is measured what it does.
const SETTLE: Duration = Duration::from_secs(3);
/// Addresses of honest voters, and of those who overload.
const HONEST: &str = "127.1.0.0/26";
const CROWD: &str = "127.2.0.0/22";
/// Connections of those who overload.
const CROWD_CONNECTIONS: u32 = 1_000;
/// Seconds of votes before the first measurement.
const WARM_S: u64 = 3;
/// The peak is reached where half as many votes again bring no more than this, times as many.
const PLATEAU: f64 = 1.15;
/// Times the peak.
const OVERLOAD: f64 = 3.0;

/// How hard.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// Connections that slowloris holds.
    pub connections: u32,
    /// Votes a second of honest voters.
    pub honest_per_s: u64,
    /// Length of each measurement.
    pub seconds: u64,
    /// Requests a second of the other attacks.
    pub hostile_per_s: u32,
    /// Wrong codes that each address has left, as `clients.client_failed_attempts_burst` says.
    pub failed_attempts: u32,
    /// Rate at which the search for the peak begins, votes a second.
    pub peak_from_per_s: u64,
}

impl Scale {
    /// Of `make attack`.
    pub const FULL: Scale = Scale {
        connections: 5_000,
        honest_per_s: 1_000,
        seconds: 8,
        hostile_per_s: 2_000,
        failed_attempts: 200, // as by default
        peak_from_per_s: 4_000,
    };

    /// Voters that a run may need.
    #[must_use]
    pub fn voters(&self) -> u32 {
        let honest = self.honest_per_s * (self.seconds * 7 + WARM_S);
        // Rates of the search for the peak add up to some 36 times the first, for half as long; thrice
        // the peak is played twice where it has to be, and a peak is at most 12 times the first rate.
        let crowd = self.peak_from_per_s * 90 * self.seconds;
        // Each votes on every open ballot of the example event, which are four.
        u32::try_from((honest + crowd) / 4 + 1_000).unwrap_or(u32::MAX)
    }
}

/// What honest voters met while something was done to the validator.
#[derive(Clone, Debug, Serialize)]
pub struct Phase {
    /// What was done.
    pub phase: &'static str,
    /// Votes that were due each second.
    pub offered_per_s: u64,
    /// Votes answered in whatever way each second.
    pub answered_per_s: f64,
    /// Votes recorded each second.
    pub goodput_per_s: f64,
    /// Votes recorded.
    pub accepted: u64,
    /// Votes turned away with 429 or 503.
    pub shed: u64,
    /// Votes without an answer.
    pub unanswered: u64,
    /// From when a vote was due to its 202, milliseconds.
    pub p50_ms: f64,
    /// That of 99 of 100.
    pub p99_ms: f64,
    /// From when a vote was due to its refusal, milliseconds, of 99 of 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shed_p99_ms: Option<f64>,
    /// That of 999 of 1,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shed_p99_9_ms: Option<f64>,
    /// The slowest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shed_max_ms: Option<f64>,
    /// Most memory of the validator beside what mirrors files, MiB.
    pub beside_mib_max: f64,
    /// Connections that the validator held when the last vote was answered.
    pub connections: u64,
    /// What the attackers did and met.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attack: Option<serde_json::Value>,
}

/// Plays all attacks; `tell` is given each phase as it ends.
///
/// # Errors
/// Anything that keeps it from being played. A bound that does not hold is an outcome.
pub async fn run(
    stage: &Stage,
    scale: Scale,
    seed: u64,
    steps: &mut Steps,
    tell: impl FnMut(&Phase),
) -> Result<Outcome> {
    swarm::allow_connections(scale.connections)?;
    stage.prepare(scale.voters(), seed, steps).await?;
    let at = Addresses::free()?;
    let mut play = Play {
        stage,
        scale,
        at,
        voters: Voters::read(stage, seed)?,
        phases: Vec::new(),
        tell,
    };
    let mut validator = play.start(8_192).await?;
    play.hostile(&mut validator, steps).await?;
    validator.stop().await?;
    let mut validator = play.start(OVERLOADED_QUEUE).await?;
    play.overload(&mut validator, steps).await?;
    validator.stop().await?;
    let truth = play.voters.truth()?;
    truth.write(&stage.site.truth())?;
    let told = truth.counts();
    let counted = counts::without_open(stage.counted_from_files().await?, &told, &truth.open());
    let aftermath = Aftermath {
        difference: counts::difference(&told, &counted),
        fault: stage.verify().await.err().map(|fault| format!("{fault:#}")),
        panics: watch::panics(stage)?,
    };
    steps.done("tally verify --expect, and every count compared");
    Ok(verdict::judge(&play.phases, &scale, aftermath))
}

struct Play<'a, T> {
    stage: &'a Stage,
    scale: Scale,
    at: Addresses,
    voters: Voters,
    phases: Vec<Phase>,
    tell: T,
}

impl<T: FnMut(&Phase)> Play<'_, T> {
    /// Starts the validator with every limit on, and as many votes that may wait.
    async fn start(&self, queue_max: u32) -> Result<Server> {
        let failed = self.scale.failed_attempts;
        let settings = format!(
            "[clients]\nexempt = []\nclient_failed_attempts_burst = {failed}\n\
             [ledger]\nqueue_max = {queue_max}\n"
        );
        self.stage.start_validator_with(self.at, &settings).await
    }

    /// Honest voters before, during and after the attacks.
    async fn hostile(&mut self, validator: &mut Server, steps: &mut Steps) -> Result<()> {
        let (at, scale) = (self.at.public, self.scale);
        let rate = scale.hostile_per_s;
        // The first votes after a start meet cold caches: not measured.
        let warm = self.honest(WARM_S);
        self.voters.vote(self.stage, self.at, warm).await?;
        self.measure("before", validator, steps, |_| {}).await?;
        let hold = |swarm: &mut Swarm| slowloris::start(swarm, at, scale.connections);
        self.measure("slowloris", validator, steps, hold).await?;
        let flood = |swarm: &mut Swarm| rubbish::start(swarm, at, rate);
        self.measure("malformed", validator, steps, flood).await?;
        let victim = self.stage.sample_voter()?;
        let guess = |swarm: &mut Swarm| guess::start(swarm, at, rate / 4, &victim);
        self.measure("guessing", validator, steps, guess).await?;
        let spray = |swarm: &mut Swarm| guess::spray(swarm, at, rate);
        self.measure("spraying", validator, steps, spray).await?;
        let churn = |swarm: &mut Swarm| churn::start(swarm, at, rate);
        self.measure("churn", validator, steps, churn).await?;
        self.measure("after", validator, steps, |_| {}).await
    }

    fn honest(&self, seconds: u64) -> Order {
        let rate = self.scale.honest_per_s;
        Order {
            rate,
            votes: rate * seconds,
            connections: 62,
            sources: HONEST,
        }
    }

    /// Has honest voters vote while the attack that `begin` starts is under way.
    async fn measure(
        &mut self,
        name: &'static str,
        validator: &mut Server,
        steps: &mut Steps,
        begin: impl FnOnce(&mut Swarm),
    ) -> Result<()> {
        let watch = Watch::start(validator);
        let mut swarm = Swarm::new();
        begin(&mut swarm);
        let began = Instant::now();
        if !swarm.is_empty() {
            tokio::time::sleep(SETTLE).await;
        }
        let order = self.honest(self.scale.seconds);
        let mut phase = self.phase(name, validator, order).await?;
        phase.attack = swarm.end(began.elapsed()).await?;
        phase.beside_mib_max = watch.end().await?;
        steps.done(&format!(
            "{name}: p99 of honest voters {:.1} ms",
            phase.p99_ms
        ));
        self.keep(phase);
        Ok(())
    }

    /// Thrice the peak. Where that brings more than the peak, the peak was not found: thrice that, once
    /// more.
    async fn overload(&mut self, validator: &mut Server, steps: &mut Steps) -> Result<()> {
        let mut peak = self.peak(validator).await?;
        let mut phase = self.thrice(&peak, validator, steps).await?;
        if phase.goodput_per_s > peak.goodput_per_s * PLATEAU {
            peak = Phase {
                phase: "peak",
                ..phase
            };
            phase = self.thrice(&peak, validator, steps).await?;
        }
        self.keep(peak);
        self.keep(phase);
        Ok(())
    }

    /// The peak, by rates that rise until more is not more.
    async fn peak(&mut self, validator: &mut Server) -> Result<Phase> {
        let mut best: Option<Phase> = None;
        let mut rate = self.scale.peak_from_per_s;
        let last = rate * 12;
        while rate <= last {
            let seconds = self.scale.seconds.div_ceil(2);
            let phase = self.phase("peak", validator, crowd(rate, seconds)).await?;
            let before = best.as_ref().map_or(0.0, |best| best.goodput_per_s);
            let goodput = phase.goodput_per_s;
            if goodput > before {
                best = Some(phase);
            }
            match best {
                Some(best) if goodput < before * PLATEAU => return Ok(best),
                _ => rate = rate * 3 / 2,
            }
        }
        bail!("no peak up to {last} votes/s: raise the rates")
    }

    async fn thrice(
        &mut self,
        peak: &Phase,
        validator: &mut Server,
        steps: &mut Steps,
    ) -> Result<Phase> {
        let goodput = peak.goodput_per_s;
        steps.done(&format!(
            "peak of a ledger where {OVERLOADED_QUEUE} votes may wait: {goodput:.0} votes/s"
        ));
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // some 10,000
        let rate = (goodput * OVERLOAD) as u64;
        let order = crowd(rate, self.scale.seconds);
        let phase = self.phase("overload", validator, order).await?;
        steps.done(&format!("overload: {:.0} votes/s", phase.goodput_per_s));
        Ok(phase)
    }

    /// Votes as `order` says, while the validator's memory is watched.
    async fn phase(
        &mut self,
        name: &'static str,
        validator: &mut Server,
        order: Order,
    ) -> Result<Phase> {
        let watch = Watch::start(validator);
        let voted = self.voters.vote(self.stage, self.at, order);
        let voted = alive(validator, voted).await?;
        let beside_mib_max = watch.end().await?;
        let connections = services::metric(self.at.internal, "connections_open").await?;
        let turned_away = voted.shed > 0;
        #[allow(clippy::cast_precision_loss)] // below 2^53
        let per_s = |votes: u64| (votes as f64 / voted.seconds).round();
        Ok(Phase {
            phase: name,
            offered_per_s: order.rate,
            answered_per_s: per_s(voted.accepted + voted.shed),
            goodput_per_s: per_s(voted.accepted),
            accepted: voted.accepted,
            shed: voted.shed,
            unanswered: voted.unanswered,
            p50_ms: voted.latency_ms.p50,
            p99_ms: voted.latency_ms.p99,
            shed_p99_ms: turned_away.then_some(voted.shed_latency_ms.p99),
            shed_p99_9_ms: turned_away.then_some(voted.shed_latency_ms.p99_9),
            shed_max_ms: turned_away.then_some(voted.shed_latency_ms.max),
            beside_mib_max,
            connections,
            attack: None,
        })
    }

    fn keep(&mut self, phase: Phase) {
        (self.tell)(&phase);
        self.phases.push(phase);
    }
}

fn crowd(rate: u64, seconds: u64) -> Order {
    Order {
        rate,
        votes: rate * seconds,
        connections: CROWD_CONNECTIONS,
        sources: CROWD,
    }
}

/// The output of `work`; fails where the validator ends before.
async fn alive<W>(validator: &mut Server, work: impl Future<Output = Result<W>>) -> Result<W> {
    let worked = tokio::select! {
        worked = work => Some(worked),
        _ = validator.wait() => None,
    };
    match worked {
        Some(worked) => worked,
        None => bail!("the validator ended under attack\n{}", validator.log_tail()),
    }
}
