//! `loadgen`: casts the votes of a roll over HTTP at a fixed rate, mixes in what voters and
//! attackers get wrong, and keeps account of what was sent and what was answered.
//!
//! With a rate the load is open loop: every arrival time is fixed before the first request leaves, and
//! latency counts from that time, so a server that stalls cannot hide behind a client that waits for
//! it. Without a rate the loop is closed: each connection sends its next request when it has its
//! answer. That measures throughput; its latencies say little.

mod args;
mod choice;
mod connection;
mod drive;
mod history;
mod judge;
mod offer;
mod plan;
mod progress;
mod race;
mod random;
mod request;
mod roll;
mod schedule;
mod score;
mod slow;
mod summary;
mod truth;

use std::process::ExitCode;

use anyhow::{Context, Result};

fn main() -> ExitCode {
    match commandline::arguments().map(run) {
        Ok(Ok(true)) => ExitCode::SUCCESS,
        Ok(Ok(false)) => ExitCode::FAILURE,
        Ok(Err(error)) => commandline::failure("loadgen", &error),
        Err(status) => status,
    }
}

/// Casts the votes; `true` where every answer fitted what was sent and every request was settled.
fn run(raw: args::Args) -> Result<bool> {
    let settings = raw.resolve()?;
    connection::allow_connections(drive::connections_max(&settings))?;
    let roll = roll::read(&settings.roll)?;
    let runtime = tokio::runtime::Runtime::new().context("cannot start the I/O threads")?;
    let (score, planned) = runtime.block_on(drive::run(&settings, roll))?;
    let summary = summary::Summary::of(&settings, planned, &score);
    if settings.json {
        commandline::print_line!("{}", summary.json()?)?;
    } else {
        commandline::print(summary.text())?;
    }
    Ok(summary.sound())
}

#[cfg(test)]
mod tests {
    #[test]
    fn manual_pages() {
        manual::write::<super::args::Args>().expect("target/ can be written");
    }
}
