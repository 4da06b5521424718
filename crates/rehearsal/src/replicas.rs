//! A PostgreSQL server with a synchronous standby, on which validators share a ledger.

use std::fs;
use std::os::unix::fs::chown;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use tempfile::TempDir;
use tokio::time::Instant;

use crate::authority::Authority;
use crate::child::Server;
use crate::ports;
use crate::postgres::{POLL, Postgres, READY_WITHIN, serve};
use crate::prepare::Stage;
use crate::validators::SharedLedger;

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
    /// Signs the certificates of validators.
    authority: Authority,
    site: TempDir,
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
        let site = TempDir::with_prefix("rehearsal-").context("no temporary directory")?;
        let standby_port = ports::free()?.port();
        let mut replicas = Replicas {
            standby: serve_standby(&primary, &standby_data, standby_port)?,
            standby_port,
            standby_data,
            primary,
            authority: Authority::new(site.path().join("ca.pem"))?,
            site,
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

    /// The ledger as validators share it.
    #[must_use]
    pub fn shared(&self) -> SharedLedger<'_> {
        let url = format!("postgres://{ROLE}@127.0.0.1:{}/postgres", self.primary.port);
        SharedLedger {
            known_to: Box::new(move |call| call.variable("VALIDATOR_LEDGER_POSTGRES", &url)),
            authority: &self.authority,
            dir: self.site.path().to_owned(),
        }
    }

    /// Processes of both servers, each the parent of its others.
    #[must_use]
    pub fn ids(&self) -> Vec<Option<u32>> {
        vec![self.primary.id(), self.standby.id()]
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

    /// Runs a statement on the primary, as its superuser.
    ///
    /// # Errors
    /// The server's.
    pub async fn sql(&self, sql: &str) -> Result<String> {
        self.primary.sql("postgres", sql).await
    }
}

fn serve_standby(primary: &Postgres, data: &PathBuf, port: u16) -> Result<Server> {
    let call = primary.call("postgres").flag("-D", data);
    serve(call.flag("-c", format!("cluster_name={STANDBY}")), port)
}
