//! Who is asking: the address that limits count, behind proxies or not.
//!
//! An address is personal data: it is never logged, and it leaves this module as a [`Prefix`] only.

use hyper::HeaderMap;
use hyper::header::HeaderName;
use ipnet::IpNet;
use std::net::{IpAddr, Ipv6Addr};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// What limits count as one client: an IPv4 address, or the /64 that one IPv6 customer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Prefix(IpAddr);

impl Prefix {
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
pub(crate) struct Addresses {
    /// Proxies whose `X-Forwarded-For` is believed.
    pub(crate) trusted_proxies: Vec<IpNet>,
    /// Clients that no limit counts (a load generator, a health checker).
    pub(crate) exempt: Vec<IpNet>,
}

impl Addresses {
    /// The client that a connection from `peer` is counted for; none where it is not counted:
    /// exempt, or a proxy, which carries many clients.
    pub(crate) fn of_connection(&self, peer: IpAddr) -> Option<Prefix> {
        let peer = peer.to_canonical();
        let free = contains(&self.trusted_proxies, peer) || contains(&self.exempt, peer);
        (!free).then(|| Prefix::of(peer))
    }

    /// The client that a request is counted for; none where it is exempt.
    ///
    /// `X-Forwarded-For` is read from the right, past proxies of ours: what stands further left was
    /// written by strangers.
    pub(crate) fn of_request(&self, peer: IpAddr, headers: &HeaderMap) -> Option<Prefix> {
        let peer = peer.to_canonical();
        let client = if contains(&self.trusted_proxies, peer) {
            self.forwarded_for(headers).unwrap_or(peer)
        } else {
            peer
        };
        (!contains(&self.exempt, client)).then(|| Prefix::of(client))
    }

    fn forwarded_for(&self, headers: &HeaderMap) -> Option<IpAddr> {
        let lines: Vec<&str> = headers
            .get_all(FORWARDED_FOR)
            .iter()
            .filter_map(|line| line.to_str().ok())
            .collect();
        let mut furthest = None;
        for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
            let Ok(address) = hop.trim().parse::<IpAddr>() else {
                break;
            };
            let address = address.to_canonical();
            furthest = Some(address);
            if !contains(&self.trusted_proxies, address) {
                break;
            }
        }
        furthest
    }
}

fn contains(networks: &[IpNet], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(&address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses() -> Addresses {
        Addresses {
            trusted_proxies: vec!["10.0.0.0/8".parse().expect("a prefix")],
            exempt: vec!["127.0.0.0/8".parse().expect("a prefix")],
        }
    }

    fn check(peer: &str, forwarded: &[&str], expected: Option<&str>) {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(FORWARDED_FOR, line.parse().expect("a header"));
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
