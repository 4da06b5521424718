//! `rehearsal cluster`: a ledger on three nodes of etcd, Patroni and PostgreSQL, and two validators that share it.
//! While voters vote, validators and nodes are stopped, killed, frozen and cut off, and the primary is moved as
//! planned. At the end every answer is held against the ledger.

pub mod balancer;
pub mod fault;
pub mod guard;
pub mod network;
pub mod node;
pub mod patroni;
pub mod processes;
pub mod report;
pub mod servers;
pub mod site;
pub mod tools;

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Serialize;

use self::fault::Fault;
use self::patroni::Waiting;
use self::report::Report;
use self::site::Site;
use crate::ports;
use crate::prepare::Stage;
use crate::services::Addresses;
use crate::steps::Steps;
use crate::validators;
use crate::verdict::Verdict;
use crate::voting::{Load, Voting};

/// Votes that fall due in each second.
const RATE: u64 = 100;
const CONNECTIONS: u32 = 16;
const VOTERS_MIN: u32 = 4_000;
/// Votes are there for faults that take this long.
const FAULT_S: u64 = 40;

/// Plays `faults` while voters vote.
///
/// # Errors
/// Anything that keeps it from being played, and a ledger that is not served again.
pub async fn run(
    stage: &Stage,
    faults: Vec<Fault>,
    seed: u64,
    steps: &mut Steps,
) -> Result<Report> {
    let votes = (faults.len() as u64 + 2) * FAULT_S * RATE;
    let voters = u32::try_from(votes)?.max(VOTERS_MIN);
    let at = Addresses::free()?;
    let mut site = Site::start(stage, at.public, (voters, seed), steps).await?;
    let mut casting = stage.cast_with_history(
        &[at.public],
        Voting {
            load: Load::Rate(RATE),
            votes: Some(votes),
            connections: CONNECTIONS,
            seed,
        },
    )?;
    site.votes_again().await?;
    let (faults, not_played) = faults.into_iter().partition(|fault| site.allows(*fault));
    let played = play(&mut site, faults, steps).await?;
    if casting.is_running()? {
        casting.end_early()?;
    }
    let summary = casting.summed_up().await?;
    let ended = std::mem::take(&mut site.validators.ended);
    site.into_files().await?;
    let mut shared = stage.judge_shared(&summary, &validators::NAMES).await?;
    steps.done("a mirror of the ledger held against every answer and receipt");
    let found = &mut shared.found;
    let killed = ended.iter().filter(|ended| ended.is_by_signal);
    found.extend(killed.map(|ended| format!("{ended:?}")));
    if played.is_empty() {
        found.push("no fault was played".to_owned());
    }
    Ok(Report {
        seed,
        by_fault: report::by_fault(&played),
        faults: played,
        not_played,
        ended,
        retries: summary.retries,
        raced: summary.raced,
        slowest_s: report::seconds(Duration::from_secs_f64(summary.latency_ms.max / 1000.0)),
        judged: shared.judged,
        history: shared.history,
        verdict: Verdict::new("nothing was lost, and nobody voted twice", shared.found),
    })
}

async fn play(
    site: &mut Site,
    faults: Vec<Fault>,
    steps: &mut Steps,
) -> Result<Vec<report::Struck>> {
    let mut played = Vec::new();
    for fault in faults {
        let name = fault.name();
        let struck = site.play(fault).await.with_context(|| name.clone())?;
        steps.done(&format!(
            "{name}: votes again after {:.1} s, at most {:.1} s without while it healed",
            struck.gap_s, struck.healing_gap_s
        ));
        played.push(struck);
    }
    Ok(played)
}

/// What validators made of a cluster that waits for any one standby.
#[derive(Clone, Debug, Serialize)]
pub struct Caught {
    /// What decided the roll.
    pub seed: u64,
    /// How a validator refused.
    pub said: String,
    /// Whether it refused, for that reason.
    pub verdict: Verdict,
}

/// Has PostgreSQL wait for `ANY 1` of its standbys, set by hand, which fences nobody: validators must refuse it.
///
/// # Errors
/// Anything that keeps it from being played.
pub async fn any_one(stage: &Stage, seed: u64, steps: &mut Steps) -> Result<Caught> {
    let servers = site::database(stage, Waiting::AnyOne, (VOTERS_MIN, seed), steps).await?;
    let refused = stage.begin_on(&servers.shared()).await.err();
    let said = refused.map(|error| format!("{error:#}"));
    let (said, found) = match said {
        None => (String::new(), vec!["it was written to".to_owned()]),
        Some(said) => match said.lines().find(|line| line.contains("ANY 1")) {
            Some(line) => (line.trim().to_owned(), Vec::new()),
            None => (said, vec!["it was refused for another reason".to_owned()]),
        },
    };
    steps.done("validator init was tried on ANY 1");
    Ok(Caught {
        seed,
        said,
        verdict: Verdict::new("caught: a validator writes nothing there", found),
    })
}

/// Brings everything up, voters' address at `at`, prints addresses and things to try, and runs until `end`.
///
/// # Errors
/// A program is not installed or fails; a part ends by itself that is not to end.
pub async fn serve(
    stage: &Stage,
    at: SocketAddr,
    voters: u32,
    seed: u64,
    steps: &mut Steps,
    end: impl Future<Output = ()>,
) -> Result<()> {
    tokio::pin!(end);
    let mut site = tokio::select! {
        () = &mut end => return Ok(()),
        started = Site::start(stage, at, (voters, seed), steps) => started?,
    };
    commandline::print(things_to_try(stage, &site, at))?;
    site.keep(end).await?;
    steps.note("ending: the validators, then the nodes");
    site.validators.stop().await
}

fn things_to_try(stage: &Stage, site: &Site, at: SocketAddr) -> String {
    let mut text = format!("voters      http://{at}/      (HAProxy)\n");
    let validators = site.validators.addresses().into_iter();
    for ((name, public), internal) in validators.zip(site.validators.metrics()) {
        text +=
            &format!("{name}          http://{public}      monitor http://{internal}/monitor\n");
    }
    for (name, places) in site.servers.addresses() {
        let (sql, patroni) = (places.sql, places.patroni);
        text +=
            &format!("{name}          PostgreSQL {sql}      Patroni http://{patroni}/cluster\n");
    }
    format!(
        "\
{text}files       {root}, {dir}

The cluster, and a planned change of its primary (asked for on n1):
  patronictl -c {dir}/n1.yml list
  patronictl -c {dir}/n1.yml switchover
The ledger's tables:
  psql '{url}'
Every synthetic voter votes:
  {loadgen} --url http://{at} --roll {voters} --rate 200

Ctrl-C ends everything.
",
        root = stage.machines.root().display(),
        dir = site.servers.dir().display(),
        url = site.servers.superuser_url(),
        loadgen = stage.programs.path("loadgen").display(),
        voters = stage.machines.voters().display(),
    )
}

/// An address for voters: the one that the documentation names, or another where it is taken.
///
/// # Errors
/// There are no free ports.
pub fn standard_address() -> Result<SocketAddr> {
    let at = SocketAddr::from(([127, 0, 0, 1], 8000));
    match ports::is_free(at) {
        true => Ok(at),
        false => ports::free(),
    }
}
