//! `rehearsal bench-cluster`: how many votes a second a ledger in files records, and a replicated one with more and
//! more partitions and validators, in turn and on one machine, with the processor time that each part takes.

use std::fs;

use anyhow::{Context, Result};
use serde::Serialize;

use crate::prepare::Stage;
use crate::replicas::Replicas;
use crate::services::Addresses;
use crate::steps::Steps;
use crate::validators::Validators;
use crate::voting::{Casting, Load, Summary, Voting};

/// Connections of voters that all vote at once.
const CONNECTIONS: u32 = 256;
/// Votes of one voter after the other.
const LONE_VOTES: u64 = 2_000;
/// Clock ticks a second, as the system counts processor time (proc(5)).
const TICKS_PER_S: f64 = 100.0;

/// What is measured: a ledger, and who votes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Setup {
    /// Partitions of the ledger.
    pub partitions: u16,
    /// Validators that share it; 0 = one, on a ledger in files.
    pub validators: usize,
    /// Connections, on each of which a vote follows the answer to the one before.
    pub connections: u32,
}

/// In the order in which each round measures them: the floor first.
const SETUPS: [Setup; 10] = [
    all_at_once(1, 0),
    all_at_once(4, 0),
    all_at_once(1, 1),
    all_at_once(2, 1),
    all_at_once(4, 1),
    all_at_once(2, 2),
    all_at_once(4, 2),
    all_at_once(4, 3),
    lone(0),
    lone(1),
];

const fn all_at_once(partitions: u16, validators: usize) -> Setup {
    Setup {
        partitions,
        validators,
        connections: CONNECTIONS,
    }
}

const fn lone(validators: usize) -> Setup {
    Setup {
        partitions: 1,
        validators,
        connections: 1,
    }
}

/// What one measurement found.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Measured {
    /// What it was measured on.
    #[serde(flatten)]
    pub setup: Setup,
    /// Which round it was, from 1.
    pub round: u32,
    /// Votes that were recorded.
    pub votes: u64,
    /// Recorded votes a second.
    pub votes_per_s: f64,
    /// Latency that half of the votes stay below, milliseconds.
    pub p50_ms: f64,
    /// Latency that 99 votes of 100 stay below, milliseconds.
    pub p99_ms: f64,
    /// Processor time of all validators for a vote, microseconds.
    pub validators_us: f64,
    /// Processor time of both database servers for a vote, microseconds.
    pub databases_us: f64,
}

/// Measures every setup `rounds` times; `stage` makes a place for one with so many partitions.
///
/// # Errors
/// Anything that keeps it from being measured, a vote that was not recorded among it.
pub async fn run(
    stage: impl Fn(&str, u16) -> Result<Stage>,
    (votes, rounds): (u64, u32),
    seed: u64,
    steps: &mut Steps,
) -> Result<Vec<Measured>> {
    let mut measured = Vec::new();
    for round in 1..=rounds {
        for setup in SETUPS {
            let stage = stage("bench-cluster", setup.partitions)?;
            let votes = match setup.connections {
                1 => LONE_VOTES.min(votes),
                _ => votes,
            };
            let voters = u32::try_from(votes)?;
            stage.prepare(voters, seed, &mut Steps::new()).await?;
            let voting = Voting {
                load: Load::AsAnswered,
                votes: Some(votes),
                connections: setup.connections,
                seed,
            };
            let one = measure(&stage, setup, (voting, round)).await?;
            steps.done(&format!(
                "round {round}: {} partitions, {} validators, {} connections: {:.0} votes/s, p99 {:.1} ms",
                setup.partitions,
                setup.validators,
                setup.connections,
                one.votes_per_s,
                one.p99_ms
            ));
            measured.push(one);
        }
    }
    Ok(measured)
}

