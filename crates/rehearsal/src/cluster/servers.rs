//! The database of the cluster: three nodes, of which Patroni makes one the primary.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::guard::Guard;
use super::network::{NODES, Network, Places};
use super::node::{Blow, Common, Node};
use super::patroni::{self, Member, PRIMARY, STANDBY, SUPERUSER, Waiting};
use crate::authority::Authority;
use crate::child::{Call, Owner};
use crate::postgres;
use crate::validators::SharedLedger;

/// How long the cluster may take until it has a primary and a synchronous standby.
pub const HEALTHY_WITHIN: Duration = Duration::from_secs(90);
const POLL: Duration = Duration::from_millis(100);
/// A connection to a node that can be reached takes far less.
const CUT_SEEN_WITHIN: Duration = Duration::from_millis(300);
/// What the primary says when both standbys follow it, and one of them is waited for. While Patroni chooses none, it
/// names all (`*`).
const IN_STEP: &str = "\
SELECT count(*) = 2 AND count(*) FILTER (WHERE sync_state IN ('sync', 'quorum')) > 0
    AND current_setting('synchronous_standby_names') <> '*'
  FROM pg_stat_replication WHERE state = 'streaming'";
/// Directory in which validators and the balancer work.
const SITE: &str = "site";
/// The role of validators: it can append links and renew leases, and nothing else.
const ROLE: &str = "validator";

/// Three nodes; everything of them is ended and removed when this is dropped.
#[derive(Debug)]
pub struct Servers {
    /// Dropped first: processes keep namespaces and directories in use.
    nodes: Vec<Node>,
    /// What joins the nodes, and can cut them off.
    pub network: Network,
    /// Who runs the nodes' programs.
    pub owner: Option<Owner>,
    waiting: Waiting,
    authority: Authority,
    password: PathBuf,
    psql: PathBuf,
    log: PathBuf,
    dir: TempDir,
    /// Dropped last: it finds nothing left, where this program ended as it should.
    _guard: Guard,
}

