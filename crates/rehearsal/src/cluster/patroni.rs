//! Patroni, which chooses the primary and its standby: its configuration, and what it says of the cluster.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::json;

use super::network::Places;
use crate::http;

/// Superuser of the cluster's servers, known to the rehearsal alone.
pub const SUPERUSER: &str = "postgres";
/// What Patroni calls the primary.
pub const PRIMARY: &str = "leader";
/// What Patroni calls the standby that commits wait for, and that may take the primary's place.
pub const STANDBY: &str = "sync_standby";
/// A node that is frozen or cut off takes a connection and says nothing.
const ANSWER_WITHIN: Duration = Duration::from_millis(700);

/// How commits wait for a second disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// For one standby that Patroni names, as docs/cluster.md asks.
    NamedStandby,
    /// For any one of them, set by hand: a mistake, which validators must refuse.
    AnyOne,
}

impl Waiting {
    /// Patroni's settings of the cluster.
    fn settings(self) -> &'static str {
        match self {
            Waiting::NamedStandby => {
                "synchronous_mode: true
    synchronous_mode_strict: true
    synchronous_node_count: 1"
            }
            Waiting::AnyOne => "synchronous_mode: false",
        }
    }

    /// PostgreSQL's own setting, where Patroni does not see to it.
    fn parameter(self) -> &'static str {
        match self {
            Waiting::NamedStandby => "",
            Waiting::AnyOne => "synchronous_standby_names: \"ANY 1 (n1, n2, n3)\"",
        }
    }
}

/// What a node's Patroni is told of it.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    /// Name of the node, in the cluster and as a standby.
    pub name: &'a str,
    /// The node's own directory, with certificate and key.
    pub dir: &'a Path,
    /// File of the authority's certificate.
    pub authority: &'a Path,
    /// Directory of PostgreSQL's programs.
    pub programs: &'a Path,
    /// Where this node's servers listen.
    pub places: Places,
    /// Where the etcd of each node listens.
    pub etcd: &'a [SocketAddr],
    /// How commits wait for a second disk.
    pub waiting: Waiting,
}

