//! `rehearsal mirror`: the machine of the validator is lost for good while voters vote, and the election goes
//! on from the mirror. Exactly the votes that the mirror lacks are missing, and no other.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Serialize;
use tokio::time::Instant;

use crate::child::{Call, Server};
use crate::counts::{self, Difference};
use crate::http;
use crate::ports;
use crate::prepare::Stage;
use crate::services::{self, Addresses};
use crate::steps::Steps;
use crate::truth::Truth;
use crate::verdict::Verdict;
use crate::voters::{Order, Voters};

const RATE: u64 = 300;
const CONNECTIONS: u32 = 16;
const SOURCES: &str = "127.1.0.0/16";
const VOTERS_MIN: u32 = 4_000;
/// Votes between two events.
const VOTES: u64 = 150;
/// How long the mirror may stand still before it has every frame.
const LEVEL_WITHIN: Duration = Duration::from_secs(20);

/// What was lost with the machine, and what was not.
#[derive(Clone, Debug, Serialize)]
pub struct LostMachine {
    /// Votes that voters were told are recorded, on both machines.
    pub acknowledged: u64,
    /// The last frame of the first machine, and of the mirror.
    pub lost_machine_last_frame: u64,
    /// The last frame that the mirror had.
    pub mirror_last_frame: u64,
    /// Acknowledged votes that the mirror lacks.
    pub lacking: u64,
    /// Their receipts, each of a frame that the mirror never had.
    pub lacking_receipts: Vec<String>,
    /// Whether exactly those are missing.
    pub verdict: Verdict,
}

/// Loses the first machine in the middle of `votes` votes, goes on from the mirror with as many more,
/// and looks every receipt up there.
///
/// # Errors
/// Anything that keeps it from being played, and a mirror that does not keep up or does not serve.
pub async fn run(stage: &Stage, votes: u64, seed: u64, steps: &mut Steps) -> Result<LostMachine> {
    let voters = u32::try_from(2 * votes)?.max(VOTERS_MIN);
    stage.prepare(voters, seed, steps).await?;
    let mut voters = Voters::read(stage, seed)?;
    let at = Addresses::free()?;
    let first = stage.start_validator(at).await?;
    let order = Order {
        rate: RATE,
        votes,
        connections: CONNECTIONS,
        sources: SOURCES,
    };
    let (voted, lost) = tokio::join!(voters.vote(stage, at, order), lose(stage, at, first, steps));
    voted?;
    let (mirror_last, machine_last) = lost?;
    // The first machine stays away; its place is taken by the copy.
    let data = stage.machines.data();
    rustix::fs::rename(&data, data.with_file_name("data-lost"))?;
    rustix::fs::rename(mirror_dir(stage), &data)?;
    let second = stage.start_validator(at).await?;
    let after = voters.vote(stage, at, order).await?;
    if after.acknowledged() != votes {
        bail!(
            "{} of {votes} votes were recorded after the loss",
            after.acknowledged()
        );
    }
    steps.done("went on from the mirror: every further vote recorded");
    let truth = voters.truth()?;
    let lacking_receipts = lacking(at.public, &truth).await?;
    second.stop().await?;
    let faults = judge(stage, &truth, &lacking_receipts, mirror_last).await?;
    steps.done(&format!(
        "the mirror lacks {} acknowledged votes, all behind frame {mirror_last}",
        lacking_receipts.len()
    ));
    Ok(LostMachine {
        acknowledged: truth.receipts(),
        lost_machine_last_frame: machine_last,
        mirror_last_frame: mirror_last,
        lacking: lacking_receipts.len() as u64,
        lacking_receipts,
        verdict: Verdict::new("exactly the frames that the mirror lacked are lost", faults),
    })
}

fn mirror_dir(stage: &Stage) -> PathBuf {
    stage.machines.root().join("other-machine")
}

