//! Who is asking: the address that limits count, behind proxies or not.
//!
//! An address is personal data: it is never logged, and it leaves this module as a [`Prefix`] only.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use hyper::HeaderMap;
use hyper::header::{HeaderName, HeaderValue};
use ipnet::IpNet;

use crate::log::Gate;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// What limits count as one client: an IPv4 address, or a /64 of IPv6. One party may hold more of
/// IPv6, so that wider networks are counted beside it ([`NETWORKS`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Prefix(IpAddr);

/// A network that one party may hold, and how much it may use.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Network {
    /// Bits of an IPv6 address that name it.
    bits: u32,
    /// How many clients' quotas it has.
    pub(crate) quotas: u32,
    /// Of the connections that are free, it holds no more than one in so many.
    pub(crate) free_per_seat: usize,
}

/// From the narrowest: what a line, a home or a small site, and a company or a provider's pool hold.
/// An IPv4 address counts as the narrowest alone.
pub(crate) const NETWORKS: [Network; 3] = [
    Network {
        bits: 64,
        quotas: 1,
        free_per_seat: 16,
    },
    Network {
        bits: 56,
        quotas: 4,
        free_per_seat: 8,
    },
    Network {
        bits: 48,
        quotas: 16,
        free_per_seat: 4,
    },
];

impl Prefix {
    /// The networks of a client, as in [`NETWORKS`]: one of IPv4, three of IPv6.
    pub(crate) fn networks(self) -> impl Iterator<Item = IpAddr> {
        let count = if self.0.is_ipv4() { 1 } else { NETWORKS.len() };
        let network = move |network: &Network| match self.0 {
            IpAddr::V4(v4) => IpAddr::V4(v4),
            IpAddr::V6(v6) => {
                let mask = u128::MAX << (128 - network.bits);
                IpAddr::V6(Ipv6Addr::from(u128::from(v6) & mask))
            }
        };
        NETWORKS[..count].iter().map(network)
    }

    fn of(address: IpAddr) -> Prefix {
        match address.to_canonical() {
            IpAddr::V4(v4) => Prefix(IpAddr::V4(v4)),
            IpAddr::V6(v6) => {
                let network = u128::from(v6) & !u128::from(u64::MAX);
                Prefix(IpAddr::V6(Ipv6Addr::from(network)))
            }
        }
    }
}

/// Which addresses are proxies of ours, and which are not limited.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Addresses {
    /// Proxies that are believed about their clients: by `X-Forwarded-For`, or by the PROXY protocol.
    pub trusted_proxies: Vec<IpNet>,
    /// Whether they speak the PROXY protocol. `X-Forwarded-For` is then not looked at.
    pub proxy_protocol: bool,
    /// Clients that no limit counts (a load generator, a health checker).
    pub exempt: Vec<IpNet>,
}

impl Addresses {
    /// The client that a connection from `peer` is counted for; none where it is not counted:
    /// exempt, or a proxy, which carries many clients.
    pub fn of_connection(&self, peer: IpAddr) -> Option<Prefix> {
        let peer = peer.to_canonical();
        let free = contains(&self.trusted_proxies, peer) || contains(&self.exempt, peer);
        (!free).then(|| Prefix::of(peer))
    }

    /// Whether a connection from `peer` has to begin with the header of the PROXY protocol.
    pub(crate) fn is_announced(&self, peer: IpAddr) -> bool {
        self.proxy_protocol && contains(&self.trusted_proxies, peer.to_canonical())
    }

    /// The client that a request is counted for; none where it is exempt. `peer` is the address that a
    /// proxy has named by the PROXY protocol, where it speaks that.
    ///
    /// `X-Forwarded-For` is read from the right, past proxies of ours: what stands further left was
    /// written by strangers. Where a proxy of ours names nobody that can be read, the request counts
    /// for the proxy, exempt or not: who hides behind rubbish is not let through uncounted.
    pub fn of_request(&self, peer: IpAddr, headers: &HeaderMap) -> Option<Prefix> {
        let peer = peer.to_canonical();
        let client = match self.forwarded_for(peer, headers) {
            Forwarded::No if self.is_unnamed_proxy(peer, headers) => {
                tell_unnamed_proxy();
                return Some(Prefix::of(peer));
            }
            Forwarded::No => peer,
            Forwarded::For(client) => client,
            Forwarded::Unreadable => return Some(Prefix::of(peer)),
        };
        (!contains(&self.exempt, client)).then(|| Prefix::of(client))
    }

    /// Whether an exempt peer asks for others without being a proxy of ours: one on this machine that
    /// nobody has named. Its voters must not go uncounted for that.
    fn is_unnamed_proxy(&self, peer: IpAddr, headers: &HeaderMap) -> bool {
        headers.contains_key(FORWARDED_FOR)
            && contains(&self.exempt, peer)
            && !contains(&self.trusted_proxies, peer)
    }

    fn forwarded_for(&self, peer: IpAddr, headers: &HeaderMap) -> Forwarded {
        if self.proxy_protocol || !contains(&self.trusted_proxies, peer) {
            return Forwarded::No;
        }
        let lines: Vec<&[u8]> = headers
            .get_all(FORWARDED_FOR)
            .iter()
            .map(HeaderValue::as_bytes)
            .collect();
        let hops = lines.iter().rev();
        let mut furthest = Forwarded::No;
        for hop in hops.flat_map(|line| line.rsplit(|byte| *byte == b',')) {
            let Some(address) = address_of(hop) else {
                return match furthest {
                    Forwarded::No => Forwarded::Unreadable,
                    known => known,
                };
            };
            furthest = Forwarded::For(address);
            if !contains(&self.trusted_proxies, address) {
                break;
            }
        }
        furthest
    }
}

