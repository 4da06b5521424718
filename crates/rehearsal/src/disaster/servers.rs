//! Both database servers of a site, archived as `deploy/pgbackrest/` has it: begun, lost with their disks, and restored.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;
use tokio::time::Instant;

use super::archive::{self, Archive, Place};
use crate::child::{Call, Owner, Server};
use crate::ports;
use crate::postgres::{self, POLL, READY_WITHIN, SUPERUSER};
use crate::prepare::Stage;

/// What PostgreSQL is told about the archive.
const DEPLOYED: &str = include_str!("../../../../deploy/pgbackrest/postgresql.conf");
/// What the primary calls its standby.
const STANDBY: &str = "s1";
/// The role of validators: it can append links and renew leases, and nothing else.
const ROLE: &str = "validator";
/// Instead of the ten seconds of a real event, so that a rehearsal has segments to lose.
const ARCHIVE_TIMEOUT_S: u32 = 2;
/// What is asked twenty times a second.
const SAMPLES: &str = "samples.sql";

/// A primary and its synchronous standby, each on a port of its own; killed, and their disks removed, when dropped.
#[derive(Debug)]
pub(super) struct Servers {
    primary: Server,
    /// None until the primary has taken its first writes.
    standby: Option<Server>,
    ports: [u16; 2],
    owner: Option<Owner>,
    programs: PathBuf,
    log: PathBuf,
    /// The disks, which are gone with this.
    dir: TempDir,
}

/// Two free ports, which servers that are restored take over as those before had them.
///
/// # Errors
/// There are none.
pub(super) fn free_ports() -> Result<[u16; 2]> {
    let first = ports::free()?.port();
    loop {
        let second = ports::free()?.port();
        if second != first {
            return Ok([first, second]);
        }
    }
}

impl Servers {
    /// Makes a cluster with the ledger's tables, its standby, and the first base backup. Returns the backup's metrics too.
    ///
    /// # Errors
    /// A program is not installed, or refuses.
    pub(super) async fn begin(stage: &Stage, archive: &Archive) -> Result<(Servers, String)> {
        let (site, at) = Site::new(stage)?;
        archive.settings(site.place(at))?;
        let primary = site.place(at).primary();
        archive::make_private(&primary, site.owner)?;
        let made = site
            .call("initdb")
            .flag("-D", &primary)
            .flag("-U", SUPERUSER);
        made.args(["-E", "UTF8", "-A", "trust", "--locale=C", "--no-sync"])
            .run()
            .await?;
        let file = primary.join("postgresql.conf");
        let text = fs::read_to_string(&file)? + &site.archived(DEPLOYED);
        fs::write(&file, text).context("cannot write postgresql.conf")?;
        let mut servers = site.serve(at).await?;
        servers.make_tables(stage).await?;
        servers.follow().await?;
        let metrics = archive.begin(servers.place()).await?;
        Ok((servers, metrics))
    }

    /// Restores the newest state of the archive on new disks, with a new standby, at the same address.
    ///
    /// # Errors
    /// pgBackRest or PostgreSQL refuses.
    pub(super) async fn restore(stage: &Stage, archive: &Archive, at: [u16; 2]) -> Result<Servers> {
        let (site, _) = Site::new(stage)?;
        archive.settings(site.place(at))?;
        archive.restore(site.place(at)).await?;
        let file = site.place(at).primary().join("postgresql.conf");
        let text = fs::read_to_string(&file)? + &site.archived(DEPLOYED);
        fs::write(&file, text).context("cannot write postgresql.conf")?;
        let mut servers = site.serve(at).await?;
        servers.follow().await?;
        Ok(servers)
    }

