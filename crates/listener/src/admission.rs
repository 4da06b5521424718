//! Who may ask: a request and a TLS handshake count against the quota of their client.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use hyper::header::HOST;
use hyper::{Request, Version};

use crate::client::{Addresses, Prefix};
use crate::log::Gate;
use crate::throttle::{ClientThrottle, Quota};

/// Lines about clients, one a second at most.
static OVER_QUOTA: Gate = Gate::new();

/// What is left to each client.
#[derive(Debug)]
pub struct Admission {
    addresses: Addresses,
    requests: ClientThrottle,
    began: Instant,
}

/// Why a request is turned away before anybody looks at what it asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAdmitted {
    /// Its client has no request left before this time has passed.
    OverQuota(Duration),
    /// It is HTTP/1.1 and has no Host header, or several.
    NoHost,
}

impl Admission {
    /// Every client may ask as often as `requests` allows.
    #[must_use]
    pub fn new(addresses: Addresses, requests: Quota) -> Admission {
        Admission {
            addresses,
            requests: ClientThrottle::new(requests),
            began: Instant::now(),
        }
    }

    /// The client that a connection from `peer` is counted for; none where it is not counted.
    #[must_use]
    pub fn connection(&self, peer: IpAddr) -> Option<Prefix> {
        self.addresses.of_connection(peer)
    }

    /// Whether a connection from `peer` has to say first for whom it is.
    #[must_use]
    pub(crate) fn is_for_others(&self, peer: IpAddr) -> bool {
        self.addresses.is_announced(peer)
    }

    /// Whether a client may have one more TLS handshake, which costs more than most requests.
    #[must_use]
    pub fn handshake(&self, client: Option<Prefix>) -> bool {
        self.take(client).is_ok()
    }

    /// Takes one request from its client's quota. Returns the client; none where it is not counted.
    ///
    /// # Errors
    /// The client has none left, or the request does not say which host it asks.
    pub fn request<B>(
        &self,
        peer: IpAddr,
        request: &Request<B>,
    ) -> Result<Option<Prefix>, NotAdmitted> {
        let client = self.addresses.of_request(peer, request.headers());
        self.take(client).map_err(|wait| {
            OVER_QUOTA.run(|unsaid| {
                tracing::warn!(
                    unsaid,
                    "a client asks more often than it may: where it is a proxy, name it in \
                     clients.trusted_proxies; where it is many people, raise \
                     clients.requests_per_second"
                );
            });
            NotAdmitted::OverQuota(wait)
        })?;
        // HTTP/1.1 demands one Host (RFC 9112, section 3.2); HTTP/2 has a field of its own for it.
        let hosts = || request.headers().get_all(HOST).iter().count();
        if request.version() == Version::HTTP_11 && hosts() != 1 {
            return Err(NotAdmitted::NoHost);
        }
        Ok(client)
    }

    fn take(&self, client: Option<Prefix>) -> Result<(), Duration> {
        client.map_or(Ok(()), |client| {
            self.requests.take(client, self.began.elapsed())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(hosts: &[&str]) -> Request<()> {
        let builder = hosts.iter().fold(Request::builder(), |builder, host| {
            builder.header(HOST, *host)
        });
        builder.body(()).expect("a request")
    }

    #[test]
    fn invariant_9_a_client_has_a_quota_and_names_one_host() {
        let quota = Quota {
            period: Duration::from_secs(3_600),
            burst: 3,
        };
        let admission = Admission::new(Addresses::default(), quota);
        let peer: IpAddr = "203.0.113.1".parse().expect("an address");
        assert!(admission.request(peer, &request(&["x"])).is_ok());
        for hosts in [&[] as &[&str], &["x", "y"]] {
            let refused = admission.request(peer, &request(hosts));
            assert_eq!(refused, Err(NotAdmitted::NoHost), "{hosts:?}");
        }
        let refused = admission.request(peer, &request(&["x"]));
        assert!(matches!(refused, Err(NotAdmitted::OverQuota(_))));
        assert!(!admission.handshake(admission.connection(peer)));
        let other = "203.0.113.2".parse().expect("an address");
        assert!(admission.handshake(admission.connection(other)));
    }
}
