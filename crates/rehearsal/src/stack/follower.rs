//! The validator that follows the ledger's owner, kept from reading: the database's processes that read links to it
//! stand still, while everything else that it asks is answered.

use anyhow::{Context, Result};

use super::members::Members;
use crate::child::Call;
use crate::cluster::processes;
use crate::cluster::servers::Servers;

/// The database's processes that look how far a partition is and read its links, and the ports to which they answer.
const READING: &str = "\
SELECT pid, client_port FROM pg_stat_activity WHERE client_port > 0 AND (query LIKE '%FROM ledger_links WHERE partition%'
    OR query LIKE 'SELECT number, segment, head FROM ledger_lease WHERE partition%')";
/// A reader that stands still is given up after seconds and connected anew: not now. Connections that are open stay.
const NOBODY_NEW: &str = "ALTER ROLE validator CONNECTION LIMIT 1";
const ANYBODY: &str = "ALTER ROLE validator CONNECTION LIMIT -1";

/// Freezes the processes that read to the follower now, names them, and lets no validator connect anew.
///
/// # Errors
/// The primary, or `ss`, does not answer.
pub async fn freeze(servers: &Servers, members: &mut Members) -> Result<Vec<i32>> {
    let follower = 1 - members.owner().await?;
    let number = members.all[follower].program.server()?.id();
    let number = number.context("the follower has ended")?;
    let sockets = Call::new("ss".into(), servers.dir().join("ss.log"));
    let sockets = sockets.arg("-Htnp").run().await?;
    let its = format!("pid={number},");
    servers.sql(NOBODY_NEW).await?;
    let mut frozen = Vec::new();
    for line in servers.sql(READING).await?.lines() {
        let (process, port) = line.split_once('|').context("a row of two columns")?;
        let local = format!(":{port} ");
        let is_its = |line: &str| line.contains(&local) && line.contains(&its);
        if sockets.lines().any(is_its) {
            frozen.push(process.parse().context("no process")?);
        }
    }
    processes::freeze_these(&frozen);
    Ok(frozen)
}

/// Has them go on, and has validators connect again.
///
/// # Errors
/// The primary does not answer.
pub async fn thaw(servers: &Servers, frozen: &[i32]) -> Result<()> {
    processes::thaw_these(frozen);
    servers.sql(ANYBODY).await.map(drop)
}
