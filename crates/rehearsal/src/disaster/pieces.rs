//! A validator's machine loses one piece that was carried to it: the package, or a key. It refuses to start, the piece is
//! carried again from the copy that officials keep, and voting goes on.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tokio::time::Instant;

use super::electorate::{self, Electorate, refused};
use super::told::Scene;
use crate::child::{Call, Server};
use crate::lost_machine;
use crate::prepare::Stage;
use crate::services::{self, Addresses};
use crate::steps::Steps;
use crate::verdict::Verdict;
use crate::witnesses;

/// Votes before the loss.
const VOTES: u64 = 150;

/// What the validator's machine loses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// The whole directory of it.
    Package,
    /// One bit of its largest file.
    PackageBit,
    /// The key that turns credentials into digests.
    RollKey,
    /// The key that signs the ledger's log.
    LogKey,
}

impl Piece {
    /// Each of these pieces.
    pub(super) const ALL: [Piece; 4] = [
        Piece::Package,
        Piece::PackageBit,
        Piece::RollKey,
        Piece::LogKey,
    ];

    /// Whether the event needs a log to lose it.
    pub(super) fn is_of_log(self) -> bool {
        self == Piece::LogKey
    }

    /// What the table says of it: what happened, what was gone, what was needed.
    fn words(self) -> [&'static str; 3] {
        match self {
            Piece::Package => [
                "the package lost",
                "the validator's copy of the package",
                "the officials' copy, verified",
            ],
            Piece::PackageBit => [
                "the package rotten",
                "one bit of the validator's copy of the package",
                "the officials' copy, verified",
            ],
            Piece::RollKey => [
                "the roll key lost",
                "the validator's copy of the roll key",
                "the sealed copy; without one, another event",
            ],
            Piece::LogKey => [
                "the log key lost",
                "the validator's copy of the log key",
                "the operators' copy; without one, another event",
            ],
        }
    }

    /// What a start without it says.
    fn refusal(self) -> &'static str {
        match self {
            Piece::Package => "package",
            Piece::PackageBit => "altered",
            Piece::RollKey => "roll.key",
            Piece::LogKey => "log.key",
        }
    }

    /// Where the validator has it.
    fn place(self, stage: &Stage) -> PathBuf {
        match self {
            Piece::Package | Piece::PackageBit => stage.machines.package(),
            Piece::RollKey => stage.machines.roll_key(),
            Piece::LogKey => stage.machines.log_key(),
        }
    }

    fn lose(self, stage: &Stage) -> Result<()> {
        let place = self.place(stage);
        match self {
            Piece::Package => fs::remove_dir_all(&place),
            Piece::PackageBit => return flip_a_bit(&place),
            Piece::RollKey | Piece::LogKey => fs::remove_file(&place),
        }
        .with_context(|| format!("cannot remove {}", place.display()))
    }
}

/// Plays it: `votes` votes in whose middle the validator's machine loses the piece, and as many after.
///
/// # Errors
/// Anything that keeps it from being played; a start that is not refused.
pub(super) async fn play(
    stage: &Stage,
    piece: Piece,
    (votes, seed): (u64, u64),
    steps: &mut Steps,
) -> Result<Scene> {
    let mut electorate = Electorate::prepare(stage, (votes, seed), steps).await?;
    let copies = stage.machines.root().join("officials");
    fs::create_dir(&copies)?;
    let copy = copies.join("copy");
    carry(stage, &piece.place(stage), &copy).await?;
    let witnesses = stage.start_witnesses().await?;
    let at = Addresses::free()?;
    let validator = stage.start_validator(at).await?;
    let first = electorate.first();
    let playing = async {
        let (validator, begun, said) = lose(stage, at, piece, (validator, &copy)).await?;
        let receipt = electorate::first_vote(at, &first).await?;
        anyhow::Ok((validator, begun.elapsed(), said, receipt))
    };
    let (_, back) = tokio::try_join!(electorate.vote(stage, at), playing)?;
    let (validator, took, said, receipt) = back;
    electorate.note_first(receipt);
    let vote_again_s = Some(took.as_secs_f64());
    steps.done(&format!(
        "{}: carried again, the first voter has voted",
        piece.words()[0]
    ));
    electorate.vote_all(stage, at).await?;
    let lacking = electorate.lacking(stage, at.public).await?;
    validator.stop().await?;
    witnesses::stop(witnesses).await?;
    let truth = electorate.truth(stage)?;
    let mut faults = lost_machine::contradictions(stage, &truth, &lacking, u64::MAX).await?;
    if !lacking.is_empty() {
        faults.push(format!(
            "{} receipts are lost with {}",
            lacking.len(),
            piece.words()[1]
        ));
    }
    let [scene, gone, needed] = piece.words();
    Ok(Scene {
        scene,
        gone,
        needed,
        vote_again_s,
        results_again_s: None,
        acknowledged: truth.receipts(),
        lost_receipts: lacking,
        frames: None,
        said: vec![said],
        verdict: Verdict::new("nothing is lost", faults),
    })
}

/// Loses the validator with the piece, sees the next start refused, and starts with the copy. Returns when it was lost, and what
/// the refusal said.
async fn lose(
    stage: &Stage,
    at: Addresses,
    piece: Piece,
    (mut validator, copy): (Server, &Path),
) -> Result<(Server, Instant, String)> {
    services::grown(&mut validator, at, "ledger_votes_total", VOTES).await?;
    let begun = Instant::now();
    validator.kill().await?;
    piece.lose(stage)?;
    let said = refused(stage, stage.validator_call(at), piece.refusal()).await?;
    let place = piece.place(stage);
    if place.is_dir() {
        // Evidence is kept, and never edited in place.
        rustix::fs::rename(&place, place.with_extension("rotten"))?;
    }
    carry(stage, copy, &place).await?;
    let verify = stage.call("shardpack").arg("verify");
    let verify = verify.arg(stage.machines.package());
    stage.trusting(verify).run().await?;
    let validator = stage.start_validator(at).await?;
    Ok((validator, begun, said))
}

/// Copies a file or a directory as officials do, with its rights.
async fn carry(stage: &Stage, from: &Path, to: &Path) -> Result<()> {
    let log = stage.machines.logs().join("cp.log");
    let call = Call::new("cp".into(), log).arg("-a");
    call.arg(from).arg(to).run().await.map(drop)
}

/// Changes one bit in the middle of the largest file.
fn flip_a_bit(package: &Path) -> Result<()> {
    let mut largest: Option<(u64, PathBuf)> = None;
    for entry in fs::read_dir(package)? {
        let entry = entry?;
        let bytes = entry.metadata()?.len();
        if entry.path().is_file() && largest.as_ref().is_none_or(|(most, _)| bytes > *most) {
            largest = Some((bytes, entry.path()));
        }
    }
    let (_, path) = largest.context("the package has no files")?;
    let mut bytes = fs::read(&path)?;
    let middle = bytes.len() / 2;
    let byte = bytes
        .get_mut(middle)
        .context("the package's files are empty")?;
    *byte ^= 1;
    fs::write(&path, bytes).with_context(|| format!("cannot change {}", path.display()))
}