impl Servers {
    /// Starts the nodes; they have no primary yet.
    ///
    /// # Errors
    /// A program is not installed, or does not start.
    pub fn start(logs: &Path, waiting: Waiting) -> Result<Servers> {
        let programs = postgres::programs()?;
        let owner = postgres::unprivileged()?;
        let dir = TempDir::with_prefix("rehearsal-cluster-").context("no temporary directory")?;
        // The nodes' user must get through to their directories, which it alone may enter.
        fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o755))?;
        let site = dir.path().join(SITE);
        fs::create_dir(&site)?;
        fs::set_permissions(&site, PermissionsExt::from_mode(0o755))?;
        let network = Network::start();
        let guard = Guard::over(dir.path(), &network.namespaces())?;
        let places: Result<Vec<Places>> = (0..NODES).map(|node| network.places(node)).collect();
        let places = places?;
        let mut servers = Servers {
            nodes: Vec::new(),
            network,
            owner,
            waiting,
            authority: Authority::new(dir.path().join("ca.pem"))?,
            password: password_file(dir.path())?,
            psql: programs.join("psql"),
            log: logs.join("psql.log"),
            _guard: guard,
            dir,
        };
        let common = Common {
            dir: servers.dir.path(),
            logs,
            programs: &programs,
            owner,
            authority: &servers.authority,
            places: &places,
            waiting,
        };
        for number in 0..NODES {
            let node = Node::start(number, &servers.network, common)?;
            servers.nodes.push(node);
        }
        Ok(servers)
    }

    /// Waits until there are a primary and two standbys in step with it.
    ///
    /// # Errors
    /// There are none in time; etcd or Patroni has ended.
    pub async fn wait_until_healthy(&mut self) -> Result<()> {
        let deadline = Instant::now() + HEALTHY_WITHIN;
        while !self.is_healthy().await {
            self.check()?;
            if Instant::now() > deadline {
                bail!("{}", self.told().await);
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }

    /// Whether there are a primary and two standbys in step with it.
    pub async fn is_healthy(&self) -> bool {
        let Ok(members) = self.members().await else {
            return false;
        };
        let is_whole = members.len() == NODES && members.iter().all(Member::is_up);
        // Patroni first names the standby to PostgreSQL, and then promises it the primary's place.
        let is_promised = members.iter().any(|member| member.role == STANDBY);
        let is_promised = is_promised || self.waiting == Waiting::AnyOne;
        is_whole && is_promised && self.sql(IN_STEP).await.is_ok_and(|said| said.trim() == "t")
    }

    /// What Patroni says of the cluster, for an error message.
    pub async fn told(&self) -> String {
        let seconds = HEALTHY_WITHIN.as_secs();
        match self.members().await {
            Ok(members) => format!("the cluster is not healthy after {seconds} s: {members:?}"),
            Err(error) => format!("the cluster is not healthy after {seconds} s: {error:#}"),
        }
    }

    /// Fails where etcd or Patroni of a node has ended by itself.
    ///
    /// # Errors
    /// See above.
    pub fn check(&mut self) -> Result<()> {
        self.nodes.iter_mut().try_for_each(Node::check)
    }

    /// Makes the ledger's tables and the role of validators.
    ///
    /// # Errors
    /// The server's.
    pub async fn make_tables(&self, schema: &str) -> Result<()> {
        let password = fs::read_to_string(&self.password).context("the role's password")?;
        self.sql(schema).await?;
        let role = format!("CREATE ROLE {ROLE} LOGIN PASSWORD '{password}' IN ROLE scrutin_ledger");
        self.sql(&role).await.map(drop)
    }

    /// The ledger as validators share it.
    #[must_use]
    pub fn shared(&self) -> SharedLedger<'_> {
        SharedLedger {
            known_to: Box::new(|validator| self.known_to(validator)),
            authority: &self.authority,
            dir: self.working_dir(),
        }
    }

    fn known_to(&self, validator: Call) -> Call {
        let hosts: Vec<String> = (self.nodes.iter())
            .map(|node| node.places.sql.to_string())
            .collect();
        let url = format!(
            "postgres://{ROLE}@{}/postgres?target_session_attrs=read-write",
            hosts.join(",")
        );
        validator
            .variable("VALIDATOR_LEDGER_POSTGRES", url)
            .variable("VALIDATOR_LEDGER_POSTGRES_PASSWORD_FILE", &self.password)
            .variable("VALIDATOR_LEDGER_POSTGRES_CA", self.authority.file())
    }

    /// Place of the node that has a role in Patroni's eyes.
    ///
    /// # Errors
    /// None has it.
    pub async fn who_is(&self, role: &str) -> Result<usize> {
        let members = self.members().await?;
        let named = members.iter().find(|member| member.role == role);
        let named = named.with_context(|| format!("no node is {role}: {members:?}"))?;
        let place = self.nodes.iter().position(|node| node.name == named.name);
        place.with_context(|| format!("Patroni names an unknown node {}", named.name))
    }

    /// Deals a node a blow.
    ///
    /// # Errors
    /// The system refuses; a node that is cut off can be reached all the same.
    pub async fn strike(&mut self, node: usize, blow: Blow) -> Result<()> {
        let node = &mut self.nodes[node];
        node.strike(blow, &self.network)?;
        if matches!(blow, Blow::Cut(_)) {
            let reached = TcpStream::connect(node.places.patroni);
            if timeout(CUT_SEEN_WITHIN, reached).await.is_ok() {
                bail!("{} answers though it is cut off", node.name);
            }
        }
        Ok(())
    }

    /// Undoes what a blow did.
    ///
    /// # Errors
    /// The system refuses.
    pub fn heal(&mut self, node: usize, blow: Blow) -> Result<()> {
        self.nodes[node].heal(blow, &self.network)
    }

    /// Has the synchronous standby take the primary's place, as planned.
    ///
    /// # Errors
    /// Patroni refuses.
    pub async fn switch_over(&self) -> Result<()> {
        let from = &self.nodes[self.who_is(PRIMARY).await?];
        let to = &self.nodes[self.who_is(STANDBY).await?];
        patroni::switch_over(from.places.patroni, &from.name, &to.name).await
    }

    /// Directory of the configuration files.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Where the programs before the database are to work, so that the guard finds them.
    #[must_use]
    pub fn working_dir(&self) -> PathBuf {
        self.dir.path().join(SITE)
    }

    /// The nodes by name, and where their PostgreSQL and their Patroni listen.
    #[must_use]
    pub fn addresses(&self) -> Vec<(&str, Places)> {
        let nodes = self.nodes.iter();
        nodes
            .map(|node| (node.name.as_str(), node.places))
            .collect()
    }

    /// How a superuser reaches the primary.
    #[must_use]
    pub fn superuser_url(&self) -> String {
        let hosts: Vec<String> = (self.nodes.iter())
            .map(|node| node.places.sql.to_string())
            .collect();
        format!(
            "postgres://{SUPERUSER}@{}/postgres?target_session_attrs=read-write&connect_timeout=2&sslmode=verify-full&sslrootcert={}",
            hosts.join(","),
            self.authority.file().display()
        )
    }

    async fn members(&self) -> Result<Vec<Member>> {
        let at: Vec<SocketAddr> = self.nodes.iter().map(|node| node.places.patroni).collect();
        patroni::members(&at).await
    }

    /// Runs statements on the primary, as its superuser; rows as lines, columns separated by `|`.
    ///
    /// # Errors
    /// The server's.
    pub async fn sql(&self, statements: &str) -> Result<String> {
        let call = Call::new(self.psql.clone(), self.log.clone())
            .args(["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1"])
            .flag("-c", statements)
            .arg(self.superuser_url());
        call.run().await
    }
}

/// A password that nobody knows, in a file of its owner alone.
fn password_file(dir: &Path) -> Result<PathBuf> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|e| anyhow!("the system gives no randomness: {e}"))?;
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let file = dir.join("validator.password");
    fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    fs::set_permissions(&file, PermissionsExt::from_mode(0o600))?;
    Ok(file)
}
