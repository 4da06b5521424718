//! The attacks played in order, from the roll to the judged report.

use std::future::Future;
use std::io;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde::Serialize;

use super::bounds::{self, AttackReport};
use super::hoard::Hoarded;
use super::report::{
    Aftermath, AttackPhase, Attacked, Attacks, Measurement, Overload, TurnedAway, line,
};
use super::requests::Requests;
use super::scale::{CROWD, CROWD_CONNECTIONS, HONEST, Scale, WARM_S};
use super::slowloris::Slowloris;
use super::swarm::{self, Swarm};
use super::{churn, guess, hoard, lookups, rubbish, slowloris, watch};
use crate::child::Server;
use crate::counts;
use crate::memory::Watch;
use crate::prepare::Stage;
use crate::services::{self, Addresses};
use crate::steps::Steps;
use crate::voters::{Order, Voters};

/// Votes that may wait for the ledger by default.
const USUAL_QUEUE: u32 = 8_192;
/// Votes that may wait for the ledger while it is overloaded on purpose: so few that the ledger is the
/// bottleneck, and three times its peak is still a load that this machine can make. Votes that wait for
/// a processor instead cannot be turned away for much less than a vote costs.
const OVERLOADED_QUEUE: u32 = 5;
/// An attack runs for this long before voters are measured.
const SETTLE: Duration = Duration::from_secs(3);
/// The search for the peak ends when half as many votes again are offered and less than this many times
/// as many are recorded.
const PLATEAU: f64 = 1.15;
/// Votes offered at overload, in multiples of the peak.
const OVERLOAD: f64 = 3.0;

/// Plays all attacks; `tell` is given one line of JSON for each phase, when it ends.
///
/// # Errors
/// Anything that keeps an attack from being played. A bound that does not hold is reported, no error.
pub async fn run(
    stage: &Stage,
    scale: Scale,
    seed: u64,
    steps: &mut Steps,
    tell: impl FnMut(&str) -> io::Result<()>,
) -> Result<AttackReport> {
    swarm::allow_connections(scale.connections.max(scale.house))?;
    stage.prepare(scale.voters()?, seed, steps).await?;
    let at = Addresses::free()?;
    let mut play = Play {
        stage,
        scale,
        at,
        voters: Voters::read(stage, seed)?,
        steps,
        tell,
    };
    let mut validator = play.start(USUAL_QUEUE, scale.house).await?;
    let attacks = play.attacks(&mut validator).await?;
    validator.stop().await?;
    let crowd = CROWD_CONNECTIONS.max(scale.house);
    let mut validator = play.start(OVERLOADED_QUEUE, crowd).await?;
    let overload = play.overload(&mut validator).await?;
    validator.stop().await?;
    let aftermath = play.aftermath().await?;
    Ok(bounds::judge(attacks, overload, aftermath, &scale))
}

struct Play<'a, T> {
    stage: &'a Stage,
    scale: Scale,
    at: Addresses,
    voters: Voters,
    steps: &'a mut Steps,
    tell: T,
}

