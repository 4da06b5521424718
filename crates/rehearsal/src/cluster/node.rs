//! One node of the cluster: a member of etcd, Patroni, and the PostgreSQL that Patroni starts.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::network::{Lost, Network, Places};
use super::patroni::{Settings, Waiting};
use super::processes;
use super::tools;
use crate::authority::Authority;
use crate::child::{Call, Owner, Server};

/// What happens to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blow {
    /// Its server of PostgreSQL is killed; Patroni and etcd go on.
    ServerKilled,
    /// Its server of PostgreSQL is stopped where it stands; Patroni and etcd go on.
    ServerFrozen,
    /// All its processes are killed.
    Killed,
    /// All its processes are stopped where they stand, and go on later as if nothing had been.
    Frozen,
    /// Packets are lost, while its processes go on.
    Cut(Lost),
}

/// What all nodes of a cluster share.
#[derive(Clone, Copy, Debug)]
pub struct Common<'a> {
    /// Directory of the cluster, with one for each node.
    pub dir: &'a Path,
    /// Directory of what the programs say.
    pub logs: &'a Path,
    /// Directory of PostgreSQL's programs.
    pub programs: &'a Path,
    /// Who runs its programs: PostgreSQL refuses to run as root.
    pub owner: Option<Owner>,
    /// Who signs the servers' certificates.
    pub authority: &'a Authority,
    /// Where the servers of each node listen.
    pub places: &'a [Places],
    /// How commits wait for a second disk.
    pub waiting: Waiting,
}

/// A node; its processes are killed when this is dropped.
#[derive(Debug)]
pub struct Node {
    /// Its name: `n1` is the first.
    pub name: String,
    /// Where its servers listen.
    pub places: Places,
    /// Its place among the nodes, from 0.
    number: usize,
    dir: PathBuf,
    /// Command lines of etcd and Patroni.
    calls: [Call; 2],
    /// Etcd and Patroni, while they run.
    servers: Vec<Server>,
}

impl Node {
    /// Prepares a node and starts it.
    ///
    /// # Errors
    /// Its files cannot be written; a program is not installed.
    pub fn start(number: usize, network: &Network, common: Common<'_>) -> Result<Node> {
        let name = name_of(number);
        let dir = common.dir.join(&name);
        make_private(&dir, common.owner)?;
        let places = common.places[number];
        let address = places.sql.ip().to_string();
        common.authority.certify(&address, &dir, common.owner)?;
        let etcd: Vec<SocketAddr> = common.places.iter().map(|at| at.etcd).collect();
        let settings = Settings {
            name: &name,
            dir: &dir,
            authority: common.authority.file(),
            programs: common.programs,
            places,
            etcd: &etcd,
            waiting: common.waiting,
        };
        let file = common.dir.join(format!("{name}.yml"));
        fs::write(&file, settings.text())
            .with_context(|| format!("cannot write {}", file.display()))?;
        let call = |program: &str| -> Result<Call> {
            let log = common.logs.join(format!("{name}-{program}.log"));
            let call = network.call(number, tools::find(program)?, log, common.owner);
            Ok(call.in_dir(&dir).variable("HOME", &dir))
        };
        let etcd = etcd_call(call(tools::ETCD)?, number, common.places, &dir);
        let patroni = call(tools::PATRONI)?.arg(&file);
        let patroni = patroni.variable("PYTHONUNBUFFERED", "1");
        let mut node = Node {
            name,
            places,
            number,
            dir: dir.clone(),
            calls: [etcd, patroni],
            servers: Vec::new(),
        };
        node.serve()?;
        Ok(node)
    }

    /// Deals the node a blow.
    ///
    /// # Errors
    /// The system refuses.
    pub fn strike(&mut self, blow: Blow, network: &Network) -> Result<()> {
        match blow {
            Blow::ServerKilled => self.kill_postgres(),
            Blow::Killed => {
                processes::kill(&self.dir)?;
                self.servers.clear();
                Ok(())
            }
            Blow::ServerFrozen => processes::freeze(&self.dir.join("pg")),
            Blow::Frozen => processes::freeze(&self.dir),
            Blow::Cut(lost) => network.cut(self.number, lost),
        }
    }

    /// Undoes what a blow did; Patroni starts a server that was killed by itself.
    ///
    /// # Errors
    /// The system refuses.
    pub fn heal(&mut self, blow: Blow, network: &Network) -> Result<()> {
        match blow {
            Blow::ServerKilled => Ok(()),
            Blow::Killed => self.serve(),
            Blow::ServerFrozen => processes::thaw(&self.dir.join("pg")),
            Blow::Frozen => processes::thaw(&self.dir),
            Blow::Cut(lost) => network.mend(self.number, lost),
        }
    }

    /// Fails where etcd or Patroni has ended by itself.
    ///
    /// # Errors
    /// See above, with the last lines of its log.
    pub fn check(&mut self) -> Result<()> {
        self.servers.iter_mut().try_for_each(Server::check)
    }

    fn serve(&mut self) -> Result<()> {
        for call in &self.calls {
            self.servers.push(call.start()?);
        }
        Ok(())
    }

    fn kill_postgres(&self) -> Result<()> {
        let file = self.dir.join("pg/postmaster.pid");
        let text = fs::read_to_string(&file);
        let text = text.with_context(|| format!("cannot read {}", file.display()))?;
        let number = text.lines().next().unwrap_or_default().parse();
        processes::kill_one(number.with_context(|| format!("{}: no number", file.display()))?)
    }
}

impl Drop for Node {
    /// The processes that Patroni started are nobody's children: they are looked for.
    fn drop(&mut self) {
        if let Err(error) = processes::kill(&self.dir) {
            commandline::note!("{}: {error:#}", self.name);
        }
    }
}

/// Name of the node in that place, from 0.
fn name_of(number: usize) -> String {
    format!("n{}", number + 1)
}

/// A directory that only `owner` can enter.
fn make_private(dir: &Path, owner: Option<Owner>) -> Result<()> {
    fs::create_dir(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    fs::set_permissions(dir, PermissionsExt::from_mode(0o700))?;
    if let Some(owner) = owner {
        chown(dir, Some(owner.user), Some(owner.group))?;
    }
    Ok(())
}

/// Patroni speaks the older protocol of etcd (`etcd:`), which notices a dead member sooner.
fn etcd_call(call: Call, number: usize, places: &[Places], dir: &Path) -> Call {
    let at = places[number];
    let members: Vec<String> = (places.iter().enumerate())
        .map(|(number, at)| format!("{}=http://{}", name_of(number), at.etcd_peers))
        .collect();
    call.flag("--name", name_of(number))
        .flag("--data-dir", dir.join("etcd"))
        .flag("--listen-peer-urls", format!("http://{}", at.etcd_peers))
        .flag(
            "--initial-advertise-peer-urls",
            format!("http://{}", at.etcd_peers),
        )
        .flag("--listen-client-urls", format!("http://{}", at.etcd))
        .flag("--advertise-client-urls", format!("http://{}", at.etcd))
        .flag("--initial-cluster", members.join(","))
        .flag("--initial-cluster-token", "scrutin")
        .flag("--heartbeat-interval", "100")
        .flag("--election-timeout", "1000")
        .args(["--enable-v2=true", "--logger=zap", "--log-level=warn"])
}
