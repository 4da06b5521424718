//! hashgen: a voter roll to digests, on a machine without a network.
//!
//! NAS and codes go in; digests, line numbers and totals come out. Nothing here opens a socket, and
//! memory is sealed (crate `secrets`), because it holds what must never rest anywhere else.
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
use secrets::Unsealed;

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
    match seal_memory().and_then(|()| run(&cli.command)) {
        Err(error) if error.is::<Usage>() => {
            commandline::note!("hashgen: {error:#}");
            ExitCode::from(2)
        }
        result => commandline::end("hashgen", result),
    }
}

/// Memory will hold a country's NAS and codes. Where swap cannot be kept from it the official is told;
/// anything else that the system does not grant ends the program.
fn seal_memory() -> anyhow::Result<()> {
    for fault in secrets::seal_memory() {
        match fault {
            Unsealed::Swap(_) => commandline::note!("warning: {:#}", anyhow::Error::from(fault)),
            fault => return Err(fault.into()),
        }
    }
    Ok(())
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
