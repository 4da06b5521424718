//! The network of a cluster's nodes: each in a namespace of its own, joined by a switch that this machine is joined
//! to as well, so that a node can be cut off. Where that is not allowed, all of them are on the loopback interface.
//!
//! Packets are lost without a word, as on a broken line: the switch's port is shut for both ways; for one way, the
//! sender is told an address of the receiver's network card that no card has.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail};

use crate::child::{Call, Owner};
use crate::ports;

/// How many nodes a cluster has: a majority is left when one is lost.
pub const NODES: usize = 3;
/// First half of addresses that are set aside for measuring networks, and are nobody's (RFC 2544).
const SET_ASIDE: [u8; 2] = [198, 18];
/// Last part of this machine's own address at the switch.
const HERE: u8 = 1;
/// Address of a network card that no card has.
const NO_CARD: &str = "02:00:00:00:00:01";

/// Which packets of a node are lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// Those that it sends, and those that are sent to it.
    Both,
    /// Those that are sent to it; others hear it.
    In,
    /// Those that it sends; it hears others.
    Out,
}

/// Where the servers of one node listen.
#[derive(Clone, Copy, Debug)]
pub struct Places {
    /// PostgreSQL, for validators and for the other nodes.
    pub sql: SocketAddr,
    /// Patroni's interface of HTTP.
    pub patroni: SocketAddr,
    /// Etcd, for the Patroni of every node.
    pub etcd: SocketAddr,
    /// Etcd, for its other members.
    pub etcd_peers: SocketAddr,
}

/// What joins the nodes; namespaces are removed when this is dropped.
#[derive(Debug)]
pub enum Network {
    /// Each node in a namespace, which can be cut off.
    Namespaces(Switch),
    /// All nodes on the loopback interface, and why.
    Loopback(String),
}

impl Network {
    /// Makes namespaces, or says why there are none.
    #[must_use]
    pub fn start() -> Network {
        match Switch::start() {
            Ok(switch) => Network::Namespaces(switch),
            Err(error) => Network::Loopback(format!("{error:#}")),
        }
    }

    /// Where the servers of a node are to listen.
    ///
    /// # Errors
    /// There are no free ports.
    pub fn places(&self, node: usize) -> Result<Places> {
        Ok(match self {
            Network::Namespaces(switch) => {
                let at = |port| SocketAddr::from((switch.address(node), port));
                Places {
                    sql: at(5432),
                    patroni: at(8008),
                    etcd: at(2379),
                    etcd_peers: at(2380),
                }
            }
            Network::Loopback(_) => Places {
                sql: ports::free()?,
                patroni: ports::free()?,
                etcd: ports::free()?,
                etcd_peers: ports::free()?,
            },
        })
    }

    /// A call of `program` on a node, as `owner`.
    #[must_use]
    pub fn call(&self, node: usize, program: PathBuf, log: PathBuf, owner: Option<Owner>) -> Call {
        let Network::Namespaces(switch) = self else {
            return Call::new(program, log).owned_by(owner);
        };
        let call = Call::new("ip".into(), log)
            .args(["netns", "exec"])
            .arg(switch.namespace(node));
        // Only root may enter a namespace, so its user is changed inside.
        let call = match owner {
            Some(Owner { user, group }) => call
                .arg("setpriv")
                .flag("--reuid", user.to_string())
                .flag("--regid", group.to_string())
                .arg("--clear-groups"),
            None => call,
        };
        call.arg(program)
    }

    /// Loses packets of a node from now on.
    ///
    /// # Errors
    /// Nodes cannot be cut off here; the system refuses.
    pub fn cut(&self, node: usize, lost: Lost) -> Result<()> {
        self.switch()?.set(node, lost, true)
    }

    /// Delivers them again.
    ///
    /// # Errors
    /// As [`Network::cut`].
    pub fn mend(&self, node: usize, lost: Lost) -> Result<()> {
        self.switch()?.set(node, lost, false)
    }

    /// Names of the namespaces, which somebody must remove.
    #[must_use]
    pub fn namespaces(&self) -> Vec<String> {
        match self {
            Network::Namespaces(switch) => switch.namespaces(),
            Network::Loopback(_) => Vec::new(),
        }
    }

    fn switch(&self) -> Result<&Switch> {
        match self {
            Network::Namespaces(switch) => Ok(switch),
            Network::Loopback(why) => bail!("a node cannot be cut off: {why}"),
        }
    }
}

/// Namespaces of the nodes and of the switch between them, removed when this is dropped.
#[derive(Debug)]
pub struct Switch {
    /// What all its names begin with.
    tag: String,
    /// Third part of its addresses.
    third: u8,
}

impl Switch {
    fn start() -> Result<Switch> {
        if !rustix::process::geteuid().is_root() {
            bail!("network namespaces are root's");
        }
        let random = getrandom::u32().map_err(|e| anyhow!("no randomness: {e}"))?;
        let [third, ..] = random.to_le_bytes();
        // Dropped, and with it what was made, where a step fails.
        let switch = Switch {
            tag: format!("scr{random:08x}"),
            third: unused(third)?,
        };
        switch.join()?;
        Ok(switch)
    }

