//! `rehearsal equivocation`: somebody shows two histories of one ledger. A witness is cut off, the validator lies, one
//! witness lies, two of them do; and everybody who looks says what they see, and when.

mod first;
mod following;
mod histories;
mod parties;
mod second;
mod told;

use anyhow::Result;

pub use self::told::{Equivocation, Saw, Scene};

use self::following::Following;
use self::histories::Watching;
use self::second::Ground;
use crate::outside::Verifier;
use crate::prepare::Stage;
use crate::services::Addresses;
use crate::steps::Steps;
use crate::voters::Voters;

const VOTERS_MIN: u32 = 1_000;
/// The second history must become longer than the first: so many times the votes of one of its three parts.
const SECOND: u64 = 6;
/// The voters of the second ledger choose otherwise.
const OTHER_SEED: u64 = 1_000;

/// Plays all scenes on a stage with witnesses, the true history in three parts of so many `votes`.
///
/// # Errors
/// Anything that keeps a scene from being played; a lie that went unnoticed is in the verdict.
pub async fn run(
    stage: &Stage,
    (votes, seed): (u64, u64),
    verifier: Option<&Verifier>,
    steps: &mut Steps,
) -> Result<Equivocation> {
    stage
        .prepare(u32::try_from(SECOND * votes)?.max(VOTERS_MIN), seed, steps)
        .await?;
    let at = Addresses::free()?;
    let mut watching = Watching::start(stage).await?;
    let validator = stage.start_validator(at).await?;
    let following = Following::start(stage, at).await?;
    steps.done("validator, three witnesses, and an auditor, a mirror and a tally who follow");
    let mut voters = Voters::read(stage, seed)?;
    let mut scenes = Vec::new();
    scenes.push(first::away(stage, &mut watching, (&mut voters, at), votes).await?);
    steps.done("a witness was away, and came back");
    scenes.push(first::older_state(stage, &mut watching, (&mut voters, at), votes).await?);
    steps.done("a witness restarted with an older state");
    let first = first::kept(stage, &watching, (&voters, at)).await?;
    validator.stop().await?;
    histories::begin_another(stage, "data-first").await?;
    let ground = Ground {
        stage,
        at,
        first: &first,
        verifier,
        seed: seed + OTHER_SEED,
    };
    scenes.push(ground.refused(&watching, &[]).await?);
    steps.done("the validator began a second ledger: nobody could vote there");
    watching.forget(stage, "paper").await?;
    scenes.push(ground.refused(&watching, &["paper"]).await?);
    steps.done("one witness lied: nobody could vote there");
    watching.forget(stage, "university").await?;
    let lie = ground.counted(&watching, SECOND * votes, following).await?;
    scenes.push(lie);
    steps.done("two witnesses lied: who remembers, notices");
    watching.stop_all().await?;
    Ok(Equivocation::of(scenes))
}
