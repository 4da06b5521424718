//! What every rehearsal's command line says: where it plays, and the seed of its random choices.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use rehearsal::definition::Definition;
use rehearsal::machines::Machines;
use rehearsal::prepare::Stage;
use rehearsal::programs::Programs;
use rehearsal::validators;

/// Where a rehearsal plays, and the seed of its random choices.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Directory to make; it is private to its owner and stays for you to look at [default:
    /// demo/<command>, which replaces that of an earlier rehearsal]
    #[arg(long)]
    pub(crate) dir: Option<PathBuf>,
    /// Replace the directory of an earlier rehearsal
    #[arg(long, requires = "dir")]
    pub(crate) force: bool,
    /// Seed of the roll and of the voters' choices
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

impl RunArgs {
    pub(crate) fn stage(&self, command: &str, event: Definition) -> Result<Stage> {
        let programs = Programs::beside_this()?;
        let machines = match &self.dir {
            Some(dir) => Machines::create(dir, self.force)?,
            None => Machines::create(&Path::new("demo").join(command), true)?,
        };
        Ok(Stage {
            event,
            partitions: 1,
            is_witnessed: false,
            programs,
            machines,
        })
    }
}

impl RunArgs {
    /// With witnesses who watch the ledger's log.
    pub(crate) fn witnessed_stage(&self, command: &str, event: Definition) -> Result<Stage> {
        let stage = self.stage(command, event)?;
        Ok(Stage {
            is_witnessed: true,
            ..stage
        })
    }

    /// The machines of one scene of several, in a directory below.
    pub(crate) fn scene(&self, command: &str, scene: &str) -> RunArgs {
        let standard = Path::new("demo").join(command);
        RunArgs {
            force: self.force || self.dir.is_none(),
            dir: Some(self.dir.as_ref().unwrap_or(&standard).join(scene)),
            seed: self.seed,
        }
    }

    /// For validators that share a ledger.
    pub(crate) fn shared_stage(&self, command: &str) -> Result<Stage> {
        let stage = self.stage(command, Definition::example()?.showing_each_vote())?;
        Ok(Stage {
            partitions: validators::PARTITIONS,
            ..stage
        })
    }
}