/// Mirrors the validator under load: the mirror is killed once and goes on; then its connection is cut,
/// voters go on for a while, and the first machine is lost. Returns the last frames of both.
async fn lose(
    stage: &Stage,
    at: Addresses,
    mut first: Server,
    steps: &mut Steps,
) -> Result<(u64, u64)> {
    let metrics = ports::free()?;
    let mut mirror = start_mirror(stage, at, metrics).await?;
    services::grown(&mut first, at, "ledger_votes_total", VOTES).await?;
    mirror.kill().await?;
    let mirror = start_mirror(stage, at, metrics).await?;
    services::grown(&mut first, at, "ledger_votes_total", VOTES).await?;
    level(at, metrics).await?;
    mirror.stop().await?;
    steps.done("the mirror was killed, went on, caught up under load, and lost its connection");
    services::grown(&mut first, at, "ledger_votes_total", VOTES).await?;
    let machine_last = services::metric(at.internal, "ledger_last_sequence").await?;
    first.kill().await?;
    let last = last_frame(&mirror_dir(stage))?;
    steps.done("the first machine is lost for good");
    Ok((last, machine_last))
}

async fn start_mirror(stage: &Stage, at: Addresses, metrics: SocketAddr) -> Result<Server> {
    let mut server = mirror_call(stage, at, metrics)
        .arg(mirror_dir(stage))
        .start()?;
    services::wait_until(&mut server, metrics, "/metrics").await?;
    Ok(server)
}

/// The command line of a mirror, but for its directory.
pub(crate) fn mirror_call(stage: &Stage, at: Addresses, metrics: SocketAddr) -> Call {
    let call = stage
        .call("tally")
        .arg("mirror")
        .flag("--from", format!("http://{}", at.internal))
        .flag("--package", stage.machines.package())
        .flag("--internal", metrics.to_string());
    let log = stage.machines.logs().join("mirror.log");
    stage.trusting(call).logging_to(&log)
}

/// A mirror in the files of the data directory, which follows a validator whatever happens to that.
#[derive(Debug)]
pub struct Copying {
    mirror: Server,
    metrics: SocketAddr,
    /// Where the log's checkpoints come to rest; none where there is no log.
    checkpoints: Option<PathBuf>,
}

impl Copying {
    /// Starts it. What was in the data directory is replaced.
    ///
    /// # Errors
    /// The mirror does not start.
    pub async fn start(stage: &Stage, from: Addresses) -> Result<Copying> {
        let (data, metrics) = (stage.machines.data(), ports::free()?);
        fs::remove_dir_all(&data).with_context(|| format!("cannot remove {}", data.display()))?;
        let mut mirror = mirror_call(stage, from, metrics).arg(&data).start()?;
        services::wait_until(&mut mirror, metrics, "/metrics").await?;
        Ok(Copying {
            mirror,
            metrics,
            checkpoints: stage.is_witnessed.then(|| stage.machines.ledger()),
        })
    }

    /// Fails where the mirror has ended: what it was given was of two histories.
    ///
    /// # Errors
    /// See above.
    pub fn check(&mut self) -> Result<()> {
        self.mirror.check()
    }

    /// Ends it as it stands, as one that goes on must.
    ///
    /// # Errors
    /// It ends with another status than 0.
    pub(crate) async fn end(self) -> Result<()> {
        self.mirror.stop().await
    }

    /// Waits until it has what the validators have that tell their metrics there, and ends it: of each partition its
    /// owner knows the last frame first.
    ///
    /// # Errors
    /// The mirror does not come level with the validators.
    pub async fn finish(self, with: &[SocketAddr]) -> Result<()> {
        level_with(with, self.metrics, self.checkpoints.as_deref()).await?;
        self.mirror.stop().await
    }
}

/// Waits until a mirror has what the validators have that tell their metrics there: the last frame of each partition,
/// and a checkpoint over it where the mirror keeps a log's.
///
/// # Errors
/// The mirror does not come level with the validators.
pub(crate) async fn level_with(
    with: &[SocketAddr],
    mirror: SocketAddr,
    checkpoints: Option<&Path>,
) -> Result<()> {
    let mut last: BTreeMap<u16, u64> = BTreeMap::new();
    for at in with {
        // One that is being started again owns nothing.
        for (partition, frame) in services::last_frames(*at).await.unwrap_or_default() {
            let known = last.entry(partition).or_default();
            *known = frame.max(*known);
        }
    }
    level_at(last.values().sum(), mirror).await?;
    for (partition, frame) in last {
        if let Some(ledger) = checkpoints {
            covered(&ledger.join(format!("p{partition:04}/checkpoint")), frame).await?;
        }
    }
    Ok(())
}

