//! The command line of `rehearsal stack`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use rehearsal::definition::Definition;
use rehearsal::prepare::Stage;
use rehearsal::stack::Plan;
use rehearsal::stack::cases;
use rehearsal::stack::site::PARTITIONS;

use crate::run_args::RunArgs;

/// How the stack is played.
#[derive(Debug, Args)]
pub(crate) struct StackArgs {
    /// Synthetic voters; each votes on every open ballot
    #[arg(long, default_value_t = 40_000, value_parser = clap::value_parser!(u32).range(4_000..=1_000_000))]
    voters: u32,
    /// Directory of what operators are given
    #[arg(long, value_name = "DIR", default_value = "deploy")]
    deploy: PathBuf,
    /// Cause no failure, leave it running and print addresses
    #[arg(long)]
    pub(crate) stay: bool,
    #[command(flatten)]
    run: RunArgs,
}

impl StackArgs {
    pub(crate) fn stage(&self) -> Result<Stage> {
        let event = Definition::example()?.showing_each_vote();
        let stage = self.run.witnessed_stage("stack", event)?;
        Ok(Stage {
            partitions: PARTITIONS,
            ..stage
        })
    }

    pub(crate) fn plan(&self) -> Plan<'_> {
        Plan {
            deploy: &self.deploy,
            size: (self.voters, self.run.seed),
            cases: cases::ALL.to_vec(),
        }
    }
}
