//! The command line: raw arguments, then the work.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use listener::log::{self, LogFilter};

use crate::audit::{self, AuditArgs};
use crate::config::Config;
use crate::{keygen, run};

const EXAMPLES: &str = "\
Examples:
  witness keygen --name witness.example/w1 --out w1 --state /var/lib/scrutin-witness
  witness run --config witness.toml
  witness audit --policy log.policy --log https://example.com/log/ --state seen
  witness audit --policy log.policy --log /media/stick/log

The key and the state directory belong together: a witness whose state is lost needs a new key.
Exit status: 0 done or stopped in good order, 1 failed or the log is not sound, 2 wrong usage.";

/// Watches that the log of a ledger only grows, and says so with its signature
#[derive(Debug, Parser)]
#[command(version, about, after_help = EXAMPLES)]
struct Raw {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a key, its public half to hand out, and the empty memory that belongs to it
    Keygen {
        /// Name of the witness, such as witness.example/w1: a host that you own, without https://
        #[arg(long)]
        name: String,
        /// Where the key is written: OUT.key for you alone, OUT.pub to hand out
        #[arg(long, value_name = "OUT")]
        out: PathBuf,
        /// Directory of what the witness remembers; it must be new or empty
        #[arg(long, value_name = "DIRECTORY")]
        state: PathBuf,
    },
    /// Take checkpoints over HTTP, and cosign what continues what was cosigned before
    Run {
        /// Configuration file in TOML
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Follow a log and check all of it that needs no key; tell who has seen it
    Audit(AuditArgs),
}

/// Runs the program and returns its exit status.
#[must_use]
pub fn main() -> ExitCode {
    let raw = match commandline::arguments::<Raw>() {
        Ok(raw) => raw,
        Err(status) => return status,
    };
    match raw.command {
        Command::Keygen { name, out, state } => {
            commandline::end("witness", keygen::run(&name, &out, &state))
        }
        Command::Run { config } => serve(&config),
        Command::Audit(args) => commandline::end("witness", audit::run(&args)),
    }
}

fn serve(path: &Path) -> ExitCode {
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|error| vec![format!("cannot be read: {error}")]);
    let config = match text.and_then(|text| Config::parse(&text)) {
        Ok(config) => config,
        Err(faults) => {
            for fault in faults {
                commandline::note!("error: {}: {fault}", path.display());
            }
            return ExitCode::from(2);
        }
    };
    log::start(&LogFilter::INFO, None);
    commandline::end("witness", run::run(config))
}

#[cfg(test)]
mod tests {
    #[test]
    fn manual_pages() {
        manual::write::<super::Raw>().expect("target/ can be written");
    }
}
