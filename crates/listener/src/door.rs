//! Who may come in: a connection has a seat among those of its client, whom a proxy of ours may have to
//! name first.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncRead;

use crate::admission::Admission;
use crate::log::Gate;
use crate::metrics::Connections;
use crate::proxy_protocol::{self, Origin};
use crate::seats::{Seat, Seats};

/// Seats and handshakes of a listener's clients. Clones count together.
#[derive(Debug, Clone)]
pub(crate) struct Door {
    pub(crate) seats: Seats,
    /// None where clients are not counted.
    pub(crate) admission: Option<Arc<Admission>>,
    /// Whether connections begin with a TLS handshake, which counts as a request.
    pub(crate) is_tls: bool,
    pub(crate) metrics: Connections,
    lines: Arc<Lines>,
}

/// Lines of the log, one a second of each kind at most.
#[derive(Debug)]
struct Lines {
    client_caps: Gate,
    headers: Gate,
}

impl Door {
    /// A door to these seats, which asks nobody who he is.
    pub(crate) fn new(seats: Seats) -> Door {
        Door {
            seats,
            admission: None,
            is_tls: false,
            metrics: Connections::default(),
            lines: Arc::new(Lines {
                client_caps: Gate::new(),
                headers: Gate::new(),
            }),
        }
    }

    /// Whether a connection from `peer` has to say first for whom it is.
    pub(crate) fn is_for_others(&self, peer: IpAddr) -> bool {
        let admission = self.admission.as_ref();
        admission.is_some_and(|admission| admission.is_for_others(peer))
    }

    /// Reads for whom a proxy has opened a connection; none where it does not say so in time.
    pub(crate) async fn origin(
        &self,
        stream: &mut (impl AsyncRead + Unpin),
        limit: Duration,
    ) -> Option<Origin> {
        let reason = match tokio::time::timeout(limit, proxy_protocol::read(stream)).await {
            Ok(Ok(origin)) => return Some(origin),
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("none within {} ms", limit.as_millis()),
        };
        self.metrics.proxy_header_refused();
        self.lines.headers.run(|unsaid| {
            tracing::warn!(
                reason,
                unsaid,
                "a trusted proxy did not say for whom it connects: have it send the PROXY protocol, version 2"
            );
        });
        None
    }

    /// A seat for a connection from `peer`; none where its client may not have one more, or no more
    /// handshakes.
    pub(crate) fn seat(&self, peer: IpAddr) -> Option<Seat> {
        let seat = self.seat_of(peer)?;
        if let Some(admission) = self.admission.as_ref().filter(|_| self.is_tls)
            && !admission.handshake(admission.connection(peer))
        {
            self.metrics.handshake_failed();
            return None;
        }
        Some(seat)
    }

    /// A seat for whom a proxy has named; none where this client may not have one more. The handshake is the
    /// proxy's own: who is over a quota reads so in an answer, which a closed connection would hide behind the proxy's.
    pub(crate) fn seat_of(&self, client: IpAddr) -> Option<Seat> {
        let Some(admission) = &self.admission else {
            return self.seats.take(None);
        };
        let client = admission.connection(client);
        let Some(seat) = self.seats.take(client) else {
            self.metrics.over_client_cap();
            self.lines.client_caps.run(|unsaid| {
                tracing::warn!(
                    unsaid,
                    "a client has too many connections, or the house is nearly full: where it is a \
                     proxy, name it in clients.trusted_proxies; where it is many people, raise \
                     clients.connections_max and clients.connections_per_client_max"
                );
            });
            return None;
        };
        Some(seat)
    }
}
