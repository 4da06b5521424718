//! The load generator: the voters of a rehearsal, and what they were told.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::child::{Call, Server};
use crate::prepare::Stage;
use crate::services::Addresses;

/// When requests are sent.
#[derive(Clone, Copy, Debug)]
pub enum Load {
    /// So many a second, however long the answers take.
    Rate(u64),
    /// On each connection, the next as soon as the last is answered.
    AsAnswered,
}

/// How the votes are cast.
#[derive(Clone, Copy, Debug)]
pub struct Voting {
    /// When requests are sent.
    pub load: Load,
    /// How many votes, drawn from the roll; none means that every voter votes on every open ballot.
    pub votes: Option<u64>,
    /// How many connections are kept open for requests.
    pub connections: u32,
    /// Seed of the choices.
    pub seed: u64,
}

/// The load generator at work.
#[derive(Debug)]
pub struct Casting {
    server: Server,
    summary: PathBuf,
}

/// What the load generator sums up; counts are requests.
#[derive(Clone, Debug, Deserialize)]
pub struct Summary {
    /// All requests that were settled.
    pub sent: u64,
    /// Votes that were answered 202.
    pub accepted: u64,
    /// Votes whose first answer was lost in a crash, and whose retry was told that they are recorded.
    pub recovered: u64,
    /// Repeated votes answered 409.
    pub duplicates: u64,
    /// Unknown credentials answered 403.
    pub invalid: u64,
    /// Malformed requests answered 400.
    pub malformed: u64,
    /// Requests turned away until the end.
    pub shed: u64,
    /// Requests that no answer settled until the end.
    pub unanswered: u64,
    /// Answers that contradict what was sent.
    pub wrong: u64,
    /// Attempts after the first.
    pub retries: u64,
    /// Votes that were sent several times at the same moment.
    pub raced: u64,
    /// Recorded votes a second.
    pub votes_per_s: f64,
    /// Length of the run, in seconds.
    pub seconds: f64,
    /// Time from when a vote was due to its answer.
    pub latency_ms: Latency,
    /// The same for requests that were turned away.
    pub shed_latency_ms: Latency,
    /// The first contradictions, in words.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// The latencies, in milliseconds, that a share of the requests stay below.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Latency {
    /// Half of the requests.
    pub p50: f64,
    /// 99 requests of 100.
    pub p99: f64,
    /// 999 requests of 1,000.
    #[serde(rename = "p99.9")]
    pub p99_9: f64,
    /// The slowest of all requests.
    pub max: f64,
}

impl Summary {
    /// Votes that the server said it recorded.
    #[must_use]
    pub fn acknowledged(&self) -> u64 {
        self.accepted + self.recovered
    }

    /// Whether the run proves anything.
    ///
    /// # Errors
    /// An answer contradicts what was sent, or a request was never settled; the first contradictions are
    /// quoted.
    pub fn check(&self) -> Result<()> {
        if self.wrong + self.unanswered + self.shed > 0 {
            bail!(
                "{} wrong answers, {} requests unanswered, {} turned away, expected none; {}",
                self.wrong,
                self.unanswered,
                self.shed,
                self.notes.join("; ")
            );
        }
        Ok(())
    }
}

impl Stage {
    /// Starts casting the synthetic voters' votes on the open ballots, with 2 % repeated
    /// votes, 1 % unknown credentials and 1 % malformed requests.
    ///
    /// # Errors
    /// The program cannot be started.
    pub fn cast(&self, at: Addresses, voting: Voting) -> Result<Casting> {
        self.cast_by(self.call("loadgen"), &[at.public], voting)
    }

    /// The same on several validators.
    ///
    /// # Errors
    /// The program cannot be started.
    pub fn cast_on(&self, at: &[SocketAddr], voting: Voting) -> Result<Casting> {
        self.cast_by(self.call("loadgen"), at, voting)
    }

    /// The same on several validators, with each attempt written down, and with 5 % of the votes sent several times at
    /// the same moment.
    ///
    /// # Errors
    /// The program cannot be started.
    pub fn cast_with_history(&self, at: &[SocketAddr], voting: Voting) -> Result<Casting> {
        let call = self.call("loadgen").flag("--races", "5%");
        self.cast_by(call.flag("--history", self.machines.history()), at, voting)
    }

    fn cast_by(&self, mut call: Call, at: &[SocketAddr], voting: Voting) -> Result<Casting> {
        let summary = self.machines.logs().join("loadgen.json");
        if let Load::Rate(rate) = voting.load {
            call = call.flag("--rate", rate.to_string());
        }
        if let Some(votes) = voting.votes {
            call = call.flag("--votes", votes.to_string());
        }
        for address in at {
            call = call.flag("--url", format!("http://{address}"));
        }
        let server = call
            .flag("--roll", self.machines.voters())
            .flag("--connections", voting.connections.to_string())
            .flag("--seed", voting.seed.to_string())
            .flag("--duplicates", "2%")
            .flag("--invalid", "1%")
            .flag("--malformed", "1%")
            .flag("--retry-for", "60s")
            .flag("--truth", self.machines.truth())
            .arg("--force")
            .arg("--json")
            .start_into(&summary)?;
        Ok(Casting { server, summary })
    }
}

impl Casting {
    /// Whether the load generator is still at work.
    ///
    /// # Errors
    /// The system refuses to tell.
    pub fn is_running(&mut self) -> Result<bool> {
        self.server.is_running()
    }

    /// Asks for an early end: what was sent is settled, nothing more is sent.
    ///
    /// # Errors
    /// The load generator has ended already.
    pub fn end_early(&self) -> Result<()> {
        self.server.terminate()
    }

    /// Waits for the end and reads the summary.
    ///
    /// # Errors
    /// An answer contradicted what was sent, a vote stayed open, the program failed.
    pub async fn finish(self) -> Result<Summary> {
        let summary = self.summed_up().await?;
        summary.check()?;
        Ok(summary)
    }

    /// The same for whoever judges every answer, those that contradict what was sent above all.
    ///
    /// # Errors
    /// The program failed.
    pub async fn summed_up(mut self) -> Result<Summary> {
        let status = self.server.wait().await?;
        let text = fs::read(&self.summary).context("cannot read the load generator's summary")?;
        let summary: Summary = serde_json::from_slice(&text).with_context(|| {
            format!(
                "loadgen ended with {status} and no summary\n{}",
                self.server.log_tail()
            )
        })?;
        if !status.success() && summary.check().is_ok() {
            bail!("loadgen ended with {status}\n{}", self.server.log_tail());
        }
        Ok(summary)
    }
}

/// Pause between two looks at a server's counters.
pub const LOOK_AGAIN: Duration = Duration::from_millis(50);
