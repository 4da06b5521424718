//! The ledger's log and its witnesses: keys made by those who hold them, and the programs of the witnesses.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use tokio::time::Instant;

use crate::child::{Call, Server};
use crate::http;
use crate::ports;
use crate::prepare::Stage;

/// Who watches the log of a rehearsal, each on a machine of its own.
pub const NAMES: [&str; 3] = ["paper", "university", "party"];
/// How many of them must cosign.
pub const REQUIRED: usize = 2;

/// A witness that runs.
#[derive(Debug)]
pub struct Witness {
    /// Its name in the event.
    pub name: &'static str,
    /// Where it takes checkpoints.
    pub at: SocketAddr,
    /// Its process, which ends with this.
    pub server: Server,
}

impl Stage {
    /// Makes the log's key and those of the witnesses.
    ///
    /// # Errors
    /// A program fails, there are no free ports.
    pub(crate) async fn make_log(&self) -> Result<String> {
        let made = self.machines.log_key();
        let origin = "scrutin.example/rehearsal";
        let call = self.call("shardpack").arg("keygen").flag("--log", origin);
        let log = call.flag("--out", made.with_extension("")).run().await?;
        let mut text = format!("\n{log}\n[witnesses]\nrequired = {REQUIRED}\n");
        for name in NAMES {
            let key = self.make_witness(name).await?;
            let at = ports::free()?;
            let config = format!("key = \"witness.key\"\nstate = \"state\"\nlisten = \"{at}\"\n");
            let file = self.machines.witness(name).join("witness.toml");
            fs::write(&file, config).with_context(|| format!("cannot write {}", file.display()))?;
            text.push_str(&format!(
                "\n[[witness]]\nname = \"{name}\"\nkey = \"{key}\"\nurl = \"http://{at}/\"\n"
            ));
        }
        Ok(text)
    }

    async fn make_witness(&self, name: &str) -> Result<String> {
        let dir = self.machines.witness(name);
        fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        let call = self.call("witness").arg("keygen");
        let key = call
            .flag("--name", format!("witness.example/{name}"))
            .flag("--out", dir.join("witness"))
            .flag("--state", dir.join("state"))
            .run()
            .await?;
        Ok(key.trim().to_owned())
    }

    /// Tells every witness the logs that it watches, as the package names them.
    ///
    /// # Errors
    /// A file cannot be written; the package names no log.
    pub(crate) async fn introduce_log(&self) -> Result<()> {
        let call = self.call("shardpack").arg("policy");
        let policy = call.arg(self.machines.package()).run().await?;
        fs::write(self.machines.policy(), &policy).context("cannot write the policy")?;
        let keys = policy.lines().filter_map(|line| line.strip_prefix("log "));
        let logs: String = keys
            .map(|key| format!("\n[[log]]\nkey = \"{key}\"\n"))
            .collect();
        for name in NAMES {
            let file = self.machines.witness(name).join("witness.toml");
            let config = fs::read_to_string(&file)?;
            fs::write(&file, config + &logs)
                .with_context(|| format!("cannot write {}", file.display()))?;
        }
        Ok(())
    }

    /// Starts one witness, and waits until it answers.
    ///
    /// # Errors
    /// It does not start.
    pub async fn start_witness(&self, name: &'static str) -> Result<Witness> {
        let dir = self.machines.witness(name);
        let config = fs::read_to_string(dir.join("witness.toml"))?;
        let listen = config
            .lines()
            .find_map(|line| line.strip_prefix("listen = "));
        let at: SocketAddr = listen
            .and_then(|at| at.trim_matches('"').parse().ok())
            .context("a witness without an address")?;
        let mut server = self.witness_call(name).start()?;
        let deadline = Instant::now() + crate::services::READY_WITHIN;
        while !matches!(http::get(at, "/logs").await, Ok((200, _))) {
            server.check()?;
            if Instant::now() > deadline {
                bail!("witness {name} does not answer: see witness-{name}.log");
            }
            tokio::time::sleep(crate::services::POLL).await;
        }
        Ok(Witness { name, at, server })
    }

    /// The command line of a witness.
    #[must_use]
    pub fn witness_call(&self, name: &str) -> Call {
        let log = format!("witness-{name}.log");
        self.call("witness")
            .arg("run")
            .flag("--config", "witness.toml")
            .in_dir(&self.machines.witness(name))
            .logging_to(&self.machines.logs().join(log))
    }

    /// Starts as many witnesses as must cosign: the others are away. None where nobody watches the log.
    ///
    /// # Errors
    /// One does not start.
    pub async fn start_witnesses(&self) -> Result<Vec<Witness>> {
        let mut started = Vec::new();
        if self.is_witnessed {
            for name in NAMES.into_iter().take(REQUIRED) {
                started.push(self.start_witness(name).await?);
            }
        }
        Ok(started)
    }
}

/// Ends them.
///
/// # Errors
/// One ends with another status than 0.
pub async fn stop(witnesses: Vec<Witness>) -> Result<()> {
    for witness in witnesses {
        witness.server.stop().await?;
    }
    Ok(())
}

impl crate::machines::Machines {
    /// The machine of a witness.
    #[must_use]
    pub fn witness(&self, name: &str) -> PathBuf {
        self.root().join(format!("witness-{name}"))
    }

    /// The key that signs the ledger's log.
    #[must_use]
    pub fn log_key(&self) -> PathBuf {
        self.online().join("log.key")
    }

    /// The policy by which anybody checks the log.
    #[must_use]
    pub fn policy(&self) -> PathBuf {
        self.online().join("log.policy")
    }
}