fn tell_unnamed_proxy() {
    static LINES: Gate = Gate::new();
    LINES.run(|unsaid| {
        tracing::warn!(
            unsaid,
            "a proxy asks that is exempt and not named, so all its voters count as one client: \
             name it in clients.trusted_proxies"
        );
    });
}

/// For whom a proxy of ours asks.
enum Forwarded {
    /// For itself, or the peer is no proxy of ours.
    No,
    For(IpAddr),
    /// It does not say in a way that can be read.
    Unreadable,
}

/// One hop: an address, which some proxies write with a port.
fn address_of(hop: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(hop).ok()?.trim();
    let with_port = || text.parse::<SocketAddr>().ok().map(|socket| socket.ip());
    let address = text.parse().ok().or_else(with_port)?;
    Some(address.to_canonical())
}

fn contains(networks: &[IpNet], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(&address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses() -> Addresses {
        Addresses {
            trusted_proxies: ["10.0.0.0/8", "127.0.0.1/32"]
                .map(|prefix| prefix.parse().expect("a prefix"))
                .to_vec(),
            exempt: vec!["127.0.0.0/8".parse().expect("a prefix")],
            proxy_protocol: false,
        }
    }

    fn check(peer: &str, forwarded: &[&str], expected: Option<&str>) {
        let lines: Vec<&[u8]> = forwarded.iter().map(|line| line.as_bytes()).collect();
        check_bytes(peer, &lines, expected);
    }

    fn check_bytes(peer: &str, forwarded: &[&[u8]], expected: Option<&str>) {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            let line = HeaderValue::from_bytes(line).expect("a header");
            headers.append(FORWARDED_FOR, line);
        }
        let peer = peer.parse().expect("an address");
        let expected = expected.map(|text| Prefix(text.parse().expect("an address")));
        assert_eq!(
            addresses().of_request(peer, &headers),
            expected,
            "{peer} {forwarded:?}"
        );
    }

    #[test]
    fn believes_only_its_own_proxies() {
        check("203.0.113.9", &[], Some("203.0.113.9"));
        check("203.0.113.9", &["198.51.100.1"], Some("203.0.113.9"));
        check("10.0.0.1", &["198.51.100.1"], Some("198.51.100.1"));
        check(
            "10.0.0.1",
            &["192.0.2.7, 198.51.100.1"],
            Some("198.51.100.1"),
        );
        check(
            "10.0.0.1",
            &["192.0.2.7, 198.51.100.1, 10.9.9.9"],
            Some("198.51.100.1"),
        );
        check(
            "10.0.0.1",
            &["192.0.2.7", "198.51.100.1"],
            Some("198.51.100.1"),
        );
        check("10.0.0.1", &["rubbish"], Some("10.0.0.1"));
        check("10.0.0.1", &["198.51.100.1, rubbish"], Some("10.0.0.1"));
        check("10.0.0.1", &[], Some("10.0.0.1"));
    }

    /// The proxy is exempt itself, as one on this machine is; its clients are counted all the same.
    #[test]
    fn invariant_9_nobody_hides_behind_rubbish() {
        let client = Some("198.51.100.1");
        check_bytes("127.0.0.1", &[b"\xff, 198.51.100.1"], client);
        check_bytes("127.0.0.1", &[b"\xff", b"198.51.100.1"], client);
        check("127.0.0.1", &["127.0.0.1, 198.51.100.1:4444"], client);
        check("127.0.0.1", &["[2001:db8::1]:4444"], Some("2001:db8::"));
        check_bytes("127.0.0.1", &[b"198.51.100.1, \xff"], Some("127.0.0.1"));
        check("127.0.0.1", &["unknown"], Some("127.0.0.1"));
        check("127.0.0.1", &[""], Some("127.0.0.1"));
        check("127.0.0.1", &[], None);
    }

    /// Whether or not it says for whom.
    #[test]
    fn invariant_9_voters_of_a_proxy_that_nobody_named_count_as_one() {
        check("127.0.0.2", &["198.51.100.1"], Some("127.0.0.2"));
        check("127.0.0.2", &["unknown"], Some("127.0.0.2"));
        check("127.0.0.2", &[], None);
    }

    /// Whoever it is that writes the header: the proxy, or the voter before it.
    #[test]
    fn invariant_9_the_proxy_protocol_goes_over_x_forwarded_for() {
        let addresses = Addresses {
            proxy_protocol: true,
            ..addresses()
        };
        let mut headers = HeaderMap::new();
        headers.insert(FORWARDED_FOR, HeaderValue::from_static("198.51.100.1"));
        for (peer, is_announced) in [("203.0.113.9", false), ("10.0.0.1", true)] {
            let peer = peer.parse().expect("an address");
            assert_eq!(addresses.of_request(peer, &headers), Some(Prefix::of(peer)));
            assert_eq!(addresses.is_announced(peer), is_announced);
        }
    }

    #[test]
    fn exempt_clients_are_not_counted() {
        check("127.0.0.1", &[], None);
        check("::ffff:127.0.0.1", &[], None);
        check("10.0.0.1", &["127.0.0.5"], None);
    }

    #[test]
    fn an_ipv6_customer_is_one_client() {
        check("2001:db8:1:2:3:4:5:6", &[], Some("2001:db8:1:2::"));
        check("::ffff:203.0.113.9", &[], Some("203.0.113.9"));
    }
}
