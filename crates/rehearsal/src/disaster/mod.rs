//! `rehearsal disaster`: what an official meets once at night. Machines, databases, packages and keys are lost for good while
//! voters vote; the way back is the one of docs/backup.md, its time is measured, and each receipt that is lost is named.

mod archive;
mod electorate;
mod hands;
mod keys;
mod pieces;
mod servers;
mod site;
pub mod told;
mod wal;

use anyhow::Result;

use crate::child::Call;
use crate::prepare::Stage;
use crate::steps::Steps;
use pieces::Piece;
use site::Lost;
use told::Scene;

/// How much is played.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Votes before a loss, and as many after.
    pub votes: u64,
    /// The restored database misses the archive's newest segment, as after a careless restore: the verdict must say so.
    pub forgets_segment: bool,
    /// Seed of the roll and of the voters' choices.
    pub seed: u64,
}

/// Plays every scene, each with an event of its own. `stage` makes the machines of a scene by its name and by whether
/// the event has a log; `tell` takes each scene when it is over.
///
/// # Errors
/// Anything that keeps a scene from being played.
pub async fn run(
    stage: impl Fn(&str, bool) -> Result<Stage>,
    plan: Plan,
    steps: &mut Steps,
    mut tell: impl FnMut(&Scene) -> Result<()>,
) -> Result<Vec<Scene>> {
    let mut scenes = Vec::new();
    let mut add = |scene: Scene| {
        tell(&scene)?;
        scenes.push(scene);
        anyhow::Ok(())
    };
    add(site_lost(&stage("site-archive", false)?, plan, steps).await?)?;
    let with_archive = (plan.votes, plan.forgets_segment, plan.seed);
    let mirrored = stage("site-mirror", true)?;
    add(site::play(&mirrored, Lost::SiteButMirror, with_archive, steps).await?)?;
    let sizes = (plan.votes, plan.seed);
    add(hands::play(&stage("hands", false)?, sizes, steps).await?)?;
    for piece in Piece::ALL {
        let name = format!("{piece:?}").to_lowercase();
        let stage = stage(&name, piece.is_of_log())?;
        add(pieces::play(&stage, piece, sizes, steps).await?)?;
    }
    for scene in keys::play(&stage("keys", false)?, sizes, steps).await? {
        add(scene)?;
    }
    let stage = stage("database", false)?;
    add(site::play(&stage, Lost::Database, with_archive, steps).await?)?;
    Ok(scenes)
}

/// The loss of a site alone, gone on from the archive: for who has little time.
///
/// # Errors
/// Anything that keeps it from being played.
pub async fn site_lost(stage: &Stage, plan: Plan, steps: &mut Steps) -> Result<Scene> {
    let sizes = (plan.votes, plan.forgets_segment, plan.seed);
    site::play(stage, Lost::SiteButArchive, sizes, steps).await
}

/// Whether pgBackRest can be run.
pub async fn is_archived_here(log: &std::path::Path) -> bool {
    let call = Call::new("pgbackrest".into(), log.to_owned()).arg("version");
    matches!(call.outcome().await, Ok((status, _)) if status.success())
}
