//! Arguments of `rehearsal upgrade`.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use rehearsal::prepare::Stage;
use rehearsal::programs::Programs;
use rehearsal::upgrade::Scale;

use crate::run_args::RunArgs;

/// Which releases meet, and under which load.
#[derive(Debug, Args)]
pub(crate) struct UpgradeArgs {
    /// Directory of the programs at the beginning [default: of this program]
    #[arg(long, value_name = "DIRECTORY")]
    before: Option<PathBuf>,
    /// Directory of the programs that take their places [default: of this program]
    #[arg(long, value_name = "DIRECTORY")]
    after: Option<PathBuf>,
    /// Votes that fall due in each second
    #[arg(long, default_value_t = Scale::FULL.rate, value_parser = clap::value_parser!(u64).range(10..=100_000))]
    rate: u64,
    /// Kill validators, as is wrong, where they should be asked to end, and see that this is noticed
    #[arg(long)]
    kill: bool,
    #[command(flatten)]
    run: RunArgs,
}

impl UpgradeArgs {
    /// Validators that share a ledger which witnesses watch, of the release at the beginning.
    pub(crate) fn stage(&self) -> Result<Stage> {
        let mut stage = self.run.shared_stage("upgrade")?;
        stage.is_witnessed = true;
        stage.programs = programs(self.before.as_deref())?;
        if self.before.is_some() {
            stage.event = stage.event.alone();
        }
        Ok(stage)
    }

    /// The programs of the next release.
    pub(crate) fn after(&self) -> Result<Programs> {
        programs(self.after.as_deref())
    }

    /// How much is played, and the seed.
    pub(crate) fn size(&self) -> (Scale, u64) {
        let scale = Scale {
            rate: self.rate,
            is_drained: !self.kill,
            ..Scale::FULL
        };
        (scale, self.run.seed)
    }
}

fn programs(dir: Option<&Path>) -> Result<Programs> {
    match dir {
        Some(dir) => Programs::in_dir(&std::path::absolute(dir)?),
        None => Programs::beside_this(),
    }
}