impl<T: FnMut(&str) -> io::Result<()>> Play<'_, T> {
    /// Starts the validator with every limit on, room for `queue_max` votes that wait, and as many
    /// connections.
    async fn start(&self, queue_max: u32, connections: u32) -> Result<Server> {
        let failed = self.scale.failed_attempts;
        let settings = format!(
            "[clients]\nexempt = []\nclient_failed_attempts_burst = {failed}\n\
             connections_max = {connections}\n[ledger]\nqueue_max = {queue_max}\n"
        );
        self.stage.start_validator_with(self.at, &settings).await
    }

    /// Honest voters before, during and after the attacks.
    async fn attacks(&mut self, validator: &mut Server) -> Result<Attacks> {
        use AttackPhase as Phase;
        let (at, scale) = (self.at.public, self.scale);
        let rate = scale.hostile_per_s;
        let victim = self.stage.sample_voter()?;
        // The first votes after a start meet cold caches: not measured.
        let warm = self.honest(WARM_S);
        self.voters.vote(self.stage, self.at, warm).await?;
        Ok(Attacks {
            before: self.peace(Phase::Before, validator).await?,
            slowloris: {
                let start = || slowloris::start(at, scale.connections);
                self.attack(Phase::Slowloris, validator, start, Slowloris::sum)
                    .await?
            },
            malformed: {
                let start = || rubbish::start(at, rate);
                self.attack(Phase::Malformed, validator, start, Requests::sum)
                    .await?
            },
            guessing: {
                let start = || guess::start(at, rate / 4, &victim);
                self.attack(Phase::Guessing, validator, start, Requests::sum)
                    .await?
            },
            spraying: {
                let start = || guess::spray(at, rate);
                self.attack(Phase::Spraying, validator, start, Requests::sum)
                    .await?
            },
            churn: {
                let start = || churn::start(at, rate);
                self.attack(Phase::Churn, validator, start, Requests::sum)
                    .await?
            },
            lookups: {
                let start = || lookups::start(at, rate);
                self.attack(Phase::Lookups, validator, start, Requests::sum)
                    .await?
            },
            hoarding: {
                let start = || hoard::start(at, scale.house);
                self.attack(Phase::Hoarding, validator, start, Hoarded::sum)
                    .await?
            },
            after: self.peace(Phase::After, validator).await?,
        })
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

    /// Has honest voters vote while nobody attacks.
    async fn peace(&mut self, phase: AttackPhase, validator: &mut Server) -> Result<Measurement> {
        let voters = self.honest(self.scale.seconds);
        let measured = self.measure(validator, voters).await?;
        self.tell(phase, &measured, measured.p99_ms)?;
        Ok(measured)
    }

    /// Has honest voters vote while the swarm attacks that `start` starts; `sum` makes the report of
    /// what its members met.
    async fn attack<M: Send + 'static, A: Serialize>(
        &mut self,
        phase: AttackPhase,
        validator: &mut Server,
        start: impl FnOnce() -> Swarm<M>,
        sum: impl FnOnce(Vec<M>, Duration) -> A,
    ) -> Result<Attacked<A>> {
        let watch = Watch::start(validator);
        let swarm = start();
        let began = Instant::now();
        tokio::time::sleep(SETTLE).await;
        let voters = self.honest(self.scale.seconds);
        let mut voters = self.measure(validator, voters).await?;
        let lasted = began.elapsed();
        let attack = sum(swarm.end().await?, lasted);
        voters.beside_mib_max = watch.end().await?; // from before the attack settled
        let attacked = Attacked { voters, attack };
        self.tell(phase, &attacked, attacked.voters.p99_ms)?;
        Ok(attacked)
    }

    /// Tells of a phase in which honest voters voted.
    fn tell(&mut self, phase: AttackPhase, measured: &impl Serialize, p99_ms: f64) -> Result<()> {
        let done = format!("{phase:?}: p99 of honest voters {p99_ms:.1} ms");
        self.steps.done(&done.to_lowercase());
        (self.tell)(&line(phase, measured)?)?;
        Ok(())
    }

    /// Offers several times the peak. Where more is recorded than at the peak, the peak was not found:
    /// what was recorded counts as the peak, and several times as much is offered, once more.
    async fn overload(&mut self, validator: &mut Server) -> Result<Overload> {
        let mut peak = self.peak(validator).await?;
        let mut overload = self.above(&peak, validator).await?;
        if overload.goodput_per_s > peak.goodput_per_s * PLATEAU {
            peak = overload;
            overload = self.above(&peak, validator).await?;
        }
        (self.tell)(&line(AttackPhase::Peak, &peak)?)?;
        (self.tell)(&line(AttackPhase::Overload, &overload)?)?;
        Ok(Overload { peak, overload })
    }

    /// Finds the peak by rates that rise until a higher one brings hardly more.
    async fn peak(&mut self, validator: &mut Server) -> Result<Measurement> {
        let mut best: Option<Measurement> = None;
        let mut rate = self.scale.peak_from_per_s;
        let last = rate * 12;
        while rate <= last {
            let seconds = self.scale.seconds.div_ceil(2);
            let measured = self.measure(validator, crowd(rate, seconds)).await?;
            let before = best.as_ref().map_or(0.0, |best| best.goodput_per_s);
            let goodput = measured.goodput_per_s;
            if goodput > before {
                best = Some(measured);
            }
            match best {
                Some(best) if goodput < before * PLATEAU => return Ok(best),
                _ => rate = rate * 3 / 2,
            }
        }
        bail!("no peak up to {last} votes/s: raise the rates")
    }

    /// Offers several times what was recorded at the peak.
    async fn above(&mut self, peak: &Measurement, validator: &mut Server) -> Result<Measurement> {
        let goodput = peak.goodput_per_s;
        self.steps.done(&format!(
            "peak of a ledger where {OVERLOADED_QUEUE} votes may wait: {goodput:.0} votes/s"
        ));
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // some 10,000
        let rate = (goodput * OVERLOAD) as u64;
        let order = crowd(rate, self.scale.seconds);
        let measured = self.measure(validator, order).await?;
        let recorded = measured.goodput_per_s;
        self.steps.done(&format!("overload: {recorded:.0} votes/s"));
        Ok(measured)
    }

    /// Casts the votes of `order` while the validator's memory is watched.
    async fn measure(&mut self, validator: &mut Server, order: Order) -> Result<Measurement> {
        let watch = Watch::start(validator);
        let voted = self.voters.vote(self.stage, self.at, order);
        let voted = alive(validator, voted).await?;
        let beside_mib_max = watch.end().await?;
        let connections = services::metric(self.at.internal, "connections_open").await?;
        let shed = voted.shed_latency_ms;
        #[allow(clippy::cast_precision_loss)] // below 2^53
        let per_s = |votes: u64| (votes as f64 / voted.seconds).round();
        Ok(Measurement {
            offered_per_s: order.rate,
            answered_per_s: per_s(voted.accepted + voted.shed),
            goodput_per_s: per_s(voted.accepted),
            accepted: voted.accepted,
            shed: voted.shed,
            unanswered: voted.unanswered,
            p50_ms: voted.latency_ms.p50,
            p99_ms: voted.latency_ms.p99,
            turned_away: (voted.shed > 0).then_some(TurnedAway {
                p99_ms: shed.p99,
                p99_9_ms: shed.p99_9,
                max_ms: shed.max,
            }),
            beside_mib_max,
            connections,
        })
    }

    /// Compares the ledger with every answer, when nobody votes any more.
    async fn aftermath(&mut self) -> Result<Aftermath> {
        let truth = self.voters.truth()?;
        truth.write(&self.stage.machines.truth())?;
        let told = truth.counts();
        let counted = self.stage.counted_from_files().await?;
        let counted = counts::without_open(counted, &told, &truth.open());
        let fault = self.stage.verify().await.err();
        let aftermath = Aftermath {
            difference: counts::difference(&told, &counted),
            fault: fault.map(|fault| format!("{fault:#}")),
            panics: watch::panics(self.stage)?,
        };
        self.steps
            .done("tally verify --expect, and every count compared");
        Ok(aftermath)
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
