//! The program that turns digest sets into a signed package.
//!
//! Exit status: 0 done, 1 failed, 2 wrong usage. Data goes to stdout, everything else to stderr.

mod args;
mod commands;
mod definition;
mod digests;
mod officer;
mod progress;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Arguments, Command};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match arguments.command {
        Command::Check(args) => commands::check::run(&args),
        Command::Pack(args) => commands::pack::run(&args),
        Command::Keygen(args) => commands::keygen::run(&args),
        Command::Sign(args) => commands::sign::run(&args),
        Command::Verify(args) => commands::verify::run(&args),
        Command::Inspect(args) => commands::inspect::run(&args),
        Command::Diff(args) => commands::diff::run(&args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("shardpack: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn manual_pages() {
        manual::write::<super::Arguments>().expect("target/ can be written");
    }
}
