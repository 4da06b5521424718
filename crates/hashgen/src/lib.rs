//! hashgen: a voter roll to digests, on a machine without a network.
//!
//! NAS and codes go in; digests, line numbers and totals come out. Nothing here opens a socket, and
//! core dumps are switched off, because memory holds what must never rest anywhere else.
//!
//! A library under a thin program, so that fuzz targets and benches reach the readers.

pub mod byte_size;
pub mod hash;
pub mod import;
pub mod keygen;
pub mod mint;
pub mod progress;
pub mod roll;
pub mod roll_key;
pub mod seen;
pub mod sets;
pub mod sorter;
pub mod synth;
pub mod usage;

use std::process::ExitCode;

use clap::Parser;
use rustix::process::{Resource, Rlimit, setrlimit};

use crate::usage::Usage;

/// Turn a voter roll into digests, on an air-gapped machine.
#[derive(Debug, Parser)]
#[command(
    version,
    arg_required_else_help = true,
    after_long_help = "Examples:
  hashgen keygen --out roll.key
  hashgen mint --roll people.csv --out letters.csv
  hashgen hash --roll letters.csv --election election.toml --key roll.key --out digests/

Exit status: 0 done, 1 failed, 2 wrong usage."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Keygen(keygen::Args),
    Mint(mint::Args),
    Synth(synth::Args),
    Hash(hash::Args),
    Import(import::Args),
}

/// The program: reads the command line, does what it says, tells how it went.
pub fn run_program() -> ExitCode {
    let cli = match commandline::arguments::<Cli>() {
        Ok(cli) => cli,
        Err(status) => return status,
    };
    let no_core = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let result = setrlimit(Resource::Core, no_core)
        .map_err(|error| anyhow::anyhow!("cannot switch core dumps off: {error}"))
        .and_then(|()| run(&cli.command));
    match result {
        Err(error) if error.is::<Usage>() => {
            commandline::note!("hashgen: {error:#}");
            ExitCode::from(2)
        }
        result => commandline::end("hashgen", result),
    }
}

fn run(command: &Command) -> anyhow::Result<()> {
    match command {
        Command::Keygen(args) => keygen::run(args),
        Command::Mint(args) => mint::run(args),
        Command::Synth(args) => synth::run(args),
        Command::Hash(args) => hash::run(args),
        Command::Import(args) => import::run(args),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn manual_pages() {
        manual::write::<super::Cli>().expect("target/ can be written");
    }
}
