//! While the validator is honest: a witness is away and comes back, another one restarts from an older state, and
//! everybody goes on.

use std::path::PathBuf;

use anyhow::{Result, bail, ensure};

use super::histories::Watching;
use super::parties::{Tail, answers, ask, until, view};
use super::told::Scene;
use crate::http;
use crate::prepare::Stage;
use crate::services::{self, Addresses};
use crate::voters::{Order, Voters};
use crate::witnesses::NAMES;

const RATE: u64 = 200;
const CONNECTIONS: u32 = 4;
const SOURCES: &str = "127.1.0.0/16";

/// The true history, as far as others have kept it.
#[derive(Debug)]
pub(super) struct First {
    /// Frames that all witnesses have cosigned.
    pub(super) frames: u64,
    /// Proof of the first vote.
    pub(super) receipt: PathBuf,
    /// Number of the receipt for that vote.
    pub(super) receipt_id: String,
    /// What an auditor remembers.
    pub(super) seen: PathBuf,
}

/// Has so many voters vote; returns how many votes were recorded.
pub(super) async fn vote(
    stage: &Stage,
    voters: &mut Voters,
    at: Addresses,
    votes: u64,
) -> Result<u64> {
    let order = Order {
        rate: RATE,
        votes,
        connections: CONNECTIONS,
        sources: SOURCES,
    };
    Ok(voters.vote(stage, at, order).await?.acknowledged())
}

/// Votes that must all be recorded.
async fn vote_on(stage: &Stage, voters: &mut Voters, at: Addresses, votes: u64) -> Result<()> {
    let recorded = vote(stage, voters, at, votes).await?;
    ensure!(
        recorded == votes,
        "{recorded} of {votes} votes were recorded"
    );
    Ok(())
}

/// The frames that the validator has.
pub(super) async fn frames(at: Addresses) -> Result<u64> {
    services::metric(at.internal, "ledger_last_sequence").await
}

/// A witness is away while people vote.
pub(super) async fn away(
    stage: &Stage,
    watching: &mut Watching,
    (voters, at): (&mut Voters, Addresses),
    votes: u64,
) -> Result<Scene> {
    vote_on(stage, voters, at, votes).await?;
    watching.cosigned("paper", frames(at).await?).await?;
    let mut scene = Scene::begin(
        "partitioned witness",
        "paper is away while people vote, and comes back",
    );
    watching.stop("paper").await?;
    vote_on(stage, voters, at, votes).await?;
    let missed = format!("{votes} of {votes} votes recorded");
    scene.went_on("voters", &missed);
    let covered = frames(at).await?;
    until("two witnesses cover every frame", async || {
        let size = shown_size(at).await?;
        Ok(size.filter(|size| *size >= covered))
    })
    .await?;
    scene.went_on(
        "validator",
        &format!("{covered} frames cosigned by the two others"),
    );
    let audit = stage.auditor(at, None);
    ask(stage, &mut scene, ("auditor", false), audit).await?;
    watching.begin(stage, "paper").await?;
    let back = watching.cosigned("paper", covered).await?;
    let took = answers(watching.get("paper")?, "cosigned").await?;
    let told = format!("back, and at {back} frames after {took} checkpoint");
    scene.saw("paper", (took != 1, false), &told);
    Ok(scene)
}

/// Frames of the checkpoint that the validator shows.
async fn shown_size(at: Addresses) -> Result<Option<u64>> {
    let (status, text) = http::get(at.internal, "/log/0/checkpoint").await?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let size = text.lines().nth(1).and_then(|size| size.parse().ok());
    Ok(size.filter(|_| status == 200))
}

/// An honest witness is given its memory of before the first vote, and catches up.
pub(super) async fn older_state(
    stage: &Stage,
    watching: &mut Watching,
    (voters, at): (&mut Voters, Addresses),
    votes: u64,
) -> Result<Scene> {
    let mut scene = Scene::begin(
        "older state",
        "party restarts with its memory of before the first vote; everybody is honest",
    );
    let log = Tail::of(stage.machines.logs().join("witness-party.log"));
    watching.forget(stage, "party").await?;
    vote_on(stage, voters, at, votes).await?;
    scene.went_on("voters", &format!("{votes} of {votes} votes recorded"));
    let size = watching.cosigned("party", frames(at).await?).await?;
    let line = log.wait("has cosigned more than it remembers").await?;
    ensure!(line.contains("ERROR") || line.contains("error"), "{line}");
    scene.went_on(
        "party",
        &format!("at {size} frames; its log says that an older copy may have been restored"),
    );
    let audit = stage.auditor(at, None);
    ask(stage, &mut scene, ("auditor", false), audit).await?;
    Ok(scene)
}

/// What others keep of the true history before the validator lies.
pub(super) async fn kept(
    stage: &Stage,
    watching: &Watching,
    (voters, at): (&Voters, Addresses),
) -> Result<First> {
    let truth = voters.truth()?;
    truth.write(&stage.machines.truth())?;
    let receipt = stage.machines.root().join("first.tlog-proof");
    rustix::fs::rename(stage.check_a_receipt(at).await?, &receipt)?;
    let frames = frames(at).await?;
    for name in NAMES {
        watching.cosigned(name, frames).await?;
    }
    let roots = [
        view(watching.get("paper")?).await?.root,
        view(watching.get("party")?).await?.root,
    ];
    if roots[0] != roots[1] {
        bail!("honest witnesses of an honest log disagree: {roots:?}");
    }
    let seen = stage.machines.root().join("auditor.seen");
    stage.auditor(at, Some(&seen)).run().await?;
    stage
        .count_hand_call(stage.machines.releases())
        .run()
        .await?;
    Ok(First {
        frames,
        receipt,
        receipt_id: truth.first_receipt().unwrap_or_default().to_owned(),
        seen,
    })
}
