//! The voters of the stack: load generators one after the other, each with voters of its own, so that voting can pause
//! and go on. Their truths are added up at the end.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::child::{Call, Server};
use crate::prepare::Stage;
use crate::truth::Truth;

/// Votes that fall due in each second.
pub const RATE: u64 = 60;
const CONNECTIONS: u32 = 16;
/// Voters of one load generator; each votes on every open ballot.
const VOTERS: usize = 1_000;

/// The voters, and what they were told so far.
#[derive(Debug)]
pub struct Crowd {
    call: Call,
    dir: PathBuf,
    /// Rolls of those who have not voted yet, the next one last.
    waiting: Vec<PathBuf>,
    /// Truth files of those who have begun.
    truths: Vec<PathBuf>,
    voting: Option<Server>,
}

impl Crowd {
    /// Divides the roll; nobody votes yet. They vote at `to`, from many addresses of this machine.
    ///
    /// # Errors
    /// The roll cannot be read, or a part cannot be written.
    pub fn new(stage: &Stage, to: SocketAddr, seed: u64) -> Result<Crowd> {
        let dir = stage.machines.air_gapped().join("crowd");
        fs::create_dir(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        let roll = fs::read_to_string(stage.machines.voters()).context("the voters' roll")?;
        let (header, rows) = roll.split_once('\n').context("the roll is empty")?;
        let rows: Vec<&str> = rows.lines().collect();
        let mut waiting = Vec::new();
        for (number, part) in rows.chunks(VOTERS).enumerate() {
            let file = dir.join(format!("{number}.csv"));
            fs::write(&file, format!("{header}\n{}\n", part.join("\n")))?;
            waiting.push(file);
        }
        waiting.reverse();
        let call = stage
            .call("loadgen")
            .flag("--url", format!("http://{to}"))
            .flag("--rate", RATE.to_string())
            .flag("--connections", CONNECTIONS.to_string())
            .flag("--seed", seed.to_string())
            .flag("--retry-for", "120s")
            .args(["--duplicates", "2%", "--invalid", "1%"])
            .args(["--malformed", "1%", "--json"]);
        Ok(Crowd {
            call,
            dir,
            waiting,
            truths: Vec::new(),
            voting: None,
        })
    }

    /// Has voters vote, where none do.
    ///
    /// # Errors
    /// Everybody has voted; the load generator does not start.
    pub fn vote(&mut self) -> Result<()> {
        if self.voting.is_some() {
            return Ok(());
        }
        let Some(roll) = self.waiting.pop() else {
            bail!("every voter has voted: the roll is too short for this rehearsal");
        };
        let truth = self.dir.join(format!("truth-{}.json", self.truths.len()));
        let call = self.call.clone().flag("--roll", roll);
        let call = call.flag("--truth", &truth);
        let told = truth.with_extension("summary");
        self.voting = Some(call.start_into(&told)?);
        self.truths.push(truth);
        Ok(())
    }

    /// Has the next ones vote where all have voted who began.
    ///
    /// # Errors
    /// An answer contradicted what was sent; as [`Crowd::vote`].
    pub async fn look_after(&mut self) -> Result<()> {
        if let Some(voting) = &mut self.voting
            && !voting.is_running()?
        {
            self.settled().await?;
            return self.vote();
        }
        Ok(())
    }

    /// Ends the voting; what was sent is settled.
    ///
    /// # Errors
    /// An answer contradicted what was sent, or a vote stayed open.
    pub async fn pause(&mut self) -> Result<()> {
        if let Some(voting) = &mut self.voting
            && voting.is_running()?
        {
            voting.terminate()?;
        }
        self.settled().await
    }

    /// What all voters were told, in one file where the judge looks for it.
    ///
    /// # Errors
    /// A truth file cannot be read or written.
    pub fn truth(&self, stage: &Stage) -> Result<Truth> {
        let truth = Truth::join(&self.truths)?;
        truth.write(&stage.machines.truth())?;
        Ok(truth)
    }

    async fn settled(&mut self) -> Result<()> {
        let Some(mut voting) = self.voting.take() else {
            return Ok(());
        };
        let status = voting.wait().await?;
        if !status.success() {
            let told = self
                .truths
                .last()
                .map(|truth| truth.with_extension("summary"));
            let told = told.and_then(|file| fs::read_to_string(file).ok());
            bail!("loadgen ended with {status}: {}", told.unwrap_or_default());
        }
        Ok(())
    }
}
