//! What anybody outside can check: a voter's receipt with nothing but the published policy, and the whole election with
//! a program that shares no code with ours.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use tokio::time::Instant;

use crate::child::Call;
use crate::http;
use crate::machines::Hand;
use crate::prepare::Stage;
use crate::services::{Addresses, POLL, READY_WITHIN};
use crate::truth::Truth;

/// The verifier in Python, in the directory `verifier` of the project.
#[derive(Clone, Debug)]
pub struct Verifier {
    python: PathBuf,
    project: PathBuf,
}

impl Verifier {
    /// The verifier of the project in whose directory, or below which, this program runs.
    ///
    /// # Errors
    /// There is no such Python, or no verifier in this directory or above.
    pub fn find(python: &Path) -> Result<Verifier> {
        let python = std::path::absolute(python)?;
        if !python.is_file() {
            bail!(
                "no {}: run `scripts/python install`, which make does",
                python.display()
            );
        }
        let here = std::env::current_dir().context("cannot tell the working directory")?;
        let mut above = here.ancestors();
        let project = above.find(|dir| dir.join("verifier/__main__.py").is_file());
        let project = project.context("no verifier in this directory or above it")?;
        Ok(Verifier {
            python,
            project: project.to_owned(),
        })
    }

    /// A call on package, ledger and log of a stage, without a key.
    pub(crate) fn call(&self, stage: &Stage) -> Call {
        let machines = &stage.machines;
        let log = machines.logs().join("verifier.log");
        let call = Call::new(self.python.clone(), log).in_dir(&self.project);
        let call = stage
            .trusting(call.args(["-m", "verifier"]))
            .flag("--package", machines.package())
            .flag("--ledger", machines.ledger());
        match stage.is_witnessed {
            true => call.flag("--policy", machines.policy()),
            false => call,
        }
    }

    /// Checks package, ledger, log, releases and published results of a stage, and the receipts of these files.
    ///
    /// # Errors
    /// The first thing that is broken, in the verifier's words.
    pub async fn check(&self, stage: &Stage, receipts: &[PathBuf]) -> Result<()> {
        let machines = &stage.machines;
        let results = machines.hand(Hand::Mask).join("results.json");
        let counted = stage.reading("count").await?.arg("--json").run().await?;
        fs::write(&results, counted).context("cannot write the results")?;
        let mut call = self
            .call(stage)
            .flag("--releases", machines.releases_again())
            .flag("--mask-key", machines.hand_key(Hand::Mask))
            .flag("--results", &results);
        for receipt in receipts {
            call = call.flag("--receipt", receipt);
        }
        commandline::print(call.run().await?)?;
        Ok(())
    }
}

impl Stage {
    /// Fetches the proof of the first vote that was acknowledged, and has it checked offline by the policy alone.
    ///
    /// # Errors
    /// There is no proof in time, or it does not hold.
    pub async fn check_a_receipt(&self, at: Addresses) -> Result<PathBuf> {
        let truth = Truth::read(&self.machines.truth())?;
        let id = truth.first_receipt().context("nobody voted")?;
        let path = format!("/api/v1/receipts/{id}/proof");
        let deadline = Instant::now() + READY_WITHIN;
        let proof = loop {
            match http::get(at.public, &path).await? {
                (200, proof) => break proof,
                (202, _) if Instant::now() < deadline => tokio::time::sleep(POLL).await,
                (status, _) => bail!("{path} is answered {status}: the vote is not proven"),
            }
        };
        let file = self.machines.root().join("receipt.tlog-proof");
        fs::write(&file, proof).context("cannot write the proof")?;
        let call = self.call("tally").args(["receipt", "check"]).arg(&file);
        let told = call.flag("--policy", self.machines.policy()).run().await?;
        commandline::print(told)?;
        Ok(file)
    }
}
