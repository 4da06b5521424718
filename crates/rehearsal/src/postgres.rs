//! A private PostgreSQL server: a cluster of its own in a temporary directory, a port of its own on
//! the loopback interface, ended with its handle. Nothing of the machine's own server is touched.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tempfile::TempDir;
use tokio::time::Instant;

use crate::child::{Call, Owner, Server};
use crate::choice::Choice;
use crate::counts::Counts;
use crate::ports;

/// Directory in which Debian's packages put each version.
const VERSIONS: &str = "/usr/lib/postgresql";
pub(crate) const SUPERUSER: &str = "tally";
/// A server that was killed recovers first.
pub(crate) const READY_WITHIN: Duration = Duration::from_secs(60);
pub(crate) const POLL: Duration = Duration::from_millis(50);

/// Every count of the database, as rows of [`Counts`]. The database counts laws over all regions; their
/// rows have region 0.
const COUNTS: &str = "\
SELECT law_id, 0, choice, votes FROM vote_results
  CROSS JOIN LATERAL (VALUES ('oui', oui_count), ('non', non_count), ('blanc', blanc_count)) AS c (choice, votes)
  WHERE votes > 0
UNION ALL
SELECT election_code, region_id, 'candidate:' || candidate_id, votes
  FROM election_results JOIN elections ON id = election_id
  WHERE voting_method = 'single_choice' AND votes > 0
UNION ALL
SELECT election_code, region_id, 'ranking:' || array_to_string(ranking, '>'), votes
  FROM ranking_counts JOIN elections ON id = election_id";

/// Whether PostgreSQL is installed as Debian installs it.
#[must_use]
pub fn is_installed() -> bool {
    programs().is_ok()
}

/// A running server of PostgreSQL; it is killed and its cluster removed when this is dropped.
#[derive(Debug)]
pub struct Postgres {
    programs: PathBuf,
    pub(crate) port: u16,
    log: PathBuf,
    /// Who runs it: PostgreSQL refuses to run as root.
    pub(crate) owner: Option<Owner>,
    server: Server,
    /// Removed when the server has ended.
    dir: TempDir,
}

