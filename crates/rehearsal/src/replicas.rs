//! A PostgreSQL server with a synchronous standby, on which validators share a ledger.

use std::fs;
use std::os::unix::fs::chown;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use tokio::time::Instant;

use crate::child::{Call, Server};
use crate::ports;
use crate::postgres::{POLL, Postgres, READY_WITHIN, serve};
use crate::prepare::Stage;
use crate::services::Addresses;

/// What the primary calls its standby.
const STANDBY: &str = "s1";
/// The role of validators: it can append links and renew leases, and nothing else.
const ROLE: &str = "validator";

/// Two servers, and the tables of a ledger on them.
#[derive(Debug)]
pub struct Replicas {
    primary: Postgres,
    standby: Server,
    standby_port: u16,
    standby_data: PathBuf,
}

impl Replicas {
    /// Starts both and makes the tables that `validator ledger-schema` prints.
    ///
    /// # Errors
    /// PostgreSQL is not installed; a server does not answer, or does not come into step.
    pub async fn start(stage: &Stage) -> Result<Replicas> {
        let primary = Postgres::start(&stage.machines.logs().join("primary.log")).await?;
        let standby_data = primary.beside("standby");
        fs::create_dir(&standby_data)?;
        fs::set_permissions(
            &standby_data,
            std::os::unix::fs::PermissionsExt::from_mode(0o700),
        )?;
        if let Some(owner) = primary.owner {
            chown(&standby_data, Some(owner.user), Some(owner.group))?;
        }
        let copy = primary.call("pg_basebackup");
        copy.flag("-h", "127.0.0.1")
            .flag("-p", primary.port.to_string())
            .flag("-U", crate::postgres::SUPERUSER)
            .flag("-D", &standby_data)
            .args(["-R", "-c", "fast"])
            .run()
            .await?;
        let standby_port = ports::free()?.port();
        let mut replicas = Replicas {
            standby: serve_standby(&primary, &standby_data, standby_port)?,
            standby_port,
            standby_data,
            primary,
        };
        let schema = stage.call("validator").arg("ledger-schema").run().await?;
        replicas.sql(&schema).await?;
        replicas
            .sql(&format!("CREATE ROLE {ROLE} LOGIN IN ROLE scrutin_ledger"))
            .await?;
        replicas
            .sql(&format!(
                "ALTER SYSTEM SET synchronous_standby_names = '{STANDBY}'"
            ))
            .await?;
        replicas.sql("SELECT pg_reload_conf()").await?;
        replicas.in_step().await?;
        Ok(replicas)
    }

    /// The primary ends by SIGKILL and starts again on what it had.
    ///
    /// # Errors
    /// It does not recover, or the standby does not find it again.
    pub async fn crash_primary(&mut self) -> Result<()> {
        self.primary.crash().await?;
        self.in_step().await
    }

    /// The standby ends by SIGKILL and starts again; nothing is acknowledged meanwhile.
    ///
    /// # Errors
    /// It does not come into step.
    pub async fn crash_standby(&mut self) -> Result<()> {
        self.standby.kill().await?;
        self.standby = serve_standby(&self.primary, &self.standby_data, self.standby_port)?;
        self.in_step().await
    }

    /// How a validator is told of this ledger.
    #[must_use]
    pub fn known_to(&self, validator: Call, name: &str) -> Call {
        let url = format!("postgres://{ROLE}@127.0.0.1:{}/postgres", self.primary.port);
        validator
            .variable("VALIDATOR_LEDGER_POSTGRES", url)
            .variable("VALIDATOR_LEDGER_MEMBER", name)
    }

    /// Waits until commits are on both disks. A standby that starts right after a kill may find processes of the
    /// one before, and end: it is started again then.
    async fn in_step(&mut self) -> Result<()> {
        let asked = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND sync_state = 'sync'";
        let deadline = Instant::now() + READY_WITHIN;
        while self.sql(asked).await?.trim() != "1" {
            if Instant::now() > deadline {
                bail!("the standby does not come into step: see primary.log");
            }
            if !self.standby.is_running()? {
                self.standby = serve_standby(&self.primary, &self.standby_data, self.standby_port)?;
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }

    async fn sql(&self, sql: &str) -> Result<String> {
        self.primary.sql("postgres", sql).await
    }
}

fn serve_standby(primary: &Postgres, data: &PathBuf, port: u16) -> Result<Server> {
    let call = primary.call("postgres").flag("-D", data);
    serve(call.flag("-c", format!("cluster_name={STANDBY}")), port)
}

impl Stage {
    /// The command line of a validator that shares a ledger, with a data directory of its own.
    ///
    /// # Errors
    /// The directory cannot be made.
    pub fn member_call(&self, replicas: &Replicas, name: &str, at: Addresses) -> Result<Call> {
        let call = self
            .member(replicas, name, self.call("validator"))?
            .flag("--key", self.machines.roll_key())
            .flag("--listen", at.public.to_string())
            .flag("--internal", at.internal.to_string());
        Ok(call.logging_to(&self.machines.logs().join(format!("{name}.log"))))
    }

    /// Begins the event's ledger in the database.
    ///
    /// # Errors
    /// There is one.
    pub async fn begin_replicated(&self, replicas: &Replicas, name: &str) -> Result<()> {
        let init = self.call("validator").arg("init");
        self.member(replicas, name, init)?.run().await.map(drop)
    }

    fn member(&self, replicas: &Replicas, name: &str, validator: Call) -> Result<Call> {
        let data = self.machines.online().join(format!("data-{name}"));
        fs::create_dir_all(&data).with_context(|| format!("cannot make {}", data.display()))?;
        let call = validator
            .flag("--package", self.machines.package())
            .flag("--data", data);
        Ok(replicas.known_to(self.trusting(call), name))
    }
}
