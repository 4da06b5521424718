//! The tally: follows the ledger, counts it, serves results and writes them to PostgreSQL.

mod api;
mod awaited;
mod ballot_count;
mod certificate;
mod certified;
mod cli;
mod closings;
mod commands;
mod contest;
mod counts;
mod covered;
mod directory;
mod documents;
mod export_kind;
mod feed;
mod fold_error;
mod fraction;
mod from;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod gate;
mod inputs;
mod internal_tls;
mod key_share;
mod known_frame;
mod ledger_count;
mod listening;
mod news;
#[cfg(any(test, feature = "night"))]
pub mod night;
mod opened;
mod package_roll;
mod policy;
mod postgres;
mod published;
mod reading;
mod recount;
mod release;
mod results;
mod roll;
mod rows;
mod signature;
mod statement;
mod stream;
mod table;
mod tabulate;
mod token;
mod voted;

use std::process::ExitCode;

use listener::log::LogFilter;

use cli::{Cli, Command};

/// Runs the program with the arguments it was started with; returns its status.
pub fn main() -> ExitCode {
    let cli = match commandline::arguments::<Cli>() {
        Ok(cli) => cli,
        Err(status) => return status,
    };
    listener::log::start(&log_filter(&cli.command), None);
    for fault in secrets::seal_memory() {
        tracing::warn!(
            fault = format!("{:#}", anyhow::Error::from(fault)),
            "memory is not sealed"
        );
    }
    let done = match &cli.command {
        Command::Keygen(args) => commands::keygen::run(args),
        Command::Split(args) => commands::shares::run_split(args),
        Command::Join(args) => commands::shares::run_join(args),
        Command::Release(args) => commands::release::run(args),
        Command::Run(args) => commands::run::run(args),
        Command::Mirror(args) => commands::mirror::run(args),
        Command::Count(args) => commands::count::run(args),
        Command::Statement(args) => commands::statement::run(args),
        Command::Verify(args) => commands::verify::run(args),
        Command::Contest(args) => contest::run(args),
        Command::Receipt(command) => commands::receipt::run(command),
        Command::Token(command) => commands::token::run(command),
        Command::Export(args) => commands::export::run(args),
        Command::Rebuild(args) => commands::rebuild::run(args),
    };
    commandline::end("tally", done)
}

/// What is logged: as `RUST_LOG` says, else everything worth knowing of a service, and only warnings
/// beside the output of the other commands.
fn log_filter(command: &Command) -> LogFilter {
    let asked = std::env::var("RUST_LOG").ok();
    let asked = asked.and_then(|text| text.parse().ok());
    asked.unwrap_or(match command {
        Command::Run(_) | Command::Release(_) | Command::Mirror(_) => LogFilter::INFO,
        _ => LogFilter::WARN,
    })
}
