//! What a listener counts about its connections.

use std::sync::Arc;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::connection::Ending;

/// Counters of connections. Clones count together.
#[derive(Debug, Clone, Default)]
pub struct Connections(Arc<Counters>);

type Label = [(&'static str, &'static str); 1];

#[derive(Debug)]
struct Counters {
    open: Gauge,
    accepted: Counter,
    over_client_cap: Counter,
    accept_errors: Counter,
    handshakes_failed: Counter,
    proxy_headers_refused: Counter,
    ended: Family<Label, Counter>,
    /// Those of the family, looked up once.
    by_ending: [Counter; Ending::ALL.len()],
}

impl Default for Counters {
    fn default() -> Counters {
        let ended = Family::<Label, Counter>::default();
        let counter = |ending: Ending| ended.get_or_create(&[("reason", ending.name())]).clone();
        Counters {
            by_ending: Ending::ALL.map(counter),
            ended,
            open: Gauge::default(),
            accepted: Counter::default(),
            over_client_cap: Counter::default(),
            accept_errors: Counter::default(),
            handshakes_failed: Counter::default(),
            proxy_headers_refused: Counter::default(),
        }
    }
}

/// Counts a connection as open until it is dropped.
pub(crate) struct Open(Gauge);

impl Connections {
    /// Has `registry` write them out, under names that begin with `connections_`.
    pub fn register(&self, registry: &mut Registry) {
        let counters = &*self.0;
        let open = counters.open.clone();
        registry.register("connections_open", "Connections of clients", open);
        let of_connections = [
            (
                "connections_accepted",
                "Connections taken",
                &counters.accepted,
            ),
            (
                "connections_over_client_cap",
                "Connections closed at once: their client had too many",
                &counters.over_client_cap,
            ),
            (
                "connections_accept_errors",
                "Connections lost while they were taken, mostly for lack of file descriptors",
                &counters.accept_errors,
            ),
            (
                "connections_handshakes_failed",
                "TLS handshakes that failed, took too long or were one too many of their client",
                &counters.handshakes_failed,
            ),
            (
                "connections_proxy_headers_refused",
                "Connections of trusted proxies that did not begin with a PROXY protocol header that is taken",
                &counters.proxy_headers_refused,
            ),
        ];
        for (name, help, counter) in of_connections {
            registry.register(name, help, counter.clone());
        }
        registry.register(
            "connections_ended",
            "Connections that ended, by what ended them",
            counters.ended.clone(),
        );
    }

    /// A connection was taken; it counts as open until what is returned is dropped.
    pub(crate) fn begin(&self) -> Open {
        self.0.accepted.inc();
        self.0.open.inc();
        Open(self.0.open.clone())
    }

    pub(crate) fn end(&self, ending: Ending) {
        self.0.by_ending[ending as usize].inc();
    }

    pub(crate) fn over_client_cap(&self) {
        self.0.over_client_cap.inc();
    }

    pub(crate) fn accept_failed(&self) {
        self.0.accept_errors.inc();
    }

    pub(crate) fn proxy_header_refused(&self) {
        self.0.proxy_headers_refused.inc();
    }

    pub(crate) fn handshake_failed(&self) {
        self.0.handshakes_failed.inc();
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.dec();
    }
}