    /// Both end by SIGKILL, and their disks are gone. Returns the ports that the next ones take.
    ///
    /// # Errors
    /// One had ended by itself; a disk cannot be removed.
    pub(super) async fn lose(mut self) -> Result<[u16; 2]> {
        self.primary.kill().await?;
        let standby = self.standby.as_mut();
        standby.context("there is no standby")?.kill().await?;
        let deadline = Instant::now() + READY_WITHIN;
        // Processes of both end a moment later, and may write until then.
        while fs::remove_dir_all(self.dir.path()).is_err() {
            if Instant::now() > deadline {
                bail!("{} cannot be removed", self.dir.path().display());
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(self.ports)
    }

    /// What validators ask the database by.
    pub(super) fn url(&self) -> String {
        format!("postgres://{ROLE}@127.0.0.1:{}/postgres", self.ports[0])
    }

    /// Where pgBackRest finds the servers.
    pub(super) fn place(&self) -> Place<'_> {
        Place {
            dir: self.dir.path(),
            ports: self.ports,
        }
    }

    /// Runs a statement on the primary, as its superuser.
    ///
    /// # Errors
    /// The server's.
    pub(super) async fn sql(&self, statement: &str) -> Result<String> {
        let call = self.psql();
        call.flag("-c", statement).run().await
    }

    /// Writes what `statement` says into `out`, twenty times a second, for as long as the server lives.
    ///
    /// # Errors
    /// psql cannot be started.
    pub(super) fn sample(&self, statement: &str, out: &Path) -> Result<Server> {
        let script = self.dir.path().join(SAMPLES);
        fs::write(&script, format!("{statement}\n\\watch 0.05\n"))?;
        self.psql().flag("-f", &script).start_into(out)
    }

    fn psql(&self) -> Call {
        let call = Call::new(self.programs.join("psql"), self.log.clone());
        call.args([
            "-X",
            "-A",
            "-t",
            "-q",
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            "127.0.0.1",
        ])
        .flag("-p", self.ports[0].to_string())
        .flag("-U", SUPERUSER)
        .flag("-d", "postgres")
    }

    async fn make_tables(&self, stage: &Stage) -> Result<()> {
        let schema = stage.call("validator").arg("ledger-schema").run().await?;
        self.sql(&schema).await?;
        let role = format!("CREATE ROLE {ROLE} LOGIN IN ROLE scrutin_ledger");
        self.sql(&role).await.map(drop)
    }

    /// Makes the standby of what the primary has, and has commits wait for it.
    async fn follow(&mut self) -> Result<()> {
        // A restored one names the standby that was lost: nothing that follows waits for it.
        let waits = |name: &str| format!("ALTER SYSTEM SET synchronous_standby_names = '{name}'");
        let (place, site) = (self.place().standby(), self.dir.path().to_owned());
        archive::make_private(&place, self.owner)?;
        let copy = Call::new(self.programs.join("pg_basebackup"), self.log.clone());
        copy.owned_by(self.owner)
            .args(["-h", "127.0.0.1", "-U", SUPERUSER, "-R", "-c", "fast"])
            .flag("-p", self.ports[0].to_string())
            .flag("-D", &place)
            .run()
            .await?;
        let call = Call::new(self.programs.join("postgres"), self.log.clone()).owned_by(self.owner);
        let name = format!("cluster_name={STANDBY}");
        self.standby = Some(start(call, (&place, self.ports[1], &site), &[&name])?);
        self.sql(&waits(STANDBY)).await?;
        self.sql("SELECT pg_reload_conf()").await?;
        let asked = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND sync_state = 'sync'";
        self.answers(asked, "1").await
    }

    /// Waits until the primary answers a question so.
    async fn answers(&mut self, question: &str, answer: &str) -> Result<()> {
        let deadline = Instant::now() + READY_WITHIN;
        while !matches!(self.sql(question).await, Ok(said) if said.trim() == answer) {
            self.primary.check()?;
            if Instant::now() > deadline {
                bail!(
                    "{question} is not answered by {answer}: see {}",
                    self.log.display()
                );
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }
}

/// Disks on which no server runs.
struct Site {
    dir: TempDir,
    owner: Option<Owner>,
    programs: PathBuf,
    log: PathBuf,
}

impl Site {
    fn new(stage: &Stage) -> Result<(Site, [u16; 2])> {
        let owner = postgres::unprivileged()?;
        let site = Site {
            dir: archive::private_dir("rehearsal-site-", owner)?,
            owner,
            programs: postgres::programs()?,
            log: stage.machines.logs().join("database.log"),
        };
        Ok((site, free_ports()?))
    }

    fn place(&self, ports: [u16; 2]) -> Place<'_> {
        Place {
            dir: self.dir.path(),
            ports,
        }
    }

    fn call(&self, program: &str) -> Call {
        Call::new(self.programs.join(program), self.log.clone()).owned_by(self.owner)
    }

    /// The deployed settings of PostgreSQL, with this place's settings of pgBackRest.
    fn archived(&self, deployed: &str) -> String {
        let dir = self.dir.path().display();
        let here = format!(
            "pgbackrest --config={dir}/pgbackrest.conf --config-include-path={dir}/conf.d --stanza"
        );
        let deployed = deployed.replace("pgbackrest --stanza", &here);
        format!("\n{deployed}\narchive_timeout = {ARCHIVE_TIMEOUT_S}\n")
    }

    /// Starts the primary, and waits until it takes writes.
    async fn serve(self, ports: [u16; 2]) -> Result<Servers> {
        let cluster = self.place(ports).primary();
        let primary = start(
            self.call("postgres"),
            (&cluster, ports[0], self.dir.path()),
            &[],
        )?;
        let mut servers = Servers {
            primary,
            standby: None,
            ports,
            owner: self.owner,
            programs: self.programs,
            log: self.log,
            dir: self.dir,
        };
        servers.answers("SELECT pg_is_in_recovery()", "f").await?;
        Ok(servers)
    }
}

/// Starts a server on a cluster, with its socket in the site's directory.
fn start(
    call: Call,
    (cluster, port, site): (&Path, u16, &Path),
    further: &[&str],
) -> Result<Server> {
    let call = call
        .flag("-D", cluster)
        .flag("-h", "127.0.0.1")
        .flag("-p", port.to_string())
        .flag("-k", site)
        .flag("-c", "max_connections=60");
    let call = further
        .iter()
        .fold(call, |call, setting| call.flag("-c", *setting));
    call.start()
}
