//! What the public listener does for voters: it answers their requests, and counts and limits their
//! connections.

use super::reply::Reply;
use super::service;
use crate::app::App;
use http_body_util::Full;
use hyper::Request;
use hyper::body::{Bytes, Incoming};
use listener::client::Prefix;
use listener::log::Gate;
use listener::{Ending, Handler, Peer, consequence};
use prometheus_client::metrics::gauge::Gauge;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;

/// Lines about connections, one a second at most.
static ACCEPT_FAILURES: Gate = Gate::new();
static CLIENT_CAPS: Gate = Gate::new();

/// Answers voters.
#[derive(Clone)]
pub(crate) struct Public(pub(crate) Arc<App>);

impl Handler for Public {
    type Body = Full<Bytes>;

    fn answer(self, peer: Peer, request: Request<Incoming>) -> impl Future<Output = Reply> + Send {
        service::serve(self.0, peer, request)
    }

    fn client(&self, address: IpAddr) -> Option<Prefix> {
        self.0.addresses.of_connection(address)
    }

    fn may_shake_hands(&self, client: Option<Prefix>) -> bool {
        let app = &self.0;
        client.is_none_or(|client| {
            let key = app.requests.key(client);
            app.requests.take(key, app.clock.monotonic()).is_ok()
        })
    }

    fn handshake_failed(&self) {
        self.0.metrics.connections.handshakes_failed.inc();
    }

    fn accept_failed(&self, error: &io::Error) {
        self.0.metrics.connections.accept_errors.inc();
        ACCEPT_FAILURES.run(|unsaid| tracing::warn!(%error, unsaid, "{}", consequence(error)));
    }

    fn over_client_cap(&self) {
        self.0.metrics.connections.over_client_cap.inc();
        CLIENT_CAPS.run(|unsaid| {
            tracing::warn!(
                unsaid,
                "a client has too many connections: where it is a proxy, name it in \
                 clients.trusted_proxies; where it is many voters, raise \
                 clients.connections_per_client_max"
            );
        });
    }

    fn ended(&self, ending: Ending) {
        self.0.metrics.connections.note_end(ending);
    }

    fn begin(&self) -> impl Send + 'static {
        let connections = &self.0.metrics.connections;
        connections.accepted.inc();
        Open::new(connections.open.clone())
    }
}

/// Counts a connection while it is open.
struct Open(Gauge);

impl Open {
    fn new(gauge: Gauge) -> Open {
        gauge.inc();
        Open(gauge)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.dec();
    }
}
