//! The program that turns digest sets into a signed package.
//!
//! Exit status: 0 done, 1 failed, 2 wrong usage. Data goes to stdout, everything else to stderr.

mod args;
mod commands;
mod definition;
mod digests;
mod progress;

use std::process::ExitCode;

use crate::args::{Arguments, Command};

fn main() -> ExitCode {
    match commandline::arguments::<Arguments>() {
        Ok(arguments) => {
            for fault in secrets::seal_memory() {
                commandline::note!("warning: {:#}", anyhow::Error::from(fault));
            }
            commandline::end("shardpack", run(&arguments.command))
        }
        Err(status) => status,
    }
}

fn run(command: &Command) -> anyhow::Result<()> {
    match command {
        Command::Check(args) => commands::check::run(args),
        Command::Pack(args) => commands::pack::run(args),
        Command::Keygen(args) => commands::keygen::run(args),
        Command::Sign(args) => commands::sign::run(args),
        Command::Verify(args) => commands::verify::run(args),
        Command::Inspect(args) => commands::inspect::run(args),
        Command::Diff(args) => commands::diff::run(args),
        Command::Policy(args) => commands::policy::run(args),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn manual_pages() {
        manual::write::<super::Arguments>().expect("target/ can be written");
    }
}