async fn measure(stage: &Stage, setup: Setup, (voting, round): (Voting, u32)) -> Result<Measured> {
    let (summary, validators_s, databases_s) = match setup.validators {
        0 => in_files(stage, voting).await?,
        count => replicated(stage, count, voting).await?,
    };
    let votes = summary.acknowledged();
    #[allow(clippy::cast_precision_loss)] // below 2^53
    let each_us = |seconds: f64| (seconds / votes as f64 * 1e7).round() / 10.0;
    Ok(Measured {
        setup,
        round,
        votes,
        votes_per_s: summary.votes_per_s.round(),
        p50_ms: summary.latency_ms.p50,
        p99_ms: summary.latency_ms.p99,
        validators_us: each_us(validators_s),
        databases_us: each_us(databases_s),
    })
}

/// The summary, and the processor seconds of validators and databases.
pub(crate) type Ran = (Summary, f64, f64);

pub(crate) async fn in_files(stage: &Stage, voting: Voting) -> Result<Ran> {
    let at = Addresses::free()?;
    let validator = stage.start_validator(at).await?;
    let before = processor_s(&[validator.id()])?;
    let summary = stage.cast(at, voting)?.finish().await?;
    let took = processor_s(&[validator.id()])? - before;
    validator.stop().await?;
    Ok((summary, took, 0.0))
}

async fn replicated(stage: &Stage, count: usize, voting: Voting) -> Result<Ran> {
    let replicas = Replicas::start(stage).await?;
    stage.begin_on(&replicas.shared()).await?;
    let validators = Validators::start(stage, &replicas.shared(), count).await?;
    validators.shared_out(stage.partitions).await?;
    let servers = replicas.ids();
    let before = (processor_s(&validators.ids())?, processor_s(&servers)?);
    let at: Vec<_> = (validators.addresses().iter()).map(|(_, at)| *at).collect();
    let casting: Casting = stage.cast_on(&at, voting)?;
    let summary = casting.finish().await?;
    let after = (processor_s(&validators.ids())?, processor_s(&servers)?);
    validators.stop().await?;
    Ok((summary, after.0 - before.0, after.1 - before.1))
}

/// Processor time of processes and their children, ended or not, in seconds.
pub(crate) fn processor_s(ids: &[Option<u32>]) -> Result<f64> {
    let mut ticks = 0.0;
    for entry in fs::read_dir("/proc").context("cannot read /proc")? {
        let path = entry.context("cannot read /proc")?.path().join("stat");
        // Others end all the time.
        let Ok(text) = fs::read_to_string(path) else {
            continue;
        };
        let Some(stat) = Stat::read(&text) else {
            continue;
        };
        if ids.contains(&Some(stat.id)) {
            ticks += stat.own + stat.of_children;
        } else if ids.contains(&Some(stat.parent)) {
            ticks += stat.own;
        }
    }
    Ok(ticks / TICKS_PER_S)
}

/// What `/proc/pid/stat` says, as far as it matters here (proc(5)).
struct Stat {
    id: u32,
    parent: u32,
    own: f64,
    of_children: f64,
}

impl Stat {
    fn read(text: &str) -> Option<Stat> {
        let (id, _) = text.split_once(" (")?;
        // A name may hold anything but this.
        let (_, rest) = text.rsplit_once(") ")?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        // The first of these is the third field of the page: the state.
        let number = |nth: usize| fields.get(nth - 3)?.parse::<f64>().ok();
        Some(Stat {
            id: id.parse().ok()?,
            parent: fields.get(1)?.parse().ok()?,
            own: number(14)? + number(15)?,
            of_children: number(16)? + number(17)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_read_whatever_a_program_is_called() {
        let text = "42 (post) gres) S 7 1 1 0 -1 4194560 10 0 0 0 5 6 7 8 20 0 1 0 100";
        let stat = Stat::read(text).expect("a line of proc(5)");
        assert_eq!((stat.id, stat.parent), (42, 7));
        assert_eq!((stat.own, stat.of_children), (11.0, 15.0));
        assert!(Stat::read("42 nothing").is_none());
    }
}
