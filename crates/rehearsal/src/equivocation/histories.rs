//! Two histories of one log: the ledger that voters voted into, a second one that is begun with the same key, and
//! witnesses that forget.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::parties::{until, view};
use crate::child::Call;
use crate::prepare::Stage;
use crate::witnesses::{NAMES, Witness};

/// The three witnesses of a stage, and what each of them knew before the first vote.
#[derive(Debug)]
pub(super) struct Watching {
    all: Vec<Option<Witness>>,
}

impl Watching {
    /// Starts all of them, and keeps a copy of their memory.
    pub(super) async fn start(stage: &Stage) -> Result<Watching> {
        let mut all = Vec::new();
        for name in NAMES {
            let witness = stage.start_witness(name).await?;
            copy(stage, &memory(stage, name), &early_memory(stage, name)).await?;
            all.push(Some(witness));
        }
        Ok(Watching { all })
    }

    /// A witness that runs.
    pub(super) fn get(&self, name: &str) -> Result<&Witness> {
        let mut running = self.all.iter().flatten();
        let found = running.find(|witness| witness.name == name);
        found.with_context(|| format!("witness {name} does not run"))
    }

    /// Ends a witness, whose memory stays.
    pub(super) async fn stop(&mut self, name: &str) -> Result<()> {
        let place = self.all.iter_mut();
        let is_it =
            |witness: &&mut Option<Witness>| witness.as_ref().is_some_and(|it| it.name == name);
        let witness = place.into_iter().find(|witness| is_it(witness));
        let witness = witness.and_then(Option::take);
        let witness = witness.with_context(|| format!("witness {name} does not run"))?;
        witness.server.stop().await
    }

    pub(super) async fn begin(&mut self, stage: &Stage, name: &'static str) -> Result<()> {
        self.all.push(Some(stage.start_witness(name).await?));
        Ok(())
    }

    /// A witness is started again with what it knew before the first vote.
    pub(super) async fn forget(&mut self, stage: &Stage, name: &'static str) -> Result<()> {
        self.stop(name).await?;
        fs::remove_dir_all(memory(stage, name))?;
        copy(stage, &early_memory(stage, name), &memory(stage, name)).await?;
        self.begin(stage, name).await
    }

    /// Waits until a witness has cosigned at least so many frames. Returns how many.
    pub(super) async fn cosigned(&self, name: &str, frames: u64) -> Result<u64> {
        let witness = self.get(name)?;
        let what = format!("{name} cosigns {frames} frames");
        until(&what, async || {
            let size = view(witness).await?.size;
            Ok(size.filter(|size| *size >= frames))
        })
        .await
    }

    pub(super) async fn stop_all(self) -> Result<()> {
        for witness in self.all.into_iter().flatten() {
            witness.server.stop().await?;
        }
        Ok(())
    }
}

fn memory(stage: &Stage, name: &str) -> PathBuf {
    stage.machines.witness(name).join("state")
}

fn early_memory(stage: &Stage, name: &str) -> PathBuf {
    stage
        .machines
        .witness(name)
        .join("state-before-the-first-vote")
}

async fn copy(stage: &Stage, from: &Path, to: &Path) -> Result<()> {
    let log = stage.machines.logs().join("cp.log");
    let call = Call::new("cp".into(), log).arg("-a").arg(from).arg(to);
    call.run().await.map(drop)
}

/// Puts the ledger that is served aside, and begins another with the same key.
pub(super) async fn begin_another(stage: &Stage, aside: &str) -> Result<()> {
    let data = stage.machines.data();
    rustix::fs::rename(&data, data.with_file_name(aside))?;
    stage.begin_ledger().await
}
