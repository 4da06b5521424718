//! Writes the files that are made: Grafana's dashboards, and Prometheus' configuration with TLS. `make dashboards`.

use std::path::Path;

fn main() -> std::io::Result<()> {
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy");
    for (name, text) in dashboards::files() {
        std::fs::write(deploy.join("grafana/dashboards").join(name), text)?;
    }
    let plain = std::fs::read_to_string(deploy.join("prometheus/prometheus.yml"))?;
    let with_tls = dashboards::with_tls(&plain);
    std::fs::write(deploy.join("prometheus/prometheus-tls.yml"), with_tls)
}