    /// Makes the switch in a namespace of its own, where no filter of this machine applies, and joins this machine
    /// and the nodes to it.
    fn join(&self) -> Result<()> {
        let (hub, here) = (self.hub(), self.port_here());
        let [a, b] = SET_ASIDE;
        let network = format!("{a}.{b}.{}", self.third);
        ip(&format!("netns add {hub}"))?;
        ip(&format!("-n {hub} link add switch type bridge"))?;
        ip(&format!("-n {hub} link set switch up"))?;
        ip(&format!(
            "link add {here} type veth peer name here netns {hub}"
        ))?;
        ip(&format!("-n {hub} link set here master switch up"))?;
        ip(&format!("addr add {network}.{HERE}/24 dev {here}"))?;
        ip(&format!("link set {here} up"))?;
        for node in 0..NODES {
            let (name, address) = (self.namespace(node), self.address(node));
            ip(&format!("netns add {name}"))?;
            ip(&format!("-n {name} link set lo up"))?;
            ip(&format!(
                "-n {hub} link add {} type veth peer name eth0 netns {name}",
                port(node)
            ))?;
            ip(&format!(
                "-n {hub} link set {} master switch up",
                port(node)
            ))?;
            ip(&format!("-n {name} addr add {address}/24 dev eth0"))?;
            ip(&format!("-n {name} link set eth0 up"))?;
        }
        Ok(())
    }

    fn namespaces(&self) -> Vec<String> {
        let nodes = (0..NODES).map(|node| self.namespace(node));
        nodes.chain([self.hub()]).collect()
    }

    fn hub(&self) -> String {
        format!("{}-hub", self.tag)
    }

    fn port_here(&self) -> String {
        format!("{}h", self.tag)
    }

    fn namespace(&self, node: usize) -> String {
        format!("{}-{}", self.tag, node + 1)
    }

    fn address(&self, node: usize) -> Ipv4Addr {
        let last = 11 + u8::try_from(node).expect("fewer than ten nodes");
        let [a, b] = SET_ASIDE;
        Ipv4Addr::new(a, b, self.third, last)
    }

    fn set(&self, node: usize, lost: Lost, is_lost: bool) -> Result<()> {
        let others = (0..NODES).filter(|other| *other != node);
        let [a, b] = SET_ASIDE;
        let here = Ipv4Addr::new(a, b, self.third, HERE);
        match lost {
            Lost::Both => {
                let state = if is_lost { 0 } else { 3 }; // of a bridge's port: disabled, forwarding
                let (hub, port) = (self.hub(), port(node));
                run(
                    "bridge",
                    &format!("-n {hub} link set dev {port} state {state}"),
                )
            }
            Lost::Out => {
                let to = others.map(|other| self.address(other)).chain([here]);
                let within = format!("-n {} ", self.namespace(node));
                to.into_iter()
                    .try_for_each(|to| mislead(&within, "eth0", to, is_lost))
            }
            Lost::In => {
                let to = self.address(node);
                mislead("", &self.port_here(), to, is_lost)?;
                let mut namespaces = others.map(|other| format!("-n {} ", self.namespace(other)));
                namespaces.try_for_each(|within| mislead(&within, "eth0", to, is_lost))
            }
        }
    }
}

impl Drop for Switch {
    /// A part that was not made yet cannot be removed: failures say nothing.
    fn drop(&mut self) {
        for name in self.namespaces() {
            let _ = ip(&format!("netns del {name}"));
        }
        let _ = ip(&format!("link del {}", self.port_here()));
    }
}

/// The switch's port to a node.
fn port(node: usize) -> String {
    format!("n{}", node + 1)
}

/// Has a sender reach no card at `to`, or find the right one again.
fn mislead(within: &str, device: &str, to: Ipv4Addr, is_lost: bool) -> Result<()> {
    if is_lost {
        ip(&format!(
            "{within}neigh replace {to} lladdr {NO_CARD} nud permanent dev {device}"
        ))
    } else {
        ip(&format!("{within}neigh del {to} dev {device}"))
    }
}

/// A third part of addresses that this machine knows no way to yet, `first` if it can be.
fn unused(first: u8) -> Result<u8> {
    let known = Command::new("ip").args(["-4", "route", "show"]).output();
    let known = known.context("cannot run ip: install iproute2")?;
    let known = String::from_utf8_lossy(&known.stdout).into_owned();
    let [a, b] = SET_ASIDE;
    (0..=u8::MAX)
        .map(|step| first.wrapping_add(step))
        .find(|third| !known.contains(&format!("{a}.{b}.{third}.")))
        .context("every network of 198.18.0.0/16 is in use")
}

fn ip(line: &str) -> Result<()> {
    run("ip", line)
}

fn run(program: &str, line: &str) -> Result<()> {
    let output = Command::new(program).args(line.split_whitespace()).output();
    let output = output.with_context(|| format!("cannot run {program}: install iproute2"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{program} {line}: {}", said.trim());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_interfaces_fit_the_fifteen_bytes_that_linux_gives_them() {
        let switch = Switch {
            tag: format!("scr{:08x}", u32::MAX),
            third: 7,
        };
        assert!(switch.port_here().len() <= 15);
        assert_eq!(switch.address(2), Ipv4Addr::new(198, 18, 7, 13));
    }

    #[test]
    fn nodes_on_the_loopback_interface_cannot_be_cut_off() {
        let network = Network::Loopback("not root".to_owned());
        let error = network.cut(0, Lost::Both).unwrap_err().to_string();
        assert!(error.contains("not root"), "{error}");
        assert!(network.places(0).unwrap().sql.ip().is_loopback());
    }
}
