//! The dashboards of an election: what each panel asks Prometheus, in one place. `make dashboards` writes Grafana's
//! files in `deploy/grafana/dashboards` from it, and a test fails where they differ.

mod cluster;
mod grafana;
mod ledger;
mod panel;
mod security;
mod tally;
mod voting;

pub use panel::{Dashboard, Panel, Query, Shape, Unit};

/// Every dashboard, in the order of its menu.
#[must_use]
pub fn dashboards() -> Vec<Dashboard> {
    vec![
        voting::dashboard(),
        ledger::dashboard(),
        cluster::dashboard(),
        tally::dashboard(),
        security::dashboard(),
    ]
}

/// Name and content of each file that Grafana reads.
#[must_use]
pub fn files() -> Vec<(String, String)> {
    let file = |dashboard: &Dashboard| {
        let name = format!("{}.json", dashboard.name);
        (name, grafana::json(dashboard))
    };
    dashboards().iter().map(file).collect()
}

/// Prometheus' configuration with its lines for TLS taken in.
#[must_use]
pub fn with_tls(plain: &str) -> String {
    const HEAD: &str = "# prometheus.yml with TLS to internal listeners. Made by crates/dashboards (make dashboards): change that file.\n";
    HEAD.to_owned() + &plain.replace("#tls ", "")
}
