//! The tally: follows the ledger, counts it, serves results and writes them to PostgreSQL.

mod api;
mod ballot_count;
mod cli;
mod commands;
mod contest;
mod counts;
mod directory;
mod documents;
mod feed;
mod fold_error;
mod fraction;
mod inputs;
mod ledger_count;
mod news;
mod officer;
mod opened;
mod policy;
mod postgres;
mod published;
mod recount;
mod results;
mod roll;
mod rows;
mod statement;
mod stream;
mod table;
mod tabulate;
mod time_text;
mod token;
mod voted;

use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

use cli::{Cli, Command};

fn main() -> ExitCode {
    // Usage errors end here, with status 2.
    let cli = Cli::parse();
    if let Command::Run(_) = cli.command {
        start_logs();
    }
    let done = match &cli.command {
        Command::Keygen(args) => commands::keygen::run(args),
        Command::Run(args) => commands::run::run(args),
        Command::Count(args) => commands::count::run(args),
        Command::Statement(args) => commands::statement::run(args),
        Command::Verify(args) => commands::verify::run(args),
        Command::Contest(args) => contest::run(args),
        Command::Token(command) => commands::token::run(command),
        Command::Export(args) => commands::export::run(args),
        Command::Rebuild(args) => commands::rebuild::run(args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tally: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// JSON lines on standard error, with RFC 3339 UTC times; `RUST_LOG` chooses the level.
fn start_logs() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
}