impl Postgres {
    /// Makes a cluster and starts its server; `log` takes what it says.
    ///
    /// # Errors
    /// PostgreSQL is not installed; the cluster cannot be made; the server does not answer.
    pub async fn start(log: &Path) -> Result<Postgres> {
        let programs = programs()?;
        let dir = TempDir::with_prefix("rehearsal-postgres-").context("no temporary directory")?;
        let owner = unprivileged()?;
        let cluster = dir.path().join("cluster");
        fs::create_dir(&cluster)?;
        if let Some(owner) = owner {
            // The server's user must get through to its cluster, which it alone may enter.
            fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o755))?;
            chown(&cluster, Some(owner.user), Some(owner.group))?;
        }
        let at = ports::free()?;
        let call = |name: &str| {
            Call::new(programs.join(name), log.to_owned())
                .owned_by(owner)
                .flag("-D", &cluster)
        };
        call("initdb")
            .flag("-U", SUPERUSER)
            .flag("-E", "UTF8")
            .args(["-A", "trust", "--locale=C", "--no-sync"])
            .run()
            .await?;
        let server = serve(call("postgres"), at.port())?;
        let mut postgres = Postgres {
            programs: programs.clone(),
            port: at.port(),
            log: log.to_owned(),
            owner,
            server,
            dir,
        };
        postgres.wait_until_ready().await?;
        Ok(postgres)
    }

    /// Its process, the parent of all others of it; none where it has ended.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.server.id()
    }

    /// Ends the server by SIGKILL, as a crash of the machine would, and starts it again.
    ///
    /// # Errors
    /// It had ended by itself, or does not recover.
    pub async fn crash(&mut self) -> Result<()> {
        self.server.kill().await?;
        self.server = self.launch()?;
        self.wait_until_ready().await
    }

    /// Ends the server and removes its cluster.
    ///
    /// # Errors
    /// It does not end, or not with status 0.
    pub async fn stop(self) -> Result<()> {
        let Postgres { server, dir, .. } = self;
        server.stop().await?;
        dir.close().context("cannot remove the cluster")
    }

    /// A new database and its URL.
    ///
    /// # Errors
    /// The server's.
    pub async fn database(&self, name: &str) -> Result<String> {
        self.sql("postgres", &format!("CREATE DATABASE {name}"))
            .await?;
        Ok(self.url(name))
    }

    /// What the tables of `database` count.
    ///
    /// # Errors
    /// The server's.
    pub async fn counts(&self, database: &str) -> Result<Counts> {
        let rows = self.sql(database, COUNTS).await?;
        rows.lines().map(count).collect()
    }

    /// Runs one statement; rows as lines, columns separated by `|`.
    ///
    /// # Errors
    /// The server's.
    pub async fn sql(&self, database: &str, statement: &str) -> Result<String> {
        let call = Call::new(self.programs.join("psql"), self.log.clone())
            .args(["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1"])
            .flag("-c", statement)
            .arg(self.url(database));
        call.run().await
    }

    /// Everything in a database, as `pg_dump` writes it.
    ///
    /// # Errors
    /// The server's.
    pub async fn dump(&self, database: &str) -> Result<String> {
        let call = Call::new(self.programs.join("pg_dump"), self.log.clone());
        call.arg(self.url(database)).run().await
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://{SUPERUSER}@127.0.0.1:{}/{database}", self.port)
    }

    fn launch(&self) -> Result<Server> {
        let call = self.call("postgres");
        serve(call.flag("-D", self.dir.path().join("cluster")), self.port)
    }

    /// The command line of one of PostgreSQL's programs, as the server's own user.
    pub(crate) fn call(&self, name: &str) -> Call {
        Call::new(self.programs.join(name), self.log.clone()).owned_by(self.owner)
    }

    /// A place beside the cluster, removed with it.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A server that starts right after a kill may find processes of the one before, and end: it is
    /// started again then.
    async fn wait_until_ready(&mut self) -> Result<()> {
        let deadline = Instant::now() + READY_WITHIN;
        while self.sql("postgres", "SELECT 1").await.is_err() {
            if Instant::now() > deadline {
                let seconds = READY_WITHIN.as_secs();
                bail!(
                    "PostgreSQL does not answer after {seconds} s: see {}",
                    self.log.display()
                );
            }
            if !self.server.is_running()? {
                self.server = self.launch()?;
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }
}

pub(crate) fn serve(call: Call, port: u16) -> Result<Server> {
    call.flag("-h", "127.0.0.1")
        .flag("-p", port.to_string())
        .flag("-k", "") // no socket in the filesystem
        .flag("-c", "max_connections=60")
        .start()
}

/// One row of [`COUNTS`].
fn count(row: &str) -> Result<((String, u16, Choice), u64)> {
    let columns: Vec<&str> = row.split('|').collect();
    let [ballot, region, choice, votes] = columns[..] else {
        bail!("PostgreSQL answered `{row}`, expected four columns");
    };
    let key = (ballot.to_owned(), region.parse()?, choice.parse()?);
    Ok((key, votes.parse()?))
}

/// The newest installed version's programs.
pub(crate) fn programs() -> Result<PathBuf> {
    let missing = || format!("no PostgreSQL under {VERSIONS}: run scripts/postgres install");
    let versions = fs::read_dir(VERSIONS).with_context(missing)?;
    let mut newest: Option<(u32, PathBuf)> = None;
    for entry in versions {
        let entry = entry.with_context(|| format!("cannot read {VERSIONS}"))?;
        // Directories of versions have numbers as names; there may be others.
        let Some(version) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        let bin = entry.path().join("bin");
        if bin.join("initdb").is_file() && newest.as_ref().is_none_or(|(best, _)| version > *best) {
            newest = Some((version, bin));
        }
    }
    newest.map(|(_, bin)| bin).with_context(missing)
}

/// The user `postgres` where this program runs as root, else nobody in particular.
pub(crate) fn unprivileged() -> Result<Option<Owner>> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd").context("cannot read /etc/passwd")?;
    let line = users.lines().find(|line| line.starts_with("postgres:"));
    let mut fields = line
        .context("no user postgres on this machine: run scripts/postgres install")?
        .split(':')
        .skip(2)
        .map(str::parse);
    match (fields.next(), fields.next()) {
        (Some(Ok(user)), Some(Ok(group))) => Ok(Some(Owner { user, group })),
        _ => bail!("/etc/passwd: the line of postgres has no numbers of user and group"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_four_columns() {
        let key = ("E".to_owned(), 3, Choice::Ranking(vec![2, 1]));
        assert_eq!(count("E|3|ranking:2>1|7").unwrap(), (key, 7));
        for row in [
            "",
            "E|3|oui",
            "E|x|oui|7",
            "E|3|oui|-7",
            "E|3|oui|7|8",
            "E|3|yes|7",
        ] {
            assert!(count(row).is_err(), "{row}");
        }
    }
}