/// Waits until a checkpoint of the mirror covers so many frames.
async fn covered(checkpoint: &Path, frames: u64) -> Result<()> {
    let deadline = Instant::now() + LEVEL_WITHIN;
    loop {
        let note = fs::read_to_string(checkpoint).unwrap_or_default();
        let size = note.lines().nth(1).and_then(|size| size.parse().ok());
        if size.is_some_and(|size: u64| size >= frames) {
            return Ok(());
        }
        if Instant::now() > deadline {
            bail!(
                "{} covers {size:?} frames of {frames}: see mirror.log",
                checkpoint.display()
            );
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until the mirror is no more than a moment behind.
pub(crate) async fn level(at: Addresses, metrics: SocketAddr) -> Result<()> {
    let wanted = services::metric(at.internal, "ledger_last_sequence").await?;
    level_at(wanted, metrics).await
}

/// Waits until the mirror has so many frames.
async fn level_at(wanted: u64, metrics: SocketAddr) -> Result<()> {
    let mut deadline = Instant::now() + LEVEL_WITHIN;
    let mut before = 0;
    loop {
        let has = services::metric(metrics, "mirror_last_sequence").await?;
        if has >= wanted {
            return Ok(());
        }
        if has > before {
            before = has;
            deadline = Instant::now() + LEVEL_WITHIN;
        }
        if Instant::now() > deadline {
            bail!("the mirror stands at frame {has} of {wanted}: see mirror.log");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The last frame of a mirror of one partition, by its sidecar (docs/ledger.md gives its layout).
pub(crate) fn last_frame(mirror: &Path) -> Result<u64> {
    let path = mirror.join("ledger/p0000/acknowledged");
    let bytes = fs::read(&path);
    let bytes = bytes.with_context(|| format!("cannot read {}", path.display()))?;
    let field = bytes.get(16..).and_then(|rest| rest.first_chunk());
    Ok(u64::from_le_bytes(
        *field.context("the mirror's sidecar is too short")?,
    ))
}

/// Receipts that voters hold and that the validator on the mirror does not know.
pub(crate) async fn lacking(public: SocketAddr, truth: &Truth) -> Result<Vec<String>> {
    let mut lacking = Vec::new();
    for id in truth.receipt_ids() {
        let path = format!("/api/v1/receipts/{id}");
        match http::get(public, &path).await?.0 {
            200 => {}
            404 => lacking.push(id.clone()),
            status => bail!("{path} answers {status}"),
        }
    }
    Ok(lacking)
}

/// What contradicts that exactly the frames behind `last` are lost, and that some are.
async fn judge(stage: &Stage, truth: &Truth, lacking: &[String], last: u64) -> Result<Vec<String>> {
    let mut faults = contradictions(stage, truth, lacking, last).await?;
    if lacking.is_empty() {
        faults.push("nothing was lost: the rehearsal proves nothing".to_owned());
    }
    Ok(faults)
}

/// What contradicts that of the acknowledged votes exactly those are missing that are `lacking`, all of frames behind
/// `last`. Both hands count the ledger's files.
///
/// # Errors
/// The files cannot be counted.
pub(crate) async fn contradictions(
    stage: &Stage,
    truth: &Truth,
    lacking: &[String],
    last: u64,
) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    let frame = |id: &String| {
        id.split('-')
            .nth(1)
            .and_then(|text| text.parse::<u64>().ok())
    };
    let wrongly = lacking
        .iter()
        .filter(|id| frame(id).is_none_or(|at| at <= last));
    let wrongly = wrongly.count();
    if wrongly > 0 {
        faults.push(format!("{wrongly} receipts up to frame {last} are missing"));
    }
    let counted = stage.counted_from_files().await?;
    let counted = counts::without_open(counted, &truth.counts(), &truth.open());
    let Difference { lost, double } = counts::difference(&truth.counts(), &counted);
    if (lost, double) != (lacking.len() as u64, 0) {
        faults.push(format!(
            "{lost} votes are missing and {double} too many, expected {} and 0",
            lacking.len()
        ));
    }
    Ok(faults)
}
