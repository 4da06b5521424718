//! Voters before and after a disaster, and what is left of their votes.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::time::Instant;

use crate::api::VoteAnswer;
use crate::child::Call;
use crate::lost_machine;
use crate::prepare::{SAMPLE_ROLL, Stage};
use crate::races::{self, Subject};
use crate::services::{Addresses, POLL};
use crate::steps::Steps;
use crate::truth::Truth;
use crate::voters::{Order, Voters};
use crate::voting::Summary;

/// Voters of a scene's roll.
pub(super) const ROLL: u32 = 4_000;
const RATE: u64 = 150;
const CONNECTIONS: u32 = 16;
const SOURCES: &str = "127.1.0.0/16";
/// Who is back at all is back within this time.
pub(super) const BACK_WITHIN: Duration = Duration::from_secs(60);

/// The voters of a scene.
pub(super) struct Electorate {
    voters: Voters,
    votes: u64,
    first: Subject,
    /// Receipt of the first vote after the loss.
    receipt: Option<String>,
}

impl Electorate {
    /// Prepares the event, with enough voters for `votes` votes before the loss and as many after.
    ///
    /// # Errors
    /// A program fails.
    pub(super) async fn prepare(
        stage: &Stage,
        (votes, seed): (u64, u64),
        steps: &mut Steps,
    ) -> Result<Electorate> {
        stage.prepare(ROLL, seed, steps).await?;
        let mut samples = races::subjects(SAMPLE_ROLL)?;
        Ok(Electorate {
            voters: Voters::read(stage, seed)?,
            votes,
            first: samples.swap_remove(0),
            receipt: None,
        })
    }

    /// Casts the votes of one half. A vote that is turned away is not sent again.
    ///
    /// # Errors
    /// An answer contradicts what was sent.
    pub(super) async fn vote(&mut self, stage: &Stage, at: Addresses) -> Result<Summary> {
        let order = Order {
            rate: RATE,
            votes: self.votes,
            connections: CONNECTIONS,
            sources: SOURCES,
        };
        self.voters.vote(stage, at, order).await
    }

    /// Casts a half of which every vote must be recorded.
    ///
    /// # Errors
    /// One is not.
    pub(super) async fn vote_all(&mut self, stage: &Stage, at: Addresses) -> Result<()> {
        let voted = self.vote(stage, at).await?;
        if voted.acknowledged() != self.votes {
            bail!(
                "{} of {} votes were recorded",
                voted.acknowledged(),
                self.votes
            );
        }
        Ok(())
    }

    /// The vote of who comes first after a loss.
    pub(super) fn first(&self) -> Subject {
        self.first.clone()
    }

    /// Notes the receipt that the first voter got.
    pub(super) fn note_first(&mut self, receipt: String) {
        self.receipt = Some(receipt);
    }

    /// What all voters were told, in the truth file too.
    ///
    /// # Errors
    /// A truth file cannot be read or written.
    pub(super) fn truth(&self, stage: &Stage) -> Result<Truth> {
        let file = stage.machines.truth();
        self.voters.truth()?.write(&file)?;
        if let Some(receipt) = &self.receipt {
            stage.add_to_truth(
                std::slice::from_ref(&self.first),
                std::slice::from_ref(receipt),
            )?;
        }
        Truth::read(&file)
    }

    /// Receipts that voters hold and that nobody knows at `public`.
    ///
    /// # Errors
    /// A receipt is answered by neither 200 nor 404.
    pub(super) async fn lacking(&self, stage: &Stage, public: SocketAddr) -> Result<Vec<String>> {
        lost_machine::lacking(public, &self.truth(stage)?).await
    }
}

/// The first voter after a loss: tries until the vote is recorded, and returns its receipt.
///
/// # Errors
/// It is not in time; the voter is told of a vote that nobody cast.
pub(super) async fn first_vote(at: Addresses, vote: &Subject) -> Result<String> {
    let deadline = Instant::now() + BACK_WITHIN;
    loop {
        match races::cast(at, vote).await? {
            Some(VoteAnswer::Accepted(receipt)) => return Ok(receipt),
            Some(VoteAnswer::Duplicate(_)) => bail!("the first voter has voted before"),
            None if Instant::now() > deadline => bail!("nobody can vote again: see v1.log"),
            None => tokio::time::sleep(POLL).await,
        }
    }
}

/// Waits until a counter has grown, whatever serves it.
///
/// # Errors
/// It has not in time.
pub(super) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> Result<bool>) -> Result<()> {
    let deadline = Instant::now() + BACK_WITHIN;
    while !is_so().await? {
        if Instant::now() > deadline {
            bail!("not within {} s: {what}", BACK_WITHIN.as_secs());
        }
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}

/// Runs a program that must refuse, and returns the line that says why.
///
/// # Errors
/// It does not end, does not refuse, or says something else than `words`.
pub(super) async fn refused(stage: &Stage, call: Call, words: &str) -> Result<String> {
    let log = stage.machines.logs().join("refused.log");
    let _ = std::fs::remove_file(&log);
    let name = call.name();
    let call = call.logging_to(&log);
    let ended = tokio::time::timeout(BACK_WITHIN, call.outcome()).await;
    let (status, _) = ended.with_context(|| format!("{name} goes on, and must refuse"))??;
    let said = std::fs::read_to_string(&log).unwrap_or_default();
    let line = said.lines().find(|line| line.contains(words));
    match line {
        Some(line) if !status.success() => Ok(plain(line, stage.machines.root())),
        _ => bail!("{name} ended with {status}, expected a refusal that says {words:?}: {said}"),
    }
}

/// A line of a log without the rehearsal's own paths.
pub(super) fn plain(line: &str, root: &Path) -> String {
    line.replace(&format!("{}/", root.display()), "")
        .trim()
        .to_owned()
}