impl Settings<'_> {
    /// The configuration file. Deadlines are those that docs/cluster.md measures with.
    #[must_use]
    pub fn text(&self) -> String {
        let etcd: Vec<String> = self.etcd.iter().map(|at| format!("\"{at}\"")).collect();
        let verified = format!(
            "sslmode: verify-full, sslrootcert: {}",
            quoted(self.authority)
        );
        format!(
            "\
scope: scrutin
name: {name}
restapi: {{listen: \"{rest}\", connect_address: \"{rest}\"}}
etcd: {{hosts: [{etcd}]}}
bootstrap:
  dcs:
    ttl: 5
    loop_wait: 1
    retry_timeout: 2
    primary_start_timeout: 0
    primary_stop_timeout: 3
    maximum_lag_on_failover: 1048576
    check_timeline: true
    failsafe_mode: false
    {waiting}
    postgresql:
      use_pg_rewind: true
      use_slots: false
      parameters:
        {parameter}
        synchronous_commit: \"on\"
        max_connections: 60
        shared_buffers: 32MB
        min_wal_size: 64MB
        wal_keep_size: 256MB
        wal_sender_timeout: 5s
        wal_receiver_timeout: 5s
        wal_receiver_status_interval: 1s
        wal_retrieve_retry_interval: 100ms
        log_min_messages: warning
  initdb: [{{encoding: UTF8}}, {{locale: C}}, data-checksums]
postgresql:
  listen: \"{sql}\"
  connect_address: \"{sql}\"
  data_dir: {data}
  bin_dir: {programs}
  pgpass: {pgpass}
  use_unix_socket: true
  authentication:
    superuser: {{username: {SUPERUSER}, {verified}}}
    replication: {{username: replicator, {verified}}}
    rewind: {{username: rewinder, {verified}}}
  pg_hba:
    - local all all trust
    - hostssl all validator 0.0.0.0/0 scram-sha-256
    - hostssl replication replicator 0.0.0.0/0 trust
    - hostssl all {SUPERUSER},rewinder 0.0.0.0/0 trust
  parameters:
    unix_socket_directories: {dir}
    ssl: \"on\"
    ssl_cert_file: {certificate}
    ssl_key_file: {key}
  remove_data_directory_on_rewind_failure: true
  remove_data_directory_on_diverged_timelines: true
watchdog: {{mode: \"off\"}}
",
            name = self.name,
            rest = self.places.patroni,
            sql = self.places.sql,
            etcd = etcd.join(", "),
            waiting = self.waiting.settings(),
            parameter = self.waiting.parameter(),
            data = quoted(&self.dir.join("pg")),
            programs = quoted(self.programs),
            pgpass = quoted(&self.dir.join("pgpass")),
            dir = quoted(self.dir),
            certificate = quoted(&self.dir.join("server.pem")),
            key = quoted(&self.dir.join("server.key")),
        )
    }
}

fn quoted(path: &Path) -> String {
    format!("\"{}\"", path.display())
}

/// A node, as Patroni sees it.
#[derive(Clone, Debug, Deserialize)]
pub struct Member {
    /// Name of the node.
    pub name: String,
    /// What its PostgreSQL is: [`PRIMARY`], [`STANDBY`], `replica`.
    pub role: String,
    /// Its PostgreSQL's state, such as `running`.
    pub state: String,
}

impl Member {
    /// Whether its PostgreSQL is up and in its place.
    #[must_use]
    pub fn is_up(&self) -> bool {
        matches!(self.state.as_str(), "running" | "streaming")
    }
}

#[derive(Deserialize)]
struct Told {
    members: Vec<Member>,
}

/// The cluster as the Patroni at one of these addresses sees it: the first that answers.
///
/// # Errors
/// None of them answers.
pub async fn members(at: &[SocketAddr]) -> Result<Vec<Member>> {
    for address in at {
        let asked = http::get_json::<Told>(*address, "/cluster");
        if let Ok(Ok(told)) = tokio::time::timeout(ANSWER_WITHIN, asked).await {
            return Ok(told.members);
        }
    }
    bail!("no Patroni says what the cluster is: see the logs of n1, n2 and n3")
}

/// Has the standby take the primary's place, as an operator does who has planned it.
///
/// # Errors
/// Patroni refuses, in its own words.
pub async fn switch_over(at: SocketAddr, from: &str, to: &str) -> Result<()> {
    let wanted = json!({"leader": from, "candidate": to});
    let answer = http::post(at, "/switchover", &wanted).await;
    let answer = answer.context("switchover")?;
    if answer.status != 200 {
        let said = String::from_utf8_lossy(&answer.body);
        bail!("Patroni refuses the switchover ({}): {said}", answer.status);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(waiting: Waiting) -> String {
        let at: SocketAddr = "127.0.0.1:1".parse().unwrap();
        let places = Places {
            sql: at,
            patroni: at,
            etcd: at,
            etcd_peers: at,
        };
        let settings = Settings {
            name: "n1",
            dir: Path::new("/n1"),
            authority: Path::new("/ca.pem"),
            programs: Path::new("/bin"),
            places,
            etcd: &[at],
            waiting,
        };
        settings.text()
    }

    #[test]
    fn patroni_is_set_as_the_document_asks() {
        let text = text(Waiting::NamedStandby);
        for asked in include_str!("../../../../docs/cluster.md")
            .lines()
            .flat_map(|line| line.split('`'))
            .filter(|word| word.starts_with("synchronous_") || word.starts_with("failsafe"))
            .filter(|word| word.contains(": "))
        {
            assert!(text.contains(asked), "{asked}");
        }
        assert!(!text.contains("ANY 1"));
    }

    #[test]
    fn the_mistake_is_made_by_hand() {
        let text = text(Waiting::AnyOne);
        assert!(text.contains("synchronous_mode: false") && text.contains("ANY 1"));
    }
}
